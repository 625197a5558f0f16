"""What is done with the vectors of all photos at once: eyes joined, principal components, and vectors as text.
Reads the shards of a draft and leaves them as they are, so that after a failure nothing is computed again."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from lookalike.core import features
from lookalike.core.crew import Crew
from lookalike.core.executors import Run
from lookalike.core.files import write_aside, write_json
from lookalike.networks.fusion import Eye, Fusion, learn_fusion
from lookalike.networks.graph import DESCRIPTION
from lookalike.networks.pca import REDUCED, fit_pca, project, read_components, write_components

__all__ = ["join_eyes", "read_fusion", "reduce_features", "write_tsv"]

NUMBER = "[0-9][0-9][0-9][0-9][0-9]"
BLOCK_ROWS = 8_192
EVENED = "{}_axes.npz"  # the axes on which an eye is evened
HISTOGRAMS = "handcrafted"  # the backbone whose vectors are


def join_eyes(draft: Path, names: Sequence[str], joined: str) -> dict[str, Eye]:
    """Write joined_*.npy, several eyes joined by weights chosen here, which are returned; of one eye nothing.

    The weights, the agreements that they follow from and whether an eye is evened are added to the draft's
    description.json; its axes are written beside it.
    """
    if len(names) == 1:
        return {}
    described = json.loads((draft / DESCRIPTION).read_text(encoding="utf-8"))
    histograms = [name for name, one in described.items() if one["backbone"] == HISTOGRAMS]
    fusion = learn_fusion({name: features.load(draft, name=name)[1] for name in names}, histograms)
    for shard in range(len(list(draft.glob(f"{names[0]}_{NUMBER}.npy")))):
        rows = {name: np.load(features.shard_file(draft, name, shard), mmap_mode="r") for name in names}
        with write_aside(features.shard_file(draft, joined, shard)) as aside, aside.open("wb") as file:
            np.save(file, fusion.join(rows))
    axes = {name: found for name, found in fusion.axes.items() if fusion.eyes[name].weight}
    how = {name: eye._asdict() | {"evened": name in axes} for name, eye in fusion.eyes.items()}
    write_json(draft / DESCRIPTION, {name: one | how[name] for name, one in described.items()})
    for name, found in axes.items():
        write_components(draft / EVENED.format(name), found)
    return fusion.eyes


def read_fusion(folder: Path, described: Mapping[str, Mapping]) -> Fusion:
    """Return how the eyes of a published folder were joined. described: what its description.json says of each.

    Raises OSError where the axes of an eye are missing.
    """
    eyes = {name: Eye(one.get("weight", 1.0), one.get("agreement")) for name, one in described.items()}
    evened = [name for name, one in described.items() if one.get("evened")]
    return Fusion(eyes, {name: read_components(folder / EVENED.format(name)) for name in evened})


def reduce_features(draft: Path, keep: float, run: Run, work: Path) -> None:
    """Write features_*.npy, the principal components of backbone_*.npy in the same dtype, and pca.npz.

    keep: a share of the variance below 1, or a number of components. run: whose workers share the sums, with a folder
    `work` of their own. Raises UserError as `fit_pca`.
    """
    shards = sorted(draft.glob(f"backbone_{NUMBER}.npy"))
    with Crew(run, work) as crew:
        components = fit_pca(crew.share(features.of_files(shards)), keep)
    for shard in shards:
        reduced = [project(block, components).astype(block.dtype) for block in _blocks(shard)]
        with write_aside(draft / shard.name.replace("backbone", "features")) as aside, aside.open("wb") as file:
            np.save(file, np.concatenate(reduced))
    write_components(draft / REDUCED, components)


def _blocks(shard: Path) -> Iterator[np.ndarray]:
    """Yield the rows of a shard, some at a time: in float64 a whole one takes much memory."""
    rows = np.load(shard, mmap_mode="r")
    return (rows[start : start + BLOCK_ROWS] for start in range(0, len(rows), BLOCK_ROWS))


def write_tsv(draft: Path) -> None:
    """Write the features of all shards as features.tsv, a row a line."""
    with write_aside(draft / "features.tsv") as aside, aside.open("w", encoding="utf-8") as file:
        for shard in sorted(draft.glob(f"features_{NUMBER}.npy")):
            np.savetxt(file, np.load(shard, mmap_mode="r"), fmt="%.6g", delimiter="\t")
