"""Fill the README's generated tables: python docs/tables.py"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from lookalike.clustering import METHODS  # noqa: E402
from lookalike.core.settings_table import fill, settings_table, table  # noqa: E402
from lookalike.networks import BACKBONES  # noqa: E402

README = ROOT / "README.md"


def tables() -> dict[str, str]:
    """Return the Markdown of each generated table by its name."""
    from config import Settings  # found through the path set above

    methods = [
        (
            f"`{name}`",
            method.summary,
            method.cost,
            f"{method.limit:,}: {method.above}" if method.limit else method.above,
        )
        for name, method in METHODS.items()
    ]
    networks = [(f"`{name}`", f"{row.size}", f"{row.dimension:,}", row.builder) for name, row in BACKBONES.items()]
    return {
        "settings": settings_table(Settings),
        "methods": table(("method", "what it does", "cost", "above its limit of photos"), methods),
        "backbones": table(("name", "input, pixels", "vector", "keras.applications"), networks),
    }


if __name__ == "__main__":
    README.write_text(fill(README, tables()), encoding="utf-8")
