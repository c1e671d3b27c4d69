"""The command `resnet-inspect`, which is also `python -m resnet_inspect`."""

import gc
import sys

from resnet_inspect.cli import main


def program() -> None:
    """The command line as a process of its own.

    It ends soon, and most of its objects are those that importing torch makes: Python need not look
    for cycles among them, which takes a seventh of a cold `trace`. What goes on for longer, the
    explorer and `measure`, does so for itself.
    """
    gc.disable()
    sys.exit(main())


if __name__ == "__main__":
    program()
