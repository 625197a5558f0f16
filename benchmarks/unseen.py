"""Show what fine-tuning does for products it never saw: base, fine-tuned and joint features over several splits.
Run: python benchmarks/unseen.py ../shared/data/grocery --weights FILE [--holdout 40] [--seeds 0 1 2] [--loss cosine]"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from lookalike.catalog import images, labels
from lookalike.finetuning import LOSSES
from lookalike.finetuning.options import Options
from lookalike.finetuning.run import finetune
from lookalike.networks.squares import Photo

METRICS = ("normalized_mutual_info", "adjusted_rand_index", "recall_at_1")
FEATURES = {"before": "base", "after": "fine-tuned", "both": "both side by side"}


def main() -> None:
    """Print a Markdown table: a row a kind of features, NMI / ARI / recall@1 of each split and their mean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", default="imagenet")
    parser.add_argument("--holdout", type=int, default=40)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--loss", choices=LOSSES, default="cosine")
    parser.add_argument("--pattern", default=r"^(\d+)_", help="its first group is the label in a file name")
    options = parser.parse_args()
    paths = sorted(path for path in options.folder.rglob("*") if path.suffix.lower() in images.SUFFIXES)
    names = [path.relative_to(options.folder).as_posix() for path in paths]
    truth = labels.from_name(names, options.pattern)
    runs, started = [], time.monotonic()
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as folder:
            chosen = Options(weights=options.weights, loss=options.loss, seed=seed, holdout_classes=options.holdout)
            photos = [Photo(path) for path in paths]
            runs.append(finetune(photos, names, truth, chosen, Path(folder)).scores["holdout"])
    print(f"\n| features | {' | '.join(f'split {seed}' for seed in options.seeds)} | mean |")
    print(f"|---|{'---|' * (len(runs) + 1)}")
    for key, name in FEATURES.items():
        table = np.array([[run[key][metric] for metric in METRICS] for run in runs])
        cells = [" / ".join(f"{value:.3f}" for value in row) for row in (*table, table.mean(axis=0))]
        print(f"| {name} | {' | '.join(cells)} |")
    print(f"\n{(time.monotonic() - started) / len(runs):.0f} s a split")


if __name__ == "__main__":
    main()
