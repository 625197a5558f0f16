"""Tar files: every header that tars have, read at random by threads; nothing that a name says is trusted."""

import io
import os
import shutil
import subprocess
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from lookalike.core import tars

NAMES = [
    "hat/1.jpg",
    "./hat/./2.jpg",
    "é/ü 'q\" <i>.png",
    "line\nbreak.jpg",
    "x" * 150 + "/" + "y" * 120 + ".jpg",
    "deep/" * 30 + "7.jpg",
    "empty.jpg",
]
FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def clean(name):
    return "/".join(part for part in name.split("/") if part != ".")


def data_of(name):
    rng = np.random.default_rng(len(name) * 31 + ord(name[0]))
    return b"" if name == "empty.jpg" else rng.bytes(int(rng.integers(1, 3000)))


def add(tar, name, data=b"photo", kind=tarfile.REGTYPE, **more):
    info = tarfile.TarInfo(name)
    info.size, info.type = len(data), kind
    for key, value in more.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(data))


def read(tar, name):
    file, size = tars.open_member(tar / name)
    with file:
        data = file.read()
    assert len(data) == size
    return data


def n_open():
    """Count the files that this process has open, 0 where it cannot be known."""
    place = Path("/proc/self/fd")
    return len(list(place.iterdir())) if place.is_dir() else 0


@pytest.mark.parametrize("layout", FORMATS)
def test_reads_what_was_written_in_every_format(tmp_path, layout):
    names = [name for name in NAMES if layout != "ustar" or "y" * 120 not in name]
    with tarfile.open(tmp_path / "a.tar", "w", format=FORMATS[layout]) as tar:
        add(tar, "hat", kind=tarfile.DIRTYPE, data=b"")
        for name in names:
            add(tar, name, data_of(name), mtime=1_700_000_000)
    found = tars.contents(tmp_path / "a.tar")
    assert list(found.members) == list(map(clean, names))
    assert not found.faults
    assert {member.mtime_ns for member in found.members.values()} == {1_700_000_000 * 10**9}
    for name in names:
        assert read(tmp_path / "a.tar", clean(name)) == data_of(name)


def test_reads_what_gnu_tar_writes(tmp_path):
    (tmp_path / "folder" / ("long " * 30)).mkdir(parents=True)
    for number in range(5):
        (tmp_path / "folder" / ("long " * 30) / f"{number}.jpg").write_bytes(bytes([number]) * 700 * number)
    os.utime(tmp_path / "folder" / ("long " * 30) / "3.jpg", ns=(0, -1_500_000_000))  # before 1970
    for layout in ("gnu", "pax", "oldgnu"):
        command = ["tar", f"--format={layout}", "-C", tmp_path / "folder", "-cf", tmp_path / "a.tar", "."]
        if shutil.which("tar") is None or subprocess.run(command).returncode:
            pytest.skip("no GNU tar")
        assert not tars.contents(tmp_path / "a.tar").faults
        assert read(tmp_path / "a.tar", f"{'long ' * 30}/3.jpg") == b"\3" * 2100


def test_a_path_through_a_folder_called_as_a_tar_is_one_of_files(tmp_path):
    (tmp_path / "x.tar").mkdir()
    tars.write_tar(tmp_path / "x.tar" / "y.TAR", [("z.tar/1.jpg", b"one")])
    assert tars.outermost(tmp_path / "x.tar" / "y.TAR" / "z.tar" / "1.jpg") == str(tmp_path / "x.tar" / "y.TAR")
    assert read(tmp_path / "x.tar" / "y.TAR", "z.tar/1.jpg") == b"one"
    assert tars.leading_through(tmp_path, ["x.tar/y.TAR/z.tar/1.jpg", "a.jpg", "x.tar/b.jpg"]) == ["x.tar/y.TAR"]
    assert tars.member_at(tmp_path / "x.tar" / "y.TAR" / "z.tar" / "1.jpg").size == 3
    assert tars.member_at(tmp_path / "x.tar" / "y.TAR" / "2.jpg") is None
    assert tars.member_at(tmp_path / "x.tar" / "2.jpg") is None
    assert tars.unpacked("x.tar/hat/y.TAR/1.tar") == "hat/1.tar"
    with pytest.raises(FileNotFoundError):
        tars.open_member(tmp_path / "x.tar" / "y.TAR" / "2.jpg")
    assert tars.open_member(tmp_path / "gone.tar" / "2.jpg") is None
    assert tars.open_member(tmp_path / "x.tar" / "2.jpg") is None


@pytest.mark.parametrize("name", ["/dev/zero", "../a.jpg", "hat/../../a.jpg", "hat/.."])
def test_names_that_lead_out_are_refused(tmp_path, name):
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        add(tar, name)
        add(tar, "good.jpg")
    found = tars.contents(tmp_path / "a.tar").members
    assert found[name].fault == "the name leads out of the tar"
    assert read(tmp_path / "a.tar", "good.jpg") == b"photo"


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        (tarfile.SYMTYPE, "a link"),
        (tarfile.LNKTYPE, "a link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.FIFOTYPE, "a named pipe"),
        (b"Z", "another kind of file"),
    ],
)
def test_what_is_no_regular_file_is_never_opened(tmp_path, kind, found):
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        add(tar, "a.jpg", data=b"", kind=kind, linkname="/dev/zero")
        add(tar, "good.jpg")
    assert tars.contents(tmp_path / "a.tar").members["a.jpg"].fault == f"expected a regular file, found {found}"
    with pytest.raises(OSError, match=found):
        tars.open_member(tmp_path / "a.tar" / "a.jpg")
    assert read(tmp_path / "a.tar", "good.jpg") == b"photo"


def test_of_names_that_come_twice_the_last_is_read_as_unpacking_would(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        add(tar, "a.jpg", b"old")
        add(tar, "b.jpg")
        add(tar, "./a.jpg", b"new")
    assert read(tmp_path / "a.tar", "a.jpg") == b"new"
    (fault,) = tars.contents(tmp_path / "a.tar").faults
    assert fault == "1 names come twice, the first a.jpg: the last of each is read"


@pytest.mark.parametrize("cut", [0, 100, 512, 1024, 1100, 3 * 1024, 3 * 1024 + 512, 3 * 1024 + 700, 5 * 1024])
def test_a_cut_tar_gives_what_is_before_the_cut_and_says_so(tmp_path, cut):
    tars.write_tar(tmp_path / "a.tar", [(f"{number}.jpg", bytes([number]) * 500) for number in range(5)])
    whole = (tmp_path / "a.tar").read_bytes()
    assert not tars.contents(tmp_path / "a.tar").faults
    (tmp_path / "a.tar").write_bytes(whole[:cut])
    found = tars.contents(tmp_path / "a.tar")
    assert list(found.members) == [f"{number}.jpg" for number in range((cut + 12) // 1024)]
    (fault,) = found.faults
    assert "cut" in fault
    assert fault.endswith("download it or make it again")
    assert "expected" in fault
    assert "found" in fault


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x1f\x8b" + bytes(600), "found one of gzip: decompress it"),
        (b"text" * 300, "expected a header of a tar at byte 0, found something else"),
        (b"", "found its end at byte 0"),
    ],
)
def test_what_is_no_tar_is_said(tmp_path, content, words):
    (tmp_path / "a.tar").write_bytes(content)
    found = tars.contents(tmp_path / "a.tar")
    assert not found.members
    assert words in found.faults[0]


def test_no_bytes_whatsoever_are_an_exception(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        for name in NAMES:
            add(tar, name, data_of(name), mtime=1.5)
    whole, rng = (tmp_path / "a.tar").read_bytes(), np.random.default_rng(0)
    for number in range(300):
        harmed = bytearray(whole)
        at = int(rng.integers(0, len(whole) // 512)) * 512 + int(rng.integers(0, 160))
        harmed[at : at + 12] = rng.bytes(12) if number % 2 else b"\xff" * 12
        block = at // 512 * 512
        if number % 3:  # as someone would who means it
            harmed[block + 148 : block + 156] = b" " * 8
            harmed[block + 148 : block + 156] = b"%06o\0 " % sum(harmed[block : block + 512])
        (tmp_path / "a.tar").write_bytes(harmed)
        found = tars.contents(tmp_path / "a.tar")
        assert all(0 <= member.offset <= member.offset + member.size <= len(whole) for member in found.members.values())
        assert all(abs(member.mtime_ns) < 2**63 for member in found.members.values())


def test_a_tar_that_is_saved_again_is_looked_at_again(tmp_path):
    tar = tmp_path / "a.tar"
    tars.write_tar(tar, [("a.jpg", b"one"), ("b.jpg", b"two")])
    assert read(tar, "b.jpg") == b"two"
    tars.write_tar(tar, [("b.jpg", b"three")])
    assert read(tar, "b.jpg") == b"three"
    assert list(tars.contents(tar).members) == ["b.jpg"]


@pytest.mark.parametrize("at_once", [100, 2**20])
def test_headers_are_read_once_and_members_by_threads_at_once(tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(tars, "SMALL_BYTES", at_once)
    members = [(f"{number}.jpg", number.to_bytes(4, "big") * 300) for number in range(200)]
    tars.write_tar(tmp_path / "a.tar", members)
    reads, found = [], tars._read
    monkeypatch.setattr(tars, "_read", lambda *given: reads.append(given) or found(*given))
    before = n_open()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda name: read(tmp_path / "a.tar", name), [name for name, _ in members * 5])) == [
            data for _, data in members * 5
        ]
    assert len(reads) == 1
    assert n_open() == before


@pytest.mark.parametrize("at_once", [2, 2**20])
def test_a_member_is_a_file_like_any_other(tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(tars, "SMALL_BYTES", at_once)
    tars.write_tar(tmp_path / "a.tar", [("a", b"before"), ("b", b"0123456789"), ("c", b"after")])
    with tars.open_member(tmp_path / "a.tar" / "b")[0] as file:
        assert file.read(3) == b"012"
        assert file.seek(-2, io.SEEK_END) == 8
        assert file.read() == b"89"
        assert file.seek(20) == 20
        assert file.read() == b""


def test_what_is_kept_in_memory_has_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(tars, "MOST_MEMBERS", 5)
    for number in range(4):
        tars.write_tar(tmp_path / f"{number}.tar", [(f"{name}.jpg", b"x") for name in range(3)])
        assert read(tmp_path / f"{number}.tar", "2.jpg") == b"x"
    assert [path for path in tars._kept if path.startswith(str(tmp_path))] == [str(tmp_path / "3.tar")]
    assert read(tmp_path / "0.tar", "1.jpg") == b"x"


def test_equal_members_give_equal_bytes_that_others_read(tmp_path):
    members = [(clean(name), data_of(name)) for name in NAMES]
    tars.write_tar(tmp_path / "a.tar", members)
    tars.write_tar(tmp_path / "b.tar", iter(members))
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
    with tarfile.open(tmp_path / "a.tar") as tar:
        assert [(info.name, tar.extractfile(info).read()) for info in tar] == members
        assert {(info.mtime, info.uid, info.gid, info.mode) for info in tar} == {(0, 0, 0, 0o644)}


def test_an_error_on_the_way_leaves_no_tar(tmp_path):
    def members():
        yield "a.jpg", b"one"
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        tars.write_tar(tmp_path / "a.tar", members())
    assert not list(tmp_path.iterdir())
