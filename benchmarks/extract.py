"""Photos to features with MobileNetV2 at 224 px: images per second of Lookalike, other tools and the machine's bounds.
Every way runs in a process of its own, all ways once a round, and ratios are taken within a round.

    python benchmarks/extract.py --photos ../shared/data/clothing \\
        --weights ../shared/weights/mobilenet_v2_imagenet_notop.weights.h5

With `--encoder FILE.onnx`, a network of 224 px, its rate, too, beside that of OpenVINO alone on the same file.
On a machine that others use, `--clock processor` counts seconds of processor time in place of those on the wall.
fastdup runs in an environment of its own (`make bench` makes it); without it, its rows are left out.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUFFIXES = (".jpg", ".jpeg", ".png")
SIZE = 224
ONE_BY_ONE = 150  # photos of the slowest way
ENCODED = 64  # photos of the ways of an encoder


def lookalike_rate(photos: Path, weights: str, precision: str = "float32") -> float:
    """Decode, resize and compute as 03_extract does."""
    from lookalike.core.files import file_digest
    from lookalike.networks.engines import open_extractor
    from lookalike.networks.extraction import extract_rows
    from lookalike.networks.options import Options
    from lookalike.networks.squares import Photo

    extractor = open_extractor(Options(weights=weights, precision=precision), photos.parent)
    prepared = [Photo(path, file_digest(path)) for path in sorted(photos.iterdir())]
    extract_rows(prepared[:32], extractor)
    return _rate(len(prepared), lambda: extract_rows(prepared, extractor))


def encoder_rate(photos: Path, encoder: str, precision: str = "float32") -> float:
    """Decode, resize and compute as 03_extract does with a network in ONNX."""
    from lookalike.networks.engines import open_extractor
    from lookalike.networks.extraction import extract_rows
    from lookalike.networks.options import Options
    from lookalike.networks.squares import Photo

    options = Options(backbone=encoder, scaling="torch", precision=precision)
    extractor = open_extractor(options, photos.parent / "encoder")
    prepared = [Photo(path) for path in sorted(photos.iterdir())[:ENCODED]]
    extract_rows(prepared[:16], extractor)
    return _rate(len(prepared), lambda: extract_rows(prepared, extractor))


def encoder_bfloat16_rate(photos: Path, encoder: str) -> float:
    """The same in bfloat16."""
    return encoder_rate(photos, encoder, "bfloat16")


def bare_openvino_rate(photos: Path, encoder: str) -> float:
    """Compute alone with OpenVINO's own settings for throughput, on pictures of noise, a photo a request."""
    import numpy as np

    from lookalike.networks.openvino_engine import openvino

    model = openvino.Core().read_model(encoder)
    model.reshape([1, 3, SIZE, SIZE])
    settings = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": "f32"}
    queue = openvino.AsyncInferQueue(openvino.Core().compile_model(model, "CPU", settings))
    noise = np.random.default_rng(0).standard_normal((1, 3, SIZE, SIZE), np.float32)

    def compute(count: int) -> None:
        for _ in range(count):
            queue.start_async([noise])
        queue.wait_all()

    compute(16)
    return _rate(ENCODED, lambda: compute(ENCODED))


def bfloat16_rate(photos: Path, weights: str) -> float:
    """The same in bfloat16."""
    return lookalike_rate(photos, weights, "bfloat16")


def decode_rate(photos: Path, weights: str) -> float:
    """Decode and resize alone, one thread a core."""
    from concurrent.futures import ThreadPoolExecutor

    from lookalike.networks.squares import Photo, read_square

    paths = [Photo(path) for path in sorted(photos.iterdir())]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return _rate(len(paths), lambda: sum(1 for _ in pool.map(lambda path: read_square(path, SIZE), paths)))


def model_rate(photos: Path, weights: str) -> float:
    """Compute alone, on as many pictures of noise, one thread a core."""
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np

    from lookalike.networks.engines import open_extractor
    from lookalike.networks.options import Options

    extractor = open_extractor(Options(weights=weights), photos.parent)
    batch = np.random.default_rng(0).integers(0, 256, (extractor.batch, SIZE, SIZE, 3), dtype=np.uint8)
    batches = len(list(photos.iterdir())) // extractor.batch
    with ThreadPoolExecutor(extractor.workers) as pool:
        sum(1 for _ in pool.map(extractor, [batch] * 4))
        return _rate(batches * extractor.batch, lambda: sum(1 for _ in pool.map(extractor, [batch] * batches)))


def dataset_rate(photos: Path, weights: str) -> float:
    """`image_dataset_from_directory` and `predict`, batch 32."""
    from lookalike.networks.backbones import build_extractor, find_backbone
    from lookalike.networks.quiet import keras

    model = build_extractor(find_backbone("mobilenet_v2"), weights)
    options = {"labels": None, "image_size": (SIZE, SIZE), "batch_size": 32, "shuffle": False, "verbose": False}
    dataset = keras.utils.image_dataset_from_directory(photos, **options)
    model.predict(dataset.take(1), verbose=0)
    return _rate(len(list(photos.iterdir())), lambda: model.predict(dataset, verbose=0))


def one_by_one_rate(photos: Path, weights: str) -> float:
    """Load one photo, `predict` it, load the next."""
    from lookalike.networks.backbones import build_extractor, find_backbone
    from lookalike.networks.quiet import keras

    model = build_extractor(find_backbone("mobilenet_v2"), weights)

    def features(path: Path):
        image = keras.utils.img_to_array(keras.utils.load_img(path, target_size=(SIZE, SIZE)))
        return model.predict(image[None], verbose=0)

    paths = sorted(photos.iterdir())[:ONE_BY_ONE]
    features(paths[0])
    return _rate(len(paths), lambda: [features(path) for path in paths])


def fastdup_rate(photos: Path, weights: str) -> float:
    """fastdup's feature extraction (`run_mode=1`), with its own 576-dimensional model."""
    import fastdup

    work = photos.parent / "fastdup"
    shutil.rmtree(work, ignore_errors=True)
    return _rate(len(list(photos.iterdir())), lambda: fastdup.run(str(photos), work_dir=str(work), run_mode=1))


WAYS = {
    "lookalike float32": lookalike_rate,
    "lookalike bfloat16": bfloat16_rate,
    "decode alone": decode_rate,
    "model alone": model_rate,
    "image_dataset_from_directory + predict": dataset_rate,
    "one image a predict": one_by_one_rate,
    "fastdup": fastdup_rate,
}

ENCODER_WAYS = {
    "encoder float32": encoder_rate,
    "encoder bfloat16": encoder_bfloat16_rate,
    "encoder, OpenVINO alone": bare_openvino_rate,
}

RATIOS = (  # what, above, below, wanted
    ("float32 / fastdup", "lookalike float32", "fastdup", 1.6),
    ("bfloat16 / fastdup", "lookalike bfloat16", "fastdup", 2.3),
    ("float32 / dataset + predict", "lookalike float32", "image_dataset_from_directory + predict", 1.9),
    ("float32 / one image a predict", "lookalike float32", "one image a predict", 10.0),
    ("float32 / bound of shared cores", "lookalike float32", "bound", 0.9),
    ("encoder / its bound of shared cores", "encoder float32", "encoder bound", 0.9),
    ("encoder / MobileNetV2", "encoder float32", "lookalike float32", ""),
    ("encoder in bfloat16 / in float32", "encoder bfloat16", "encoder float32", ""),
)


CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
CLOCK = "LOOKALIKE_BENCHMARK_CLOCK"  # tells the process of a way


def _rate(count: int, work) -> float:
    clock = CLOCKS[os.environ.get(CLOCK, "wall")]
    started = clock()
    work()
    return count / (clock() - started)


def repeated_photos(source: Path, count: int, folder: Path) -> Path:
    """Copy the photos again and again under new names until there are `count`; a finished folder is kept."""
    if folder.is_dir() and len(list(folder.iterdir())) == count:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    paths = sorted(path for path in source.rglob("*") if path.suffix.lower() in SUFFIXES)
    for number in range(count):
        path = paths[number % len(paths)]
        shutil.copyfile(path, folder / f"{number:06d}{path.suffix.lower()}")
    return folder


def run_way(way: str, photos: Path, network: str, python: str) -> float:
    """Measure one way in a process of its own, with weights or an encoder's file; images per second."""
    command = [python, str(HERE / "extract.py"), "--way", way, "--photos", str(photos), "--weights", network]
    environment = os.environ | {"PYTHONPATH": str(HERE.parent), "SENTRY_OPT_OUT": "1"}  # fastdup's telemetry
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=photos.parent)
    if result.returncode:
        raise SystemExit(f"{way}: {result.stderr.strip().splitlines()[-1]}")
    return json.loads(result.stdout.strip().splitlines()[-1])["rate"]


def table(rounds: list[dict[str, float]]) -> str:
    """Return the median rates and the ratios within rounds as Markdown."""
    lines = ["| way | images/s (median) |", "|---|---|"]
    lines += [f"| {way} | {statistics.median(each[way] for each in rounds):.0f} |" for way in rounds[0]]
    lines += ["", "| ratio | median | lowest | highest | wanted |", "|---|---|---|---|---|"]
    for what, above, below, wanted in RATIOS:
        if above in rounds[0] and below in rounds[0]:
            found = sorted(each[above] / each[below] for each in rounds)
            lines.append(f"| {what} | {statistics.median(found):.2f} | {found[0]:.2f} | {found[-1]:.2f} | {wanted} |")
    return "\n".join(lines)


def main() -> None:
    """Measure every way, round by round, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="folder of photos, repeated to --count")
    parser.add_argument("--weights", required=True, help="MobileNetV2 weights file")
    parser.add_argument("--encoder", type=Path, help=".onnx file of 224 px to measure, too")
    parser.add_argument(
        "--only", choices=WAYS, nargs="+", default=list(WAYS), help="of the other ways measure these alone"
    )
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="what a second is")
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, default=HERE / "work")
    parser.add_argument("--fastdup", type=Path, default=HERE.parent / ".venv-bench" / "bin" / "python")
    parser.add_argument("--way", choices=[*WAYS, *ENCODER_WAYS], help="measure this way alone, on the folder as it is")
    chosen = parser.parse_args()
    if chosen.way:
        print(json.dumps({"rate": (WAYS | ENCODER_WAYS)[chosen.way](chosen.photos.resolve(), chosen.weights)}))
        return
    os.environ[CLOCK] = chosen.clock
    weights = str(Path(chosen.weights).resolve())
    photos = repeated_photos(chosen.photos, chosen.count, chosen.work.resolve() / "photos")
    ways = dict.fromkeys((way for way in chosen.only if way != "fastdup" or chosen.fastdup.exists()), weights)
    ways |= dict.fromkeys(ENCODER_WAYS, str(chosen.encoder.resolve())) if chosen.encoder else {}
    rounds = []
    for number in range(chosen.rounds):
        pythons = {"fastdup": str(chosen.fastdup.absolute())}
        rates = {way: run_way(way, photos, given, pythons.get(way, sys.executable)) for way, given in ways.items()}
        for bound, model in {"bound": "model alone", "encoder bound": "encoder, OpenVINO alone"}.items():
            if {model, "decode alone"} <= set(rates):
                rates[bound] = 1 / (1 / rates[model] + 1 / rates["decode alone"])
        print(f"round {number + 1}: {json.dumps({way: round(rate) for way, rate in rates.items()})}", file=sys.stderr)
        rounds.append(rates)
    print(f"{chosen.count:,} photos, {len(os.sched_getaffinity(0))} cores, {chosen.rounds} rounds\n\n{table(rounds)}")


if __name__ == "__main__":
    main()
