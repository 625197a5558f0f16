"""The running server, as its clients know it: what it answers, what it refuses, what it keeps."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest

from lookalike.core.tars import write_tar

ROOT = Path(__file__).resolve().parents[2]
TIME = 60  # seconds for a server to come up, or work to be done
ALL_FLAGS = ["--extract.backbone", "handcrafted", "--make_labels.products", "products.csv", "--cluster.n_clusters", "3"]

NO_CALLS = """
import socket
def refuse(*arguments, **options):
    raise AssertionError("a call was made")
socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
"""


class Server:
    """A served folder of results, whose HOME is empty and which may call nobody."""

    def __init__(self, folder, *flags):
        command = [sys.executable, str(ROOT / "07_search.py"), "--dataset", "toys", "--serve", "--search.port", "0"]
        self.folder, self.home, patch = folder, folder / "home", folder / "patch"
        for made in (self.home, patch):
            made.mkdir(exist_ok=True)
        (patch / "sitecustomize.py").write_text(NO_CALLS)
        paths = os.pathsep.join([str(patch), *filter(None, [os.environ.get("PYTHONPATH")])])
        alone = os.environ | {"HOME": str(self.home), "PYTHONPATH": paths}
        self.process = subprocess.Popen(
            [*command, *flags], cwd=folder, env=alone, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.address = ""
        for line in self.process.stdout:
            if b"serving" in line:
                self.address = line.decode().split()[2]
                break
        self.port = urlsplit(self.address).port
        while socket.socket().connect_ex(("127.0.0.1", self.port)):
            time.sleep(0.02)

    def ask(self, method, path, body=None, headers=None):
        """Return status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIME)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def json(self, method, path, body=None, headers=None, status=200):
        found, _, data = self.ask(method, path, body, headers)
        assert found == status, data
        return json.loads(data)

    def wait_for_job(self):
        end = time.monotonic() + TIME
        while time.monotonic() < end:
            job = self.json("GET", "/api/job")
            if job["done"]:
                return job
            time.sleep(0.1)
        raise AssertionError(f"the work did not end: {job}")

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(TIME)
        assert not list(self.home.iterdir())


@pytest.fixture(scope="module")
def server(finished, tmp_path_factory):
    """A server of a copy of the finished folder, shared by tests that leave it as it is."""
    server = Server(shutil.copytree(finished, tmp_path_factory.mktemp("served") / "place", symlinks=True))
    yield server
    server.stop()


@pytest.fixture
def own_server(place):
    server = Server(place)
    yield server
    if server.process.poll() is None:
        server.stop()


def row_of(server, name):
    hits = server.json("GET", f"/api/search?words={name}&count=1")["hits"]
    return hits[0]["row"]


def kinds(found):
    return [hit["path"][0] for hit in found["hits"]]


def test_it_is_well_and_says_what_it_can_do(server):
    assert server.json("GET", "/healthz") == {"status": "ok", "photos": 24}
    described = server.json("GET", "/openapi.json")
    assert {"/api/search", "/api/groups", "/api/edits", "/photo/{row}", "/healthz"} <= described["paths"].keys()
    docs = server.ask("GET", "/docs")[2].decode()
    assert "POST /api/search" in docs
    assert "http" not in docs.replace("https", "").split("<body>")[1].replace("/openapi", "")


def test_photos_like_some_and_unlike_others(server):
    found = server.json("GET", f"/api/search?like={row_of(server, '1_7_2')}&count=5")
    assert kinds(found) == ["1"] * 5
    assert found["more"]
    assert [hit["score"] for hit in found["hits"]] == sorted((hit["score"] for hit in found["hits"]), reverse=True)
    both = ",".join(str(row_of(server, name)) for name in ("0_7_0", "1_7_0"))
    away = server.json("GET", f"/api/search?like={both}&unlike={row_of(server, '1_7_1')}&count=7")
    assert set(kinds(away)) == {"0"}


def test_every_page_is_there_once(server):
    row, seen, first = row_of(server, "1_7_2"), [], 0
    while True:
        page = server.json("GET", f"/api/search?like={row}&first={first}&count=7")
        seen += [number for hit in page["hits"] for number in [hit["row"], *hit["copies"]]]
        first += 7
        if not page["more"]:
            break
    assert sorted([row, *seen]) == list(range(24))


def test_an_upload_or_a_part_of_it(server):
    photo = server.folder / "raw_img/toys/1_7_2.png"
    found = server.json("POST", "/api/search?count=3", photo.read_bytes(), {"Content-Type": "image/png"})
    assert kinds(found) == ["1"] * 3
    assert "1_7_2.png" not in [hit["path"] for hit in found["hits"]]
    part = server.json("POST", "/api/search?count=3&crop=0,0,96,96", photo.read_bytes())
    assert part["hits"][0]["path"] == "1_7_2.png"


def test_why_two_photos_are_alike(server, draw, tmp_path):
    first, second = row_of(server, "1_7_0"), row_of(server, "1_7_1")
    found = server.json("GET", f"/api/compare?first={first}&second={second}")
    hits = server.json("GET", f"/api/search?like={first}&count=23")["hits"]
    assert found["score"] == pytest.approx(next(hit["score"] for hit in hits if hit["row"] == second), abs=2e-3)
    assert found["row"] == first
    assert found["parts"] is None  # handcrafted vectors are no mean of parts
    same = server.json("GET", f"/api/compare?first={first}&second={first}")["shared"]
    assert all(match[:2] == match[2:] for match in same)
    draw(tmp_path / "brought.png", 1, 77)
    brought = server.json("POST", f"/api/compare?second={second}", (tmp_path / "brought.png").read_bytes())
    assert brought["row"] is None
    assert brought["photo"].startswith("data:image/jpeg;base64,")
    assert 0.5 < brought["score"] < 1
    assert "error" in server.json("POST", f"/api/compare?second={second}", b"no photo", status=400)
    assert "error" in server.json("GET", f"/api/compare?first=0&second={10**6}", status=404)


@pytest.mark.parametrize("crop", ["--5,0,9,9", "1,2,3", "1,2,3,4,5", "1.5,0,9,9", "nan,0,9,9", "96,96,9,9", "0,0,0,9"])
def test_a_part_that_is_none(server, crop):
    photo = (server.folder / "raw_img/toys/1_7_2.png").read_bytes()
    assert "expected a crop" in server.json("POST", f"/api/search?crop={crop}", photo, status=400)["error"]


def test_answers_do_not_wait_for_an_acknowledgement(server):
    """Small answers on one connection: where each waits, it is for 40 ms."""
    connection, fastest = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIME), TIME
    for number in range(20):
        started = time.perf_counter()
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        if number:  # the first one also connects
            fastest = min(fastest, time.perf_counter() - started)
    connection.close()
    assert fastest < 0.03


def test_words_category_group_and_details(server):
    assert server.json("GET", "/api/search?words=zebra") == {"hits": [], "first": 0, "more": False}
    found = server.json("GET", "/api/search?words=red%20disc")
    assert [hit["path"] for hit in found["hits"]] == ["0_7_3.png", "0_7_4.png"]
    assert found["hits"][0]["product"]["name"] == "Red disc"
    assert server.json("GET", "/api/categories") == {"discs": 2}
    assert kinds(server.json("GET", "/api/search?category=discs")) == ["0", "0"]
    groups = server.json("GET", "/api/groups")
    assert sum(group["photos"] for group in groups) == 24
    row = found["hits"][0]["row"]
    photo = server.json("GET", f"/api/photos/{row}")
    assert photo["path"] == "0_7_3.png"
    inside = server.json("GET", f"/api/search?group={photo['group']}&count=100")
    assert len(inside["hits"]) == next(one["photos"] for one in groups if one["group"] == photo["group"])
    assert kinds(server.json("GET", f"/api/photos/{row}/neighbours?count=2")) == ["0", "0"]


def test_files_of_photos(server):
    row = row_of(server, "0_7_3")
    status, headers, data = server.ask("GET", f"/photo/{row}")
    assert (status, headers["content-type"]) == (200, "image/png")
    assert data == (server.folder / "raw_img/toys/0_7_3.png").read_bytes()
    status, headers, _ = server.ask("GET", f"/prepared/{row}")
    assert (status, headers["content-type"]) == (200, "image/jpeg")


def test_the_page_knows_its_server(server):
    status, headers, data = server.ask("GET", "/")
    assert status == 200
    assert headers["content-type"].startswith("text/html")
    assert b"connect-src 'self'" in data
    assert b'"server":{"rows":[' in data


def test_corrections_are_saved_at_once_and_regrouped(own_server):
    log = own_server.folder / "edits" / "toys.jsonl"
    rows = [
        {"op": "confirm", "photos": ["0" * 63 + str(number)], "time": f"2026-01-0{number}T00:00:00Z"}
        for number in (1, 2)
    ]
    assert own_server.json("POST", "/api/edits", json.dumps(rows))["added"] == 2
    assert own_server.json("POST", "/api/edits", json.dumps(rows[0]))["added"] == 0
    assert len(log.read_text().splitlines()) == 2
    told = own_server.json("GET", "/api/edits")
    assert [{name: row[name] for name in row if name != "digest"} for row in told["rows"]] == rows
    assert own_server.json("GET", f"/api/edits?after={told['end']}") == {"rows": [], "end": told["end"]}
    own_server.process.kill()  # what was answered is on disk
    own_server.process.wait()
    assert len(log.read_text().splitlines()) == 2


def test_regrouping_says_what_changed(own_server):
    import hashlib

    photos = own_server.folder / "raw_img" / "toys"
    moved = hashlib.sha256((photos / "0_7_0.png").read_bytes()).hexdigest()
    to = hashlib.sha256((photos / "1_7_0.png").read_bytes()).hexdigest()
    row = {"op": "move", "photos": [moved], "to": [to], "time": "2026-01-01T00:00:00Z"}
    name = {"op": "name", "photos": [to], "name": "<b>discs</b>", "time": "2026-01-01T00:00:01Z"}
    own_server.json("POST", "/api/edits", json.dumps([row, name]))
    assert own_server.json("POST", "/api/regroup", status=202)["name"] == "regroup"
    assert "expected no work" in own_server.json("POST", "/api/regroup", status=400)["error"]
    assert own_server.json("GET", "/healthz")["status"] == "ok"  # it goes on answering
    job = own_server.wait_for_job()
    assert job["error"] == ""
    assert job["changed"]["photos in another group"] == 1
    assert any("04_cluster" in line for line in job["lines"])
    told = [own_server.json("GET", f"/api/photos/{row_of(own_server, name)}") for name in ("0_7_0", "1_7_0")]
    assert told[0]["group"] == told[1]["group"]
    assert [(one["name"], one["named_by"]) for one in told] == [("<b>discs</b>", "person")] * 2
    listed = {one["group"]: one for one in own_server.json("GET", "/api/groups")}
    assert listed[told[0]["group"]]["named_by"] == "person"


def test_a_file_that_settings_name_may_be_gone_until_all_is_done_anew(place):
    (place / "products.csv").rename(place / "elsewhere.csv")
    server = Server(place)
    try:
        assert kinds(server.json("GET", f"/api/search?like={row_of(server, '1_7_0')}&count=3")) == ["1"] * 3
        server.json("POST", "/api/regroup", status=202)
        assert "products" in server.wait_for_job()["error"]
    finally:
        server.stop()


def test_photos_that_were_added_are_found_after_a_refresh(own_server, draw):
    draw(own_server.folder / "raw_img/toys/2_7_99.png", 2, 500)
    own_server.json("POST", "/refresh", status=202)
    job = own_server.wait_for_job()
    assert job["error"] == ""
    assert job["changed"]["photos added"] == 1
    assert own_server.json("GET", "/healthz")["photos"] == 25
    assert kinds(own_server.json("GET", f"/api/search?like={row_of(own_server, '2_7_99')}&count=3")) == ["2"] * 3


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/search?count=x", 422),
        ("/api/search?count=0", 422),
        ("/api/search?count=1000000", 422),
        ("/api/search?like=1;2", 422),
        ("/api/search?like=99999", 404),
        ("/api/search?unknown=1", 422),
        ("/api/search?features=base", 400),
        ("/api/search?group=nine", 400),
        ("/api/search?category=nine", 400),
        ("/api/photos/-1", 422),
        ("/api/photos/24", 404),
        ("/photo/../../../secret", 404),
        ("/photo/%2e%2e%2fsecret", 404),
        ("/photo/0%00", 422),
        ("/thumbnails/..%2f..%2fmanifest.json.webp", 404),
        ("/nothing", 404),
        ("/api/search?words=%00%ff%22%20AND%20*", 200),
        ("/api/search?words=" + "a" * 9_000, 200),
        ("/api/search?words=" + "a" * 20_000, 414),
    ],
)
def test_what_is_asked_wrongly_is_told_in_a_sentence(server, path, status):
    found, headers, data = server.ask("GET", path)
    assert found == status
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert status == 200 or json.loads(data).keys() == {"error"}


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {"Host": "evil.example"}, 421),
        ("GET", {"Host": "127.0.0.1.evil.example"}, 421),
        ("GET", {"Host": "localhost:1"}, 200),
        ("GET", {"Host": ""}, 421),
        ("POST", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("POST", {"Sec-Fetch-Site": "same-site"}, 403),
        ("POST", {"Origin": "http://evil.example"}, 403),
        ("POST", {"Origin": "null"}, 403),
        ("POST", {"Origin": "http://[bad"}, 403),
    ],
)
def test_other_sites_and_names_are_refused(server, method, headers, status):
    path = "/api/edits" if method == "POST" else "/healthz"
    found, answered, _ = server.ask(method, path, b"[]" if method == "POST" else None, headers)
    assert found == status
    assert "access-control-allow-origin" not in answered


def test_bodies_are_counted_as_they_come(server):
    assert server.ask("POST", "/api/edits", b"[" + b" " * 2 * 2**20 + b"]")[0] == 413
    assert server.ask("POST", "/api/search", b"\xff" * (21 * 2**20))[0] == 413

    def chunks():
        for _ in range(40):
            yield b" " * 2**20

    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it is cut off before all was sent
        assert server.ask("POST", "/api/search", chunks(), {"Transfer-Encoding": "chunked"})[0] == 413
    assert server.json("GET", "/healthz")["status"] == "ok"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no photo|none|0 bytes"),
        (b"GIF89a", "cut off|none"),
        (b"<svg xmlns='x'/>", "no known image format"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "cut off|damaged"),
        (b"%PDF-1.4", "no known image format"),
    ],
)
def test_uploads_that_are_no_photos(server, data, words):
    import re

    error = server.json("POST", "/api/search", data, status=400)["error"]
    assert re.search(words, error)


def test_a_bomb_is_refused_by_its_header(server, tmp_path):
    from PIL import Image

    Image.new("1", (12_000, 9_000)).save(tmp_path / "bomb.png")
    error = server.json("POST", "/api/search", (tmp_path / "bomb.png").read_bytes(), status=400)["error"]
    assert "expected at most 50,000,000 pixels, found 12000 x 9000" in error


def test_links_out_of_the_photos_folder_are_not_followed(own_server):
    row = row_of(own_server, "0_7_3")
    photo = own_server.folder / "raw_img/toys/0_7_3.png"
    (own_server.folder / "secret.png").write_bytes(b"secret")
    photo.unlink()
    photo.symlink_to(own_server.folder / "secret.png")
    status, _, data = own_server.ask("GET", f"/photo/{row}")
    assert status == 404
    assert b"secret" not in data


def test_another_address_needs_a_token(place):
    server = Server(place, "--search.host", "0.0.0.0", "--search.token", "open sesame")
    try:
        assert "token=open" in server.address
        assert server.ask("GET", "/healthz")[0] == 401
        assert server.ask("GET", "/healthz", headers={"Authorization": "Bearer wrong"})[0] == 401
        assert server.ask("GET", "/healthz", headers={"Authorization": "Bearer open sesame"})[0] == 200
        status, headers, _ = server.ask("GET", "/?token=open%20sesame")
        assert status == 303
        assert "HttpOnly" in headers["set-cookie"]
        assert server.ask("GET", "/healthz", headers={"Cookie": headers["set-cookie"].split(";")[0]})[0] == 200
    finally:
        server.stop()


def test_a_port_that_is_taken_is_one_line(server):
    command = [sys.executable, str(ROOT / "07_search.py"), "--dataset", "toys", "--serve"]
    taken = [*command, "--search.port", str(server.port)]
    done = subprocess.run(taken, cwd=server.folder, capture_output=True, timeout=TIME, env=os.environ)
    assert done.returncode == 1
    line = done.stderr.decode().splitlines()
    assert len(line) == 1
    assert f"expected 127.0.0.1 port {server.port} free" in line[0]


def test_photos_in_tars_are_searched_and_shown(place, call):
    photos = place / "raw_img" / "toys"
    files = {f"discs/{file.name}": file.read_bytes() for file in sorted(photos.iterdir())}
    large = Path(place / "large.bmp")
    cv2.imwrite(str(large), np.full((700, 700, 3), 90, np.uint8))  # of more than a megabyte
    for file in photos.iterdir():
        file.unlink()
    write_tar(photos / "a.tar", [*files.items(), ("large.bmp", large.read_bytes())])
    done = call(place, "run_all", *ALL_FLAGS, "--search.enabled", "true", "--preprocess.format", "tar")
    assert done.returncode == 0, done.stderr
    found = call(place, "07_search", "--query", "raw_img/toys/a.tar/discs/0_7_3.png", "--json").stdout
    assert json.loads(found)[0]["file"].startswith("raw_img/toys/a.tar/discs/0_7_")
    part = call(place, "07_search", "--query", "a.tar/discs/0_7_3.png", "--crop", "9,9,80,80", "--json")
    assert part.returncode == 0, part.stderr
    served = Server(place)
    try:
        row = row_of(served, "0_7_3")
        assert served.ask("GET", f"/photo/{row}")[2] == files["discs/0_7_3.png"]
        assert served.ask("GET", f"/photo/{row_of(served, 'large')}")[2] == large.read_bytes()
        status, headers, data = served.ask("GET", f"/prepared/{row}")
        assert (status, headers["content-type"], data[:2]) == (200, "image/jpeg", b"\xff\xd8")
        assert served.json("GET", f"/api/compare?first={row}&second={row}")["score"] > 0.99
        (place / "img" / "toys" / "photos-000000.tar").unlink()
        assert served.ask("GET", f"/prepared/{row}")[0] == 404
    finally:
        served.stop()
