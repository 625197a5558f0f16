"""Turn prepared photos into feature vectors: each worker thread reads a batch of photos and computes their vectors.
Both release the GIL, so every core is busy with one or the other, and only a batch a thread is held in memory."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from pkgutil import resolve_name

import numpy as np

from lookalike.catalog import images
from lookalike.core.arrays import unit_rows
from lookalike.core.errors import UserError
from lookalike.core.features import FOREGROUND, MAIN, WHOLE
from lookalike.core.files import digest_of
from lookalike.networks import VIEWS
from lookalike.networks.engines import Extractor, choose_engine, open_extractor
from lookalike.networks.graph import GRAPH_NAME, source_of
from lookalike.networks.options import Options, eye_name
from lookalike.networks.squares import Photo, read_square

__all__ = ["Matrices", "compute_matrices", "extract_rows", "open_extractors", "row_key", "stored"]

FINETUNED = "02_finetune"
OF_ALL_ROWS = ("pca", "tsv")  # settings that say nothing of a single row

BATCHES_AHEAD = 4  # of a GPU: one is computed, one transferred, two are read
READ_AT_ONCE = 16  # photos of a GPU's batch that a thread reads

Advance = Callable[[int], None]
View = Callable[[np.ndarray], np.ndarray]
See = Callable[[Photo, int], np.ndarray]
Read = Callable[[Sequence[Photo], np.ndarray, Sequence[View], See], list[str | None]]


@dataclass(frozen=True)
class Matrices:
    """Matrices (n, d) by name, and for each of the n photos None or why it has no vector (then its rows are zeros)."""

    arrays: dict[str, np.ndarray]
    errors: list[str | None]


def row_key(parameters: Mapping, inputs: Mapping) -> str:
    """Return what a vector depends on besides its photo: settings, engines in use, the fine-tuned model's digest."""
    of_a_row = {name: value for name, value in parameters.items() if name not in OF_ALL_ROWS}
    eyes = Options.model_construct(**of_a_row).eyes()
    engines = [choose_engine(parameters["engine"], source_of(eye)) for eye in eyes]
    return digest_of([of_a_row, engines, bool(parameters["pca"]), inputs.get(FINETUNED)])


def open_extractors(
    options: Options, draft: Path, published: Path, tuned: Path, workers: int = 0
) -> dict[str, Extractor]:
    """Open the extractor of each eye of the options, or the fine-tuned one, by the name of the matrix that it makes.

    draft: takes the graphs, those of `published` where they are of the same key. tuned: the folder of stage 02,
    read where weights is "finetuned"; the base is then the network it started from. Raises UserError.
    """
    eyes, places = options.eyes(), {"kept": [published], "workers": workers}
    opened: dict[str, Extractor] = {}
    for eye in eyes:
        name = eye_name(eye.backbone)
        graph = GRAPH_NAME if len(eyes) == 1 else f"{name}/{GRAPH_NAME}"
        if eye.weights == "finetuned":
            opened |= _open_tuned(eye, draft, tuned, places)
        else:
            opened[name] = open_extractor(eye, draft, graph=graph, **places)
    if options.foreground != "none":
        opened[FOREGROUND] = next(iter(opened.values())).on_foreground(options.foreground)
    return opened if len(opened) > 1 else {MAIN: next(iter(opened.values()))}


def _open_tuned(options: Options, draft: Path, tuned: Path, places: Mapping) -> dict[str, Extractor]:
    start = _start_of(tuned)
    file = "extractor.keras" if options.engine == "jax" else "extractor.pb"
    network = {"backbone": str(tuned / file), "weights": "imagenet", "size": None}
    own = open_extractor(options.model_copy(update=network), draft, **places)
    own = replace(own, description=own.description | {"backbone": start["backbone"], "weights": "finetuned"})
    if not options.side_by_side:
        return {"finetuned": own}
    base = options.model_copy(update=start | {"layer": "", "scaling": "raw"})
    return {"base": open_extractor(base, draft, graph=f"base/{GRAPH_NAME}", **places), "finetuned": own}


def compute_matrices(
    photos: Sequence[Photo], extractors: Mapping[str, Extractor], options: Options, advance: Advance = lambda n: None
) -> Matrices:
    """Return the matrices that the extractors make of photos: a pure function of the photos' bytes.

    Those of several extractors are joined when all are there: see `finishing`. Raises as `read_square`.
    """
    arrays, errors = {}, []
    for name, extractor in zip(stored(extractors, options), extractors.values(), strict=True):
        rows, errors = extract_rows(photos, extractor, views=options.views, l2=options.l2, advance=advance)
        arrays[name] = rows.astype(options.dtype, copy=False)
    return Matrices(arrays, errors)


def stored(extractors: Mapping[str, Extractor], options: Options) -> list[str]:
    """Return the names under which rows of the extractors are stored: "backbone" where PCA makes features of them."""
    return [WHOLE if name == MAIN and options.pca else name for name in extractors]


def extract_rows(
    photos: Sequence[Photo],
    extractor: Extractor,
    *,
    views: Sequence[str] = ("whole",),
    l2: bool = False,
    advance: Advance = lambda n: None,
) -> tuple[np.ndarray, list[str | None]]:
    """Return float32 (n, dimension), a row a photo, and for each photo None or why it has no vector.

    views: names of VIEWS whose vectors are averaged; l2: scale each row to length 1; advance: called with the number of
    photos done. A photo that cannot be decoded has a row of zeros. A row depends on nothing but its own photo.
    """
    functions = [resolve_name(VIEWS[name]) for name in views]
    see = partial(read_square, background=extractor.background)
    rows = np.zeros((len(photos), extractor.dimension), np.float32)
    errors: list[str | None] = [None] * len(photos)

    def compute(start: int, read: Read) -> int:
        part = slice(start, min(start + extractor.batch, len(photos)))
        squares = np.zeros((len(functions), part.stop - start, extractor.size, extractor.size, 3), np.uint8)
        errors[part] = read(photos[part], squares, functions, see)
        seen = extractor(squares.reshape(-1, *squares.shape[2:]))  # few photos' views share batches
        rows[part] = seen.reshape(len(functions), part.stop - start, -1).mean(axis=0)
        rows[part][[error is not None for error in errors[part]]] = 0
        return part.stop - start

    _in_batches(compute, len(photos), extractor, advance)
    return (unit_rows(rows) if l2 else rows), errors


def _in_batches(compute: Callable[[int, Read], int], count: int, extractor: Extractor, advance: Advance) -> None:
    """Call `compute(start, read)` for every batch: on a processor a thread reads its own, for a GPU all read each."""
    starts = range(0, count, extractor.batch)
    if not extractor.on_gpu:
        _in_threads(partial(compute, read=_read_views), starts, extractor.workers, advance)
        return
    with ThreadPoolExecutor(extractor.workers, "read") as readers:
        _in_threads(partial(compute, read=partial(_read_in, readers)), starts, BATCHES_AHEAD, advance)


def _in_threads(compute: Callable[[int], int], starts: Sequence[int], workers: int, advance: Advance) -> None:
    with ThreadPoolExecutor(workers, "extract") as pool:
        try:
            for done in pool.map(compute, starts):
                advance(done)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _read_in(
    readers: ThreadPoolExecutor, photos: Sequence[Photo], squares: np.ndarray, functions: Sequence[View], see: See
) -> list[str | None]:
    """Read the photos of one batch in several threads, some photos a thread; see `_read_views`."""
    parts = [slice(start, start + READ_AT_ONCE) for start in range(0, len(photos), READ_AT_ONCE)]
    reading = readers.map(lambda part: _read_views(photos[part], squares[:, part], functions, see), parts)
    return [error for errors in reading for error in errors]


def _read_views(photos: Sequence[Photo], squares: np.ndarray, functions: Sequence[View], see: See) -> list[str | None]:
    """Fill squares (views, n, s, s, 3) with the views of n photos; return for each None or why it cannot be read."""
    read, errors = np.zeros(squares.shape[1:], np.uint8), []
    for square, photo in zip(read, photos, strict=True):
        try:
            square[:] = see(photo, len(square))
            errors.append(None)
        except images.ImageError as error:
            errors.append(f"{error.status}: {error.reason}")
    for place, view in zip(squares, functions, strict=True):
        place[:] = view(read)
    return errors


def _start_of(tuned: Path) -> dict:
    """Return backbone, weights, size and seed that fine-tuning began with."""
    try:
        scores = json.loads((tuned / "scores.json").read_text("utf-8"))
        return {name: scores[name] for name in ("backbone", "weights", "size", "seed")}
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"expected a fine-tuned network in {tuned}, found none: run python 02_finetune.py") from error
