"""Headers of tars: what they say of a file, and that numbers and names made to harm do none."""

import io
import tarfile

import pytest

from lookalike.core.tar_headers import DamagedError, checked, headers


def tar_of(*infos, layout=tarfile.PAX_FORMAT):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=layout) as tar:
        for info, data in infos:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file.getvalue()


def info(name, **more):
    made = tarfile.TarInfo(name)
    for key, value in more.items():
        setattr(made, key, value)
    return made


def found(data):
    return [
        (*checked(header), header.size, header.mtime_ns, offset)
        for header, offset in headers(lambda count, at: data[at : at + count], len(data))
    ]


def signed(data, **fields):
    """Return a tar whose first header has other fields, and the checksum of these."""
    places = {"size": slice(124, 136), "mtime": slice(136, 148), "kind": slice(156, 157), "name": slice(0, 100)}
    block = bytearray(data[:512])
    for name, value in fields.items():
        block[places[name]] = value.ljust(places[name].stop - places[name].start, b"\0")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + data[512:]


def test_a_worked_example():
    data = tar_of((info("hat/1.jpg", mtime=1.25), b"abc"), (info("é.jpg", mtime=-2), b""))
    # pax header and its records take two blocks before the header of each
    assert found(data) == [("hat/1.jpg", "", 3, 1_250_000_000, 1536), ("é.jpg", "", 0, -2_000_000_000, 3584)]


def test_folders_have_no_name():
    assert found(tar_of((info("hat/", type=tarfile.DIRTYPE), b""))) == [(None, "", 0, 0, 512)]
    old = signed(tar_of((info("hat"), b"")), name=b"hat/", kind=b"\0")  # as tars before 1988 have them
    assert found(old)[0][0] is None


def test_a_size_of_the_largest_number_goes_nowhere(tmp_path):
    from lookalike.core import tars

    for name in (b"hat/", b"hat.jpg"):
        (tmp_path / "a.tar").write_bytes(signed(tar_of((info("hat"), b"x")), size=b"\x80" + b"\xff" * 11, name=name))
        assert "the tar is cut" in tars.contents(tmp_path / "a.tar").faults[0]


def test_a_time_that_no_clock_shows_is_none():
    assert found(signed(tar_of((info("a.jpg"), b"x")), mtime=b"\x80" + b"\xff" * 11))[0][3] == 0


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ({"size": "-512"}, "found -512"),
        ({"size": "many"}, "expected numbers"),
        ({"mtime": "now"}, "expected numbers"),
    ],
)
def test_pax_records_that_make_no_sense_are_damage(records, words):
    with pytest.raises(DamagedError, match=words):
        found(tar_of((info("a.jpg", pax_headers=records), b"x")))


@pytest.mark.parametrize("size", [b"\xff" * 12, b"12x\0", b"77777777777\0"])
def test_sizes_that_make_no_sense_are_damage(size):
    with pytest.raises(DamagedError):
        found(signed(tar_of((info("a.jpg"), b"x")), size=size, kind=b"x"))


def test_headers_that_extend_each_other_for_ever_end():
    long = tar_of((info("x" * 200), b""), layout=tarfile.GNU_FORMAT)[:1024]
    data = long * 5_000 + tar_of((info("a.jpg"), b"abc"))
    assert [row[0] for row in found(data)] == ["x" * 200]
