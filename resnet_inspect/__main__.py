"""`python -m resnet_inspect` is the command `resnet-inspect`."""

import sys

from resnet_inspect.cli import main

if __name__ == "__main__":
    sys.exit(main())
