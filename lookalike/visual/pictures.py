"""All pictures of one grouping, in one folder."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lookalike.visual import layouts
from lookalike.visual.curve import draw_curve
from lookalike.visual.dendrogram import draw_dendrogram
from lookalike.visual.gallery import write_gallery
from lookalike.visual.gallery_data import Details
from lookalike.visual.options import Options
from lookalike.visual.placement import place_all
from lookalike.visual.projector import write_projector
from lookalike.visual.scatter import draw_scatter
from lookalike.visual.sheet import draw_sheet
from lookalike.visual.som_maps import draw_photo_map, draw_u_matrix, unit_groups
from lookalike.visual.thumbnails import Reader

__all__ = ["Photos", "draw_all"]

GRID_IMAGES = 1_000  # in a map of photos where each has a place of its own
U_MATRIX = "u_matrix.npy"  # of a self-organizing map
AXIS_LABELS = {"disagreement": "disagreement (1: as much as by chance)"}


@dataclass(frozen=True)
class Photos:
    """What is drawn of n photos; every row is the same photo's.

    true: names, "" where unlabelled. pred: int (n,), -1 in no group. features: float (n, d), may be a memory map.
    distances: float (n,), of each photo to the middle of its group; the nearest are shown first. called: the name of
    each group that a person named.
    """

    paths: list[str]
    true: list[str]
    pred: np.ndarray
    features: np.ndarray
    distances: np.ndarray
    read: Reader
    called: Mapping[int, str] = field(default_factory=dict)


def draw_all(
    folder: Path, grouped: Path, photos: Photos, options: Options, title: str, details: Details | None = None
) -> tuple[list[str], list[str]]:
    """Draw every picture that the grouping in the folder `grouped` has data for; the page where there are `details`.

    Returns the names of the pictures, gallery.html first, and the approximations made. Raises UserError before drawing
    where the picture of UMAP is asked for and cannot be made.
    """
    if options.umap:
        layouts.require_umap()
    rows, positions, notes = _draw_planes(folder, photos, options, title)
    if options.gallery and details:
        places = place_all(positions, rows, photos.features, seed=options.seed)
        write_gallery(folder, details, places, photos.read, title=title)
    if not (grouped / U_MATRIX).exists():
        notes += _draw_grid(folder, photos, rows, positions, options, title)
    if options.projector:
        parts = (photos.features, photos.paths, photos.pred, photos.true, photos.read)
        notes += write_projector(folder / "projector", *parts, called=photos.called, seed=options.seed)
    sheet = options.model_dump(include={"thumbnail", "max_images", "max_columns", "memory_mb"})
    parts, how = (photos.pred, photos.paths, photos.read), {"distances": photos.distances, "called": photos.called}
    draw_sheet(folder / "sheet.jpg", *parts, **how, **sheet, title=title)
    for name, draw in DRAWN_FROM.items():
        if (grouped / name).exists():
            draw(folder, grouped, photos, options, title)
    drawn = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
    return sorted(drawn, key=lambda name: (name != "gallery.html", name)), notes


def _draw_planes(
    folder: Path, photos: Photos, options: Options, title: str
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Draw the photos as points; return the rows shown, their positions by t-SNE, and the approximations made."""
    rows, notes = layouts.shown_rows(len(photos.paths), options.max_rows, seed=options.seed)
    axes = layouts.principal_axes(photos.features[rows], seed=options.seed)
    positions = layouts.tsne(axes, perplexity=options.perplexity, seed=options.seed)
    true, pred = [photos.true[row] for row in rows], photos.pred[rows]
    how = {"total": len(photos.paths), "called": photos.called}
    draw_scatter(folder / "tsne.png", positions, true, pred, title=f"{title}, t-SNE", **how)
    if options.umap:
        beside = layouts.umap(axes, neighbours=options.umap_neighbours, seed=options.seed)
        draw_scatter(folder / "umap.png", beside, true, pred, title=f"{title}, UMAP", **how)
    return rows, positions, notes


def _draw_grid(
    folder: Path, photos: Photos, rows: np.ndarray, positions: np.ndarray, options: Options, title: str
) -> list[str]:
    """Draw the map of photos where the method made none: the positions on a grid; return the approximations made."""
    chosen, notes = layouts.shown_rows(len(rows), GRID_IMAGES, seed=options.seed)
    shape, units = layouts.on_grid(positions[chosen])
    paths = [photos.paths[row] for row in rows[chosen]]
    parts = (units, np.zeros(len(units)), photos.pred[rows[chosen]], paths, photos.read)
    how = {"picture_side": options.picture_side, "called": photos.called, "title": title}
    draw_photo_map(folder / "photo_map.png", shape, *parts, **how, total=len(photos.paths))
    return [f"photo map of {GRID_IMAGES:,} of {len(photos.paths):,} photos"] if notes else []


def _draw_tree(folder: Path, grouped: Path, photos: Photos, options: Options, title: str) -> None:
    scores = json.loads((grouped / "method_scores.json").read_text(encoding="utf-8"))
    linkage, highest, height = np.load(grouped / "linkage.npy"), scores["max_distance"], scores.get("cut_height")
    cut = None if height is None else 1 - height / highest if highest else 1.0
    linked = "photos" if len(photos.paths) == len(linkage) + 1 else f"leaves of {len(photos.paths):,} photos"
    how = {
        "linked": linked,
        "groups": _leaf_groups(grouped, photos.pred, len(linkage) + 1),
        "called": photos.called,
        "title": f"{title}, dendrogram",
    }
    how |= {"exemplars": _exemplars(photos), "read": photos.read}
    draw_dendrogram(folder / "dendrogram.png", linkage, cut, max_distance=highest, **how)


def _leaf_groups(grouped: Path, pred: np.ndarray, n_leaves: int) -> np.ndarray | None:
    """Return the group that most photos of each leaf are in, None for a result of before it said which those are."""
    if not (grouped / "leaves.npy").exists():
        return None
    leaves = np.load(grouped / "leaves.npy")
    return unit_groups(np.stack([np.zeros_like(leaves), leaves], axis=1), pred, (1, n_leaves))[0][0]


def _exemplars(photos: Photos) -> dict[int, str]:
    """Return the path of the photo of each group that is nearest to its middle."""
    order = np.lexsort((photos.distances, photos.pred))
    numbers, first = np.unique(photos.pred[order], return_index=True)
    rows = order[first].tolist()
    return {group: photos.paths[row] for group, row in zip(numbers.tolist(), rows, strict=True) if group >= 0}


def _draw_count(folder: Path, grouped: Path, photos: Photos, options: Options, title: str) -> None:
    found = json.loads((grouped / "count.json").read_text(encoding="utf-8"))
    scores = [name for name in found["curve"] if name != "n_clusters"]
    if scores:
        numbers, values = np.array(found["curve"]["n_clusters"]), np.array(found["curve"][scores[0]])
        ylabel = AXIS_LABELS.get(scores[0], scores[0])
        draw_curve(
            folder / "count.png", numbers, values, found["levels"], ylabel=ylabel, title=f"{title}: how many groups?"
        )


def _draw_map(folder: Path, grouped: Path, photos: Photos, options: Options, title: str) -> None:
    u_matrix, units = np.load(grouped / U_MATRIX), np.load(grouped / "best_matching_units.npy")
    distances = np.load(grouped / "unit_distances.npy")
    draw_u_matrix(folder / "u_matrix.png", u_matrix, units, photos.pred, called=photos.called, title=title)
    parts = (units, distances, photos.pred, photos.paths, photos.read)
    how = {"picture_side": options.picture_side, "called": photos.called, "title": title}
    draw_photo_map(folder / "photo_map.png", u_matrix.shape, *parts, **how)


DRAWN_FROM = {U_MATRIX: _draw_map, "linkage.npy": _draw_tree, "count.json": _draw_count}
