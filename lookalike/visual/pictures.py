"""All pictures of one grouping, in one folder."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from lookalike.clustering.outcome import Groups
from lookalike.visual.curve import draw_curve
from lookalike.visual.dendrogram import draw_dendrogram
from lookalike.visual.gallery import write_gallery
from lookalike.visual.projector import write_projector
from lookalike.visual.sheet import draw_sheet
from lookalike.visual.som_maps import draw_photo_map, draw_u_matrix
from lookalike.visual.thumbnails import Reader
from lookalike.visual.tsne import draw_tsne, embed

__all__ = ["Options", "draw_all"]

AXIS_LABELS = {"disagreement": "disagreement (1: as much as by chance)"}


class Options(Protocol):
    """What the user sets about the pictures."""

    max_rows: int
    perplexity: float
    thumbnail: int
    max_images: int
    max_columns: int
    memory_mb: int
    picture_side: int
    gallery: bool
    projector: bool
    seed: int


def draw_all(
    folder: Path,
    grouped: Path,
    groups: Groups,
    true: Sequence[str],
    features: np.ndarray,
    read: Reader,
    options: Options,
    title: str,
) -> tuple[list[str], list[str]]:
    """Draw every picture that the grouping in the folder `grouped` has data for.

    true: n names, "" where unlabelled. features: float (n, d).
    Returns the names of the pictures and the approximations made.
    """
    paths, pred = groups.paths, groups.labels
    rows, positions, notes = embed(
        features, max_rows=options.max_rows, perplexity=options.perplexity, seed=options.seed
    )
    draw_tsne(folder / "tsne.png", positions, [true[row] for row in rows], pred[rows], title=f"{title}, t-SNE")
    if options.gallery:
        write_gallery(
            folder / "gallery.html",
            rows,
            positions,
            pred,
            true,
            paths,
            read,
            distances=groups.distances,
            title=title,
        )
    if options.projector:
        classes = [name or "unlabelled" for name in true] if any(true) else pred.tolist()
        notes = notes + write_projector(folder / "projector", features, paths, classes, read, seed=options.seed)
    draw_sheet(
        folder / "sheet.png",
        pred,
        paths,
        read,
        distances=groups.distances,
        thumbnail=options.thumbnail,
        max_images=options.max_images,
        max_columns=options.max_columns,
        memory_mb=options.memory_mb,
        title=title,
    )
    if (grouped / "u_matrix.npy").exists():
        _draw_map(folder, grouped, paths, pred, read, options.picture_side)
    if (grouped / "linkage.npy").exists():
        _draw_tree(folder, grouped, len(paths))
    if (grouped / "count.json").exists():
        _draw_count(folder, grouped)
    drawn = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
    return sorted(drawn), notes


def _draw_tree(folder: Path, grouped: Path, n_photos: int) -> None:
    scores = json.loads((grouped / "method_scores.json").read_text(encoding="utf-8"))
    linkage, highest, height = np.load(grouped / "linkage.npy"), scores["max_distance"], scores.get("cut_height")
    cut = None if height is None else 1 - height / highest if highest else 1.0
    leaves = "images" if len(linkage) + 1 == n_photos else "units of a map"
    draw_dendrogram(folder / "dendrogram.png", linkage, cut, max_distance=highest, leaves=leaves)


def _draw_count(folder: Path, grouped: Path) -> None:
    found = json.loads((grouped / "count.json").read_text(encoding="utf-8"))
    scores = [name for name in found["curve"] if name != "n_clusters"]
    if scores:
        numbers, values = np.array(found["curve"]["n_clusters"]), np.array(found["curve"][scores[0]])
        ylabel = AXIS_LABELS.get(scores[0], scores[0])
        draw_curve(folder / "count.png", numbers, values, found["levels"], ylabel=ylabel)


def _draw_map(folder: Path, grouped: Path, paths: Sequence[str], pred: np.ndarray, read: Reader, side: int) -> None:
    u_matrix, units = np.load(grouped / "u_matrix.npy"), np.load(grouped / "best_matching_units.npy")
    distances = np.load(grouped / "unit_distances.npy")
    draw_u_matrix(folder / "u_matrix.png", u_matrix, units, pred)
    draw_photo_map(folder / "photo_map.png", u_matrix.shape, units, distances, pred, paths, read, picture_side=side)
