"""Pictures of a grouping: maps, contact sheets, curves, a gallery. Computes no scores and needs no display."""

import os
import sys
from pathlib import Path

if sys.prefix != sys.base_prefix and os.access(sys.prefix, os.W_OK):
    # Matplotlib keeps a list of fonts: beside the packages, where there is room for it, in place of the user's home.
    os.environ.setdefault("MPLCONFIGDIR", str(Path(sys.prefix) / "var" / "matplotlib"))
