"""Photos to features on an accelerator: rates of the model alone, of decoding alone and end to end, and how busy it is.
Needs JAX, Keras, NumPy and OpenCV and nothing else, so that it runs where TensorFlow is not installed.

    python benchmarks/gpu.py [--folder PHOTOS] [--networks mobilenet_v2 resnet50 vit_b16] [--batch 64 256 1024]
    python benchmarks/gpu.py --photos 200 --batch 8 --networks mobilenet_v2 --side 96    (seconds on a processor)

Weights are random: rates do not depend on them. Photos are those of a folder, or drawn ones of 512 x 384 pixels, and
are held in memory as JPEG, so that no disk is measured. "busy" is the share of time in which the GPU computed anything,
as nvidia-smi samples it. The bound is the slower of model and decoding alone: end to end should come near it.
"""

import argparse
import os
import shutil
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

os.environ["KERAS_BACKEND"] = "jax"  # Keras reads it once, when it is imported
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # else JAX takes most of the GPU's memory at once
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import cv2
import jax
import keras
import numpy as np

SUFFIXES = (".jpg", ".jpeg", ".png")
CHUNK = 16  # photos that a thread decodes at a time
AHEAD = 2  # batches that are decoded while others are transferred and computed
IN_FLIGHT = 2  # batches on the device: one computes, one is transferred
EVERY = 100  # milliseconds between samples of the GPU

Compiled = Callable[[jax.Array], jax.Array]


def mobilenet_v2(side: int) -> keras.Model:
    return keras.applications.MobileNetV2(weights=None, include_top=False, pooling="avg", input_shape=(side, side, 3))


def resnet50(side: int) -> keras.Model:
    return keras.applications.ResNet50(weights=None, include_top=False, pooling="avg", input_shape=(side, side, 3))


class FirstTokens(keras.layers.Layer):
    """Put a class token before the patches (n, t, d) and add a position to each (Dosovitskiy et al. 2021)."""

    def build(self, shape: tuple) -> None:
        self.token = self.add_weight(shape=(1, 1, shape[-1]))
        self.positions = self.add_weight(shape=(1, shape[1] + 1, shape[-1]))

    def call(self, patches):
        token = keras.ops.broadcast_to(self.token, (keras.ops.shape(patches)[0], 1, patches.shape[-1]))
        return keras.ops.concatenate([token, patches], axis=1) + self.positions


def vit_b16(side: int) -> keras.Model:
    """Return ViT-B/16: 12 blocks, 768 wide, 12 heads; the vector is the class token."""
    images = keras.Input((side, side, 3))
    patches = keras.layers.Conv2D(768, 16, 16)(images)
    tokens = FirstTokens()(keras.layers.Reshape((-1, 768))(patches))
    for _ in range(12):
        normed = keras.layers.LayerNormalization(epsilon=1e-6)(tokens)
        tokens = tokens + keras.layers.MultiHeadAttention(12, 64)(normed, normed)
        normed = keras.layers.LayerNormalization(epsilon=1e-6)(tokens)
        wide = keras.layers.Dense(3072, activation="gelu")(normed)
        tokens = tokens + keras.layers.Dense(768)(wide)
    tokens = keras.layers.LayerNormalization(epsilon=1e-6)(tokens)
    return keras.Model(images, tokens[:, 0], name="vit_b16")


NETWORKS = {"mobilenet_v2": mobilenet_v2, "resnet50": resnet50, "vit_b16": vit_b16}
PRECISIONS = {  # Keras's policy, and how exact JAX takes products
    "float32": ("float32", "float32"),
    "tf32": ("float32", "tensorfloat32"),
    "bfloat16": ("mixed_bfloat16", "default"),
    "float16": ("mixed_float16", "default"),
}


class Rates(NamedTuple):
    """Photos a second of the model alone and end to end, the GPU's busy share in each (%), and seconds to compile."""

    model: float
    model_busy: float | None
    whole: float
    whole_busy: float | None
    compiling: float


def compiled(network: str, precision: str, batch: int, side: int) -> tuple[Compiled, float]:
    """Return features(uint8 (batch, side, side, 3)) -> float32 (batch, d), and the seconds that compiling took."""
    keras.utils.clear_session()
    policy, products = PRECISIONS[precision]
    keras.config.set_dtype_policy(policy)
    model = NETWORKS[network](side)
    weights = [
        [variable.value for variable in each] for each in (model.trainable_variables, model.non_trainable_variables)
    ]

    def features(trainable: list, other: list, images: jax.Array) -> jax.Array:
        pixels = images.astype("float32") / 127.5 - 1
        return model.stateless_call(trainable, other, pixels, training=False)[0].astype("float32")

    started = time.perf_counter()
    images = jax.ShapeDtypeStruct((batch, side, side, 3), np.uint8)
    with jax.default_matmul_precision(products):
        function = jax.jit(features).lower(*weights, images).compile()
    return lambda images: function(*weights, images), time.perf_counter() - started


def photos_of(folder: Path | None, count: int) -> list[bytes]:
    """Return the bytes of so many photos, some of them again and again."""
    if folder is None:
        rng = np.random.default_rng(0)
        noise = (rng.integers(0, 256, (48, 64, 3), dtype=np.uint8) for _ in range(min(count, 64)))
        large = (cv2.resize(each, (512, 384), interpolation=cv2.INTER_CUBIC) for each in noise)
        files = [cv2.imencode(".jpg", each, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes() for each in large]
    else:
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)[:count]
        files = [path.read_bytes() for path in paths]
    if not files:
        raise SystemExit(f"expected photos ({', '.join(SUFFIXES)}) in {folder}, found none: name another --folder")
    return [files[number % len(files)] for number in range(count)]


def decode(files: Sequence[bytes], squares: np.ndarray) -> None:
    """Fill uint8 squares (n, side, side, 3) with photos."""
    side = squares.shape[1]
    for square, content in zip(squares, files, strict=True):
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        if pixels is None:
            raise SystemExit("expected photos that decode, found one that does not: name another --folder")
        cv2.cvtColor(cv2.resize(pixels, (side, side)), cv2.COLOR_BGR2RGB, dst=square)


def decoding(pool: ThreadPoolExecutor, files: Sequence[bytes], squares: np.ndarray) -> list[Future]:
    """Begin to decode a batch, in chunks."""
    starts = range(0, len(files), CHUNK)
    return [pool.submit(decode, files[at : at + CHUNK], squares[at : at + CHUNK]) for at in starts]


def decode_rate(pool: ThreadPoolExecutor, files: Sequence[bytes], side: int) -> float:
    """Return photos a second of decoding alone, by all threads."""
    squares = np.empty((min(len(files), 1024), side, side, 3), np.uint8)
    started = time.perf_counter()
    for at in range(0, len(files), len(squares)):
        part = files[at : at + len(squares)]
        for future in decoding(pool, part, squares[: len(part)]):
            future.result()
    return len(files) / (time.perf_counter() - started)


def model_rate(features: Compiled, batch: int, side: int, seconds: float) -> float:
    """Return photos a second of the model alone, on a batch that is on the device already."""
    noise = np.random.default_rng(0).integers(0, 256, (batch, side, side, 3), dtype=np.uint8)
    images = jax.device_put(noise)
    features(images).block_until_ready()
    done, running, started = 0, deque(), time.perf_counter()
    while time.perf_counter() - started < seconds or done < IN_FLIGHT:
        running.append(features(images))
        if len(running) > IN_FLIGHT:
            running.popleft().block_until_ready()
            done += 1
    for each in running:
        each.block_until_ready()
    return (done + len(running)) * batch / (time.perf_counter() - started)


def whole_rate(pool: ThreadPoolExecutor, features: Compiled, files: Sequence[bytes], batch: int, side: int) -> float:
    """Return photos a second from JPEG bytes to vectors in memory; whole batches alone count."""
    batches = max(1, len(files) // batch)
    buffers = [np.empty((batch, side, side, 3), np.uint8) for _ in range(AHEAD + IN_FLIGHT + 1)]
    given = [files[number % len(files)] for number in range(batch * batches)]
    waiting: deque[tuple[list[Future], np.ndarray]] = deque()
    running: deque[jax.Array] = deque()
    rows, started, begun = [], time.perf_counter(), 0
    for _ in range(batches):
        while begun < batches and len(waiting) <= AHEAD:
            buffer = buffers[begun % len(buffers)]
            waiting.append((decoding(pool, given[begun * batch : (begun + 1) * batch], buffer), buffer))
            begun += 1
        chunks, images = waiting.popleft()
        for chunk in chunks:
            chunk.result()
        running.append(features(jax.device_put(images)))
        if len(running) >= IN_FLIGHT:
            rows.append(np.asarray(running.popleft()))
    rows += [np.asarray(each) for each in running]
    rate = batch * batches / (time.perf_counter() - started)
    if not np.isfinite(np.concatenate(rows)).all():
        print("warning: some vectors are not finite: random weights in a reduced precision")
    return rate


class Sampler:
    """Samples of one GPU's busy share and used memory by nvidia-smi; without it there are none."""

    def __init__(self) -> None:
        self._samples: list[tuple[float, float, float]] = []
        self._process: subprocess.Popen | None = None

    @contextmanager
    def running(self) -> Iterator["Sampler"]:
        program = shutil.which("nvidia-smi")
        if program:
            query = ["--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits", f"-lms={EVERY}"]
            which = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0] or "0"
            command = [program, f"--id={which}", *query]
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            threading.Thread(target=self._read, daemon=True).start()
        try:
            yield self
        finally:
            if self._process:
                self._process.terminate()
                self._process.wait()

    def _read(self) -> None:
        for line in self._process.stdout:
            try:
                busy, used = (float(each) for each in line.split(","))
            except ValueError:  # "[N/A]", as some devices say
                continue
            self._samples.append((time.perf_counter(), busy, used))

    def during(self, work: Callable[[], float]) -> tuple[float, float | None]:
        """Return what `work` returns, and the mean busy share meanwhile in %, None without samples."""
        started = time.perf_counter()
        result = work()
        busy = [share for at, share, _ in self._samples if started + EVERY / 1000 <= at <= time.perf_counter()]
        return result, float(np.mean(busy)) if busy else None

    @property
    def most_memory(self) -> float | None:
        """The most memory in use so far, MiB."""
        return max((used for _, _, used in self._samples), default=None)


def measure(
    network: str, precision: str, batch: int, files: Sequence[bytes], pool: ThreadPoolExecutor, sampler: Sampler, given
) -> Rates | None:
    """Return the rates of one network, None where the memory of the device is full."""
    try:
        features, compiling = compiled(network, precision, batch, given.side)
        model = sampler.during(lambda: model_rate(features, batch, given.side, given.seconds))
        whole = sampler.during(lambda: whole_rate(pool, features, files, batch, given.side))
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        return None
    return Rates(*model, *whole, compiling)


def row(network: str, precision: str, batch: int, rates: Rates | None, decoded: float) -> str:
    """Return a line of the table."""
    start = f"| {network} | {precision} | {batch:,} |"
    if rates is None:
        return f"{start} memory of the device is full |" + " |" * 6
    busy, whole_busy = (
        "none seen" if each is None else f"{each:.0f} %" for each in (rates.model_busy, rates.whole_busy)
    )
    bound = min(rates.model, decoded)
    return (
        f"{start} {rates.model:,.0f} | {busy} | {decoded:,.0f} | {rates.whole:,.0f} | {whole_busy} | "
        f"{rates.whole / bound:.2f} | {rates.compiling:.1f} |"
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="photos to decode (default: drawn ones)")
    parser.add_argument("--photos", type=int, default=8192, help="how many, repeated where there are fewer")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--precision", nargs="+", choices=PRECISIONS, default=["tf32", "bfloat16"])
    parser.add_argument("--batch", nargs="+", type=int, default=[64, 256, 1024])
    parser.add_argument("--side", type=int, default=224, help="of the square that a network sees; of vit_b16 n * 16")
    parser.add_argument("--seconds", type=float, default=3, help="to measure the model alone")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="threads that decode")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    cv2.setNumThreads(1)
    device = jax.devices()[0]
    files = photos_of(given.folder, given.photos)
    size = sum(map(len, files)) / len(files) / 1024
    print(
        f"{device.device_kind} ({device.platform}), {given.workers} threads decode; jax {jax.__version__}, keras "
        f"{keras.__version__}; {len(files):,} photos of {size:.0f} KB to {given.side} x {given.side}\n"
    )
    with Sampler().running() as sampler, ThreadPoolExecutor(given.workers) as pool:
        decode_rate(pool, files[: 4 * CHUNK], given.side)
        decoded = decode_rate(pool, files, given.side)
        print(
            "| network | precision | batch | model alone, photos/s | busy | decode alone | end to end | busy | of the "
            "bound | compiling, s |\n|---|---|---|---|---|---|---|---|---|---|"
        )
        for network in given.networks:
            for precision in given.precision:
                for batch in given.batch:
                    rates = measure(network, precision, batch, files, pool, sampler, given)
                    print(row(network, precision, batch, rates, decoded), flush=True)
        used = "" if sampler.most_memory is None else f"; most memory of the GPU in use {sampler.most_memory:,.0f} MiB"
    print("\nno nvidia-smi here: no busy shares" if sampler.most_memory is None else f"\nbusy: by nvidia-smi{used}")


if __name__ == "__main__":
    main()
