"""The data of the page: what it tells of each photo and group, packed into JSON."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lookalike.catalog.products import category_column
from lookalike.clustering.outcome import Groups
from lookalike.clustering.relations import Relations
from lookalike.edits.rows import Row, digest
from lookalike.visual.style import NOISE, group_style

__all__ = ["Details", "pack", "page_order"]

FAR = 65_535  # as a distance: there is none
PER_UNIT = 32_000  # steps of a distance of 1; rows of length 1 are at most 2 apart


@dataclass(frozen=True)
class Details:
    """What the page tells of n photos in groups 0..g-1; every row is the same photo's.

    elsewhere: flags besides --dataset that the commands on the page need. groups: of the photos, as published. true:
    names, "" where unlabelled. taken: seconds since 1970, float (n,). images, originals: folders as seen from the page,
    of the prepared photos, called `image_names`, and of the photos. tars: which of both lie in a tar, as those tars, of
    "images" and "photos", below these folders: no page opened from disk reaches into one. copies: rows of near copies,
    the one to keep first. products: columns of a product catalogue by path. marks: groups that are locked and
    confirmed. log: what became of each correction that was taken in. found, said: labels int (n,) before corrections,
    and the rows of these, in the order of time, so that the page adds new ones as the stage will. facts: what made the
    grouping, and its scores.
    questions: to ask, most useful first.
    """

    dataset: str
    groups: Groups
    true: Sequence[str]
    relations: Relations
    sha256s: Sequence[str]
    taken: np.ndarray
    image_names: Sequence[str]
    images: str
    originals: str
    elsewhere: str = ""
    tars: Mapping[str, Sequence[str]] = field(default_factory=dict)
    copies: Sequence[np.ndarray] = ()
    products: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    marks: Mapping[str, Sequence[int]] = field(default_factory=dict)
    log: Sequence[Mapping[str, object]] = ()
    found: np.ndarray | None = None
    said: Sequence[Row] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    questions: Sequence[Sequence[object]] = ()

    @property
    def paths(self) -> list[str]:
        """The paths of the photos."""
        return self.groups.paths


def page_order(details: Details) -> np.ndarray:
    """Return the rows in the order of the page, int64 (n,): similar groups follow each other, the surest photos first.

    So what is looked at together lies on few sheets of thumbnails.
    """
    rank = np.empty(len(details.relations.order) + 1, np.int64)
    rank[details.relations.order] = np.arange(len(details.relations.order))
    rank[-1] = len(details.relations.order)  # in no group
    far = np.nan_to_num(details.relations.own, nan=np.inf)
    return np.lexsort((far, -np.asarray(details.groups.confidence), rank[details.groups.labels]))


def pack(details: Details, positions: np.ndarray, order: np.ndarray) -> dict:
    """Return the data of the page as JSON takes it, arrays as base64 of little-endian numbers, rows in `order` (n,)."""
    place = np.empty(len(order) + 1, np.int32)
    place[order], place[-1] = np.arange(len(order)), -1
    chosen, relations = order.tolist(), details.relations
    names = sorted(set(details.true))
    number = {name: code for code, name in enumerate(names)}
    unit = np.clip(np.round(_fit(positions)[order] * FAR), 0, FAR)
    found = details.groups.labels if details.found is None else details.found
    arrays = {
        "row": order.astype("<i4"),
        "found": np.asarray(found)[order].astype("<i4"),
        "pred": np.asarray(details.groups.labels)[order].astype("<i4"),
        "second": relations.second[order].astype("<i4"),
        "own": _steps(relations.own[order]),
        "next": _steps(relations.following[order]),
        "confidence": np.round(np.asarray(details.groups.confidence, float)[order] * 255).astype("u1"),
        "label": np.array([number[details.true[row]] for row in chosen], "<u4"),
        "places": unit.astype("<u2"),
        "inside": place[relations.inside[order]].astype("<i4"),
        "outside": place[relations.outside[order]].astype("<i4"),
        "taken": np.nan_to_num(np.asarray(details.taken, float))[order].astype("<f8"),
    }
    return {
        "dataset": details.dataset,
        "elsewhere": details.elsewhere,
        "paths": [details.paths[row] for row in chosen],
        "image": [_beyond(details.paths[row], details.image_names[row]) for row in chosen],
        "images": details.images,
        "originals": details.originals,
        "tars": {name: list(details.tars.get(name, ())) for name in ("photos", "images")},
        "sha256": _base64(np.frombuffer(bytes.fromhex("".join(details.sha256s[row] for row in chosen)), "u1")),
        "labels": names,
        "arrays": {name: _base64(array) for name, array in arrays.items()},
        "similar": int(relations.inside.shape[1]),
        "groups": _groups(details),
        "copies": [place[group].tolist() for group in details.copies],
        "products": _products(details, chosen),
        "log": list(details.log),
        "said": _said(details, place),
        "facts": dict(details.facts),
        "questions": [_placed(question, place) for question in details.questions],
    }


def _groups(details: Details) -> list[dict]:
    """Describe each group by number; the page counts and ranks the rest, which corrections change.

    name: what a person said, which the page may say anew; called: else the name that was found.
    """
    called, said = details.groups.called, details.groups.said
    rank = np.argsort(details.relations.order, kind="stable")
    locked, confirmed = (set(details.marks.get(mark, ())) for mark in ("lock", "confirm"))
    return [
        {
            "name": said.get(group, ""),
            "called": "" if group in said else called.get(group, ""),
            "colour": group_style(group)[0] if group >= 0 else NOISE,
            "near": [near for near in details.relations.near[group].tolist() if near >= 0],
            "rank": int(rank[group]),
        }
        | ({"locked": True} if group in locked else {})
        | ({"confirmed": True} if group in confirmed else {})
        for group in range(len(rank))
    ]


def _products(details: Details, chosen: Sequence[int]) -> dict:
    """Return the columns of the product catalogue, that of categories, and each photo's cells by place."""
    rows = {place: details.products.get(details.paths[row]) for place, row in enumerate(chosen)}
    rows = {place: row for place, row in rows.items() if row}
    columns = list(dict.fromkeys(name for row in rows.values() for name in row if name != "path"))
    cells = {place: [row.get(name, "") for name in columns] for place, row in rows.items()}
    return {"columns": columns, "category": category_column(columns), "rows": cells}


def _said(details: Details, place: np.ndarray) -> list[dict]:
    """Return the rows of corrections with places for the sha256 of photos, and the digest of each as its key."""
    where: dict[str, list[int]] = {}
    for row, sha256 in enumerate(details.sha256s if details.said else ()):
        where.setdefault(sha256, []).append(int(place[row]))

    def find(value: object) -> object:
        return [one for sha256 in value for one in where.get(sha256, ())] if isinstance(value, list) else value

    kept = ("op", "photos", "to", "from", "name", "row", "time")
    return [{name: find(row[name]) for name in kept if name in row} | {"key": digest(row)} for row in details.said]


def _placed(question: Sequence[object], place: np.ndarray) -> list:
    """Return a question with places for the rows of photos; see `edits.questions`."""
    kind, *words = question
    if kind == "belongs":
        return [kind, int(place[words[0]]), *words[1:]]
    return [kind, words[0], place[words[1]].tolist()] if kind == "split" else [kind, *words]


def _beyond(path: str, image: str) -> str | list[str]:
    """Return the prepared photo's name, or a list with what it has beyond the photo's own: mostly a suffix or ""."""
    return [image[len(path) :]] if image.startswith(path) else image


def _steps(distance: np.ndarray) -> np.ndarray:
    steps = np.clip(np.nan_to_num(distance, nan=FAR) * PER_UNIT, 0, FAR - 1)
    return np.where(np.isnan(distance), FAR, np.round(steps)).astype("<u2")


def _fit(positions: np.ndarray) -> np.ndarray:
    """Move and scale positions into the unit square, centred, keeping their proportions; a page's y runs down."""
    if not len(positions):
        return np.zeros((0, 2))
    low, high = positions.min(axis=0), positions.max(axis=0)
    span = float((high - low).max()) or 1.0
    return (positions - (low + high) / 2) / span * [1, -1] + 0.5


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
