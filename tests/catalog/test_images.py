"""Photos of every kind come out upright, 8-bit and RGB; those that cannot say why."""

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.catalog import header as header_module
from lookalike.catalog import images
from lookalike.catalog.images import ImageError, decode, opened, pixel_digest, pixel_key, read, write

RGB = np.zeros((64, 96, 3), np.uint8)  # red, green / black, blue quarters
RGB[:32, :48, 0] = RGB[:32, 48:, 1] = RGB[32:, 48:, 2] = 255
GREY = np.tile(np.linspace(0, 255, 96).astype(np.uint8), (64, 1))
UPRIGHT = {
    1: RGB,
    2: RGB[:, ::-1],
    3: RGB[::-1, ::-1],
    4: RGB[::-1],
    5: RGB.transpose(1, 0, 2),
    6: np.rot90(RGB, -1),
    7: RGB[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90(RGB),
}


def close(found, expected, limit=6):
    assert found.dtype == np.uint8
    assert found.shape == expected.shape
    return np.abs(found.astype(int) - expected).mean() < limit


def save(path, picture=RGB, **options):
    Image.fromarray(picture).save(path, **options)
    return path


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


def header(path):
    with opened(path) as photo:
        return photo.header


def status_of(function, path):
    with pytest.raises(ImageError) as caught:
        function(path)
    assert caught.value.reason
    return caught.value.status


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_exif_orientation_is_applied(tmp_path, suffix, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    path = save(tmp_path / f"photo{suffix}", exif=exif)
    expected = UPRIGHT[orientation]
    assert close(read(path), expected)
    assert header(path).size == expected.shape[1::-1]


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.bmp", "a.webp", "a.tiff", "a.gif", "A.JPEG", "wrong.jpg"])
def test_formats(tmp_path, name):
    kind = {"format": "PNG"} if name == "wrong.jpg" else {}
    assert close(read(save(tmp_path / name, **kind)), RGB)


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_cmyk(tmp_path, suffix):
    path = tmp_path / f"print{suffix}"
    Image.fromarray(RGB).convert("CMYK").save(path)
    assert close(read(path), RGB)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_grey(tmp_path, suffix):
    assert close(read(save(tmp_path / f"grey{suffix}", GREY)), np.dstack([GREY] * 3))


@pytest.mark.parametrize("values", [np.uint16(257), np.int32(100_000), np.float32(0.01)])
def test_deep_greys_are_scaled_to_8_bit(tmp_path, values):
    path = save(tmp_path / "deep.tif", GREY.astype(values.dtype) * values)
    assert close(read(path), np.dstack([GREY] * 3), 2)


def test_16_bit_png(tmp_path):
    assert close(read(save(tmp_path / "deep.png", GREY.astype(np.uint16) * 257)), np.dstack([GREY] * 3), 1)


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_transparency_shows_white(tmp_path, suffix):
    alpha = np.where(np.arange(96) < 48, 0, 255).astype(np.uint8)
    path = save(tmp_path / f"cut{suffix}", np.dstack([RGB, np.tile(alpha, (64, 1))]))
    found = read(path)
    assert (found[:, :48] == 255).all()
    assert close(found[:, 48:], RGB[:, 48:])


def test_palette_with_a_transparent_colour(tmp_path):
    path = tmp_path / "palette.gif"
    Image.fromarray(np.tile(np.uint8([0, 1]), (4, 2)), "P").save(path, transparency=0)
    assert (read(path)[:, ::2] == 255).all()


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_first_frame_of_an_animation(tmp_path, suffix):
    others = [Image.new("RGB", (96, 64), "white")]
    assert close(read(save(tmp_path / f"moves{suffix}", save_all=True, append_images=others)), RGB, 8)


@pytest.mark.parametrize("name", ["größe 写真.jpg", "new\nline.jpg", 'it\'s "<b>" & $x$.png'])
def test_any_name(tmp_path, name):
    write(tmp_path / name, RGB)
    assert close(read(tmp_path / name), RGB)


@pytest.mark.parametrize(
    ("target", "expected"), [(None, 512), (300, 512), (257, 512), (256, 256), (100, 128), (64, 64), (8, 64)]
)
def test_target_reduces_a_jpeg_but_never_below_itself(tmp_path, target, expected):
    path = save(tmp_path / "large.jpg", np.zeros((512, 1024, 3), np.uint8) + np.uint8([200, 30, 60]))
    found = read(path, target=target)
    assert found.shape == (expected, 2 * expected, 3)
    assert np.abs(found.mean(axis=(0, 1)) - [200, 30, 60]).max() < 3


@pytest.mark.parametrize("function", [header, read])
def test_files_that_are_no_photos(tmp_path, function):
    contents = {"empty": b"", "not_an_image": b"just text " * 50, "truncated": b"\xff\xd8\xff\xe0\0\x10JFIF"}
    for status, content in contents.items():
        (tmp_path / "bad.jpg").write_bytes(content)
        assert status_of(function, tmp_path / "bad.jpg") == status


@pytest.mark.parametrize("function", [header, read])
def test_unreadable_files(tmp_path, function):
    assert status_of(function, tmp_path / "absent.jpg") == "unreadable"
    assert status_of(function, tmp_path) == "unreadable"
    if os.geteuid() != 0:  # root may read everything
        path = save(tmp_path / "locked.jpg")
        path.chmod(0)
        assert status_of(function, path) == "unreadable"


@pytest.mark.parametrize("function", [header, read])
@pytest.mark.parametrize("side", [13_400, 20_000])
def test_huge_images_are_refused_by_their_header(tmp_path, function, side):
    (tmp_path / "bomb.png").write_bytes(png(side, side))
    assert status_of(function, tmp_path / "bomb.png") == "too_large"


def test_large_and_truncated_photos_print_nothing(tmp_path):
    (tmp_path / "large.png").write_bytes(png(12_000, 12_000))
    cut = save(tmp_path / "cut.jpg", np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8))
    cut.write_bytes(cut.read_bytes()[:2000])
    script = """
import sys
from lookalike.catalog import header as header_module
from lookalike.catalog import images
with images.opened(sys.argv[1]) as photo:
    print(photo.header.size[0])
try:
    images.read(sys.argv[2])
except images.ImageError:
    pass
"""
    command = [sys.executable, "-c", script, str(tmp_path / "large.png"), str(cut)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(images.__file__).parents[2], check=True)
    assert (done.stdout, done.stderr) == ("12000\n", "")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".bmp", ".gif"])
@pytest.mark.parametrize("share", [0.5, 0.95])
def test_truncated_files(tmp_path, suffix, share):
    noise = np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8)
    path = save(tmp_path / f"cut{suffix}", noise)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert status_of(read, path) == "truncated"


def test_a_jpeg_that_ends_in_zeros_is_truncated(tmp_path):
    path = save(tmp_path / "download.jpg", np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) // 2))
    assert status_of(read, path) == "truncated"


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("trailer", [b"a film clip" * 100, b"\xff\xda scan" * 9, b"\xff\xd8\xff\xe0\0\x10JFIF\xff\xda"])
def test_bytes_after_a_jpeg_do_no_harm(tmp_path, trailer, progressive):
    path = save(tmp_path / "motion.jpg", progressive=progressive)
    path.write_bytes(path.read_bytes() + trailer)
    assert close(read(path), RGB)


def test_a_jpeg_cut_before_its_end_is_truncated_whatever_its_thumbnail_holds(tmp_path):
    exif = Image.Exif()
    exif[270] = "\xff\xd9" * 20
    noise = np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8)
    path = save(tmp_path / "cut.jpg", noise, exif=exif)
    path.write_bytes(path.read_bytes()[:-500])
    assert status_of(read, path) == "truncated"


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    assert status_of(read, tmp_path / "pipe.jpg") == "unreadable"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021:05:03 10:11:12", "2021-05-03T10:11:12"),
        ("0000:00:00 00:00:00", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_time_of_the_photo(tmp_path, text, expected):
    exif = Image.Exif()
    if text:
        exif[306] = text
    assert header(save(tmp_path / "dated.jpg", exif=exif)).taken_at == expected


def test_time_of_taking_comes_before_time_of_change(tmp_path):
    exif = Image.Exif()
    exif[306] = "2024:01:01 00:00:00"
    exif.get_ifd(0x8769)[36867] = "2019:12:31 23:59:58"
    assert header(save(tmp_path / "dated.jpg", exif=exif)).taken_at == "2019-12-31T23:59:58"


def test_write_png_is_lossless_and_jpeg_quality_counts(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8)
    write(tmp_path / "a.png", noise)
    assert (read(tmp_path / "a.png") == noise).all()
    write(tmp_path / "low.jpg", noise, 20)
    write(tmp_path / "high.jpg", noise, 95)
    assert (tmp_path / "low.jpg").stat().st_size < (tmp_path / "high.jpg").stat().st_size / 2
    with pytest.raises(ValueError, match=r"\.jpg, \.jpeg or \.png, found 'a\.tif'"):
        write(tmp_path / "a.tif", noise)


def test_pixel_digest_sees_pixels_and_shape(tmp_path):
    write(tmp_path / "a.png", RGB)
    Image.fromarray(RGB).save(tmp_path / "b.bmp")
    changed = RGB.copy()
    changed[0, 0, 0] -= 1
    assert pixel_digest(read(tmp_path / "a.png")) == pixel_digest(read(tmp_path / "b.bmp")) == pixel_digest(RGB)
    assert pixel_digest(changed) != pixel_digest(RGB)
    assert pixel_digest(RGB.reshape(96, 64, 3)) != pixel_digest(RGB)


def test_pixel_key_is_equal_for_equal_pixels_and_sees_each_change():
    rng = np.random.default_rng(0)
    large = rng.integers(0, 255, (600, 1001, 3), np.uint8)
    assert pixel_key(large) == pixel_key(large.copy())
    keys = {pixel_key(large)}
    for _ in range(50):
        changed = large.copy()
        changed[rng.integers(600), rng.integers(1001), rng.integers(3)] ^= np.uint8(1 << rng.integers(8))
        keys.add(pixel_key(changed))
    assert len(keys) == 51
    assert pixel_key(RGB.reshape(96, 64, 3)) != pixel_key(RGB)


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA", "I;16", "F", "CMYK"])
def test_strips_give_what_the_whole_gives(monkeypatch, mode):
    noise = np.random.default_rng(0).integers(0, 255, (50, 40, 4), np.uint8)
    picture = (
        Image.fromarray(noise[..., 0].astype(np.float32)) if mode == "F" else Image.fromarray(noise).convert("RGB")
    )
    picture = Image.fromarray(noise[..., 0].astype(np.uint16) * 257) if mode == "I;16" else picture
    picture = Image.fromarray(noise) if mode in ("RGBA", "LA") else picture
    file = io.BytesIO()
    (picture if mode in ("F", "I;16") else picture.convert(mode)).save(file, "TIFF" if mode != "P" else "PNG")
    whole = decode(file.getvalue())
    monkeypatch.setattr(images, "STRIP_PIXELS", 7 * 40)
    assert (decode(file.getvalue()) == whole).all()


@pytest.mark.skipif(header_module.pillow_heif is None, reason="pillow-heif is not installed")
def test_heic(tmp_path):
    assert ".heic" in images.SUFFIXES
    assert close(read(save(tmp_path / "phone.heic")), RGB, 12)


def test_floats_that_are_no_numbers_are_no_fault(tmp_path, recwarn):
    values = GREY.astype(np.float32)
    values[0, :3] = np.nan, np.inf, -np.inf
    values.view(np.uint32)[0, 3] = 0x7FA00000  # a signalling NaN
    found = read(save(tmp_path / "deep.tif", values))
    assert close(found[1:], np.dstack([GREY] * 3)[1:], 2)
    assert not [warning for warning in recwarn if warning.category is RuntimeWarning]
