"""Run the command line with ``python -m soxs_pipeline``."""

import sys

from soxs_pipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
