"""Readers: what a module or a torch function does becomes an `Op`.

Each file registers its own; to add one, name it here.
"""

from resnet_inspect.capture.readers import dimensions, functions, modules, products, quantized, timm

__all__ = ["dimensions", "functions", "modules", "products", "quantized", "timm"]
