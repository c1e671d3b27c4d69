"""Readers: what a module or a torch function does becomes an `Op`.

Each file registers its own; to add one, name it here.
"""

from resnet_inspect.capture.readers import functions, modules, quantized, timm

__all__ = ["functions", "modules", "quantized", "timm"]
