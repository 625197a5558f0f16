"""What holds for every GPU, by stand-ins: batches on it at once, a full memory, one that lies idle."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lookalike.core.errors import UserError
from lookalike.networks import devices
from lookalike.networks.quiet import tf


def test_two_batches_are_on_the_device_at_once_and_no_third():
    here, most, both = set(), [], threading.Barrier(2, timeout=20)

    def features(number):
        here.add(number)
        most.append(len(here))
        both.wait()  # goes on only where another batch is on the device, too
        here.discard(number)
        return number

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(devices.double_buffered(features, 4), range(16))) == list(range(16))
    assert max(most) == 2


class JaxRuntimeError(RuntimeError):
    """Named as JAX names its own."""


@pytest.mark.parametrize(
    "error",
    [
        tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[256,112,112,96]"),
        JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 1234 bytes."),
        tf.errors.InternalError(None, None, "Failed to load in-memory CUBIN: CUDNN_STATUS_ALLOC_FAILED"),
    ],
)
def test_a_full_memory_is_one_line_with_the_setting(error):
    def features(images):
        raise error

    line = "expected room for 256 photos at a time in the memory of the device, found it full: take a smaller"
    with pytest.raises(UserError, match=rf"{line} --extract\.batch, .* earlier results are untouched") as caught:
        devices.double_buffered(features, 256)(None)
    assert "\n" not in str(caught.value)


def test_other_faults_keep_their_traceback():
    with pytest.raises(ValueError, match="a bug"), devices.room_on_device("extract.batch", 1):
        raise ValueError("a bug")


def test_an_idle_gpu_is_told_once(monkeypatch, capsys):
    from lookalike.networks import tensorflow_engine

    devices.say_idle_gpu.cache_clear()
    monkeypatch.setattr(tensorflow_engine, "nvidia_gpu", lambda: True)
    monkeypatch.setattr(tensorflow_engine.tf.test, "is_built_with_cuda", lambda: False)
    assert not tensorflow_engine.has_gpu() and not tensorflow_engine.has_gpu()
    told = capsys.readouterr().err
    assert told == (
        "note: expected to compute on the NVIDIA GPU, found TensorFlow for processors: run make setup GPU=1\n"
    )
    monkeypatch.setattr(tensorflow_engine.tf.test, "is_built_with_cuda", lambda: True)
    tensorflow_engine.has_gpu()
    assert "none that TensorFlow can use: see that nvidia-smi lists it" in capsys.readouterr().err


def test_the_driver_is_what_tells_of_a_gpu(monkeypatch, tmp_path):
    monkeypatch.setattr(devices, "DRIVER", (str(tmp_path / "version"),))
    assert not devices.nvidia_gpu()
    (tmp_path / "version").touch()
    assert devices.nvidia_gpu()
