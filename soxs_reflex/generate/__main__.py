"""``python -m soxs_reflex.generate`` writes what is out of date and names it."""

import sys

from soxs_reflex.generate.write import write

sys.stdout.write("".join(f"{name}\n" for name in write()))
