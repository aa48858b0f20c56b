import hashlib
import http.server
import tarfile
import threading
import urllib.error
import zipfile

import pytest

from hornbeam.utils import get_file


@pytest.fixture
def origin(tmp_path):
    """Return the URL of a folder with a text and archives."""
    folder = tmp_path / "origin"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"hello\n")
    with tarfile.open(folder / "d.tar.gz", "w:gz") as archive:
        archive.add(folder / "a.txt", "d/a.txt")
    with zipfile.ZipFile(folder / "z.zip", "w") as archive:
        archive.writestr("d/a.txt", "hello\n")
    return folder.as_uri()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_downloads_once(origin, cache):
    path = get_file(origin=f"{origin}/a.txt", cache_dir=cache)
    assert path == str(cache / "datasets" / "a.txt")
    (cache / "datasets" / "a.txt").write_bytes(b"kept")
    assert get_file("a.txt", f"{origin}/a.txt", cache_dir=cache) == path
    assert (cache / "datasets" / "a.txt").read_bytes() == b"kept"
    get_file("a.txt", f"{origin}/a.txt", cache_dir=cache, force_download=True)
    assert (cache / "datasets" / "a.txt").read_bytes() == b"hello\n"


def test_the_cache_folder_follows_the_settings(origin, monkeypatch, cache):
    monkeypatch.setenv("KERAS_HOME", str(cache))
    assert get_file("b.txt", f"{origin}/a.txt", cache_subdir="models/x") == str(cache / "models" / "x" / "b.txt")


@pytest.mark.parametrize(
    "option",
    [
        {"md5_hash": hashlib.md5(b"hello\n", usedforsecurity=False).hexdigest()},
        {"file_hash": hashlib.sha256(b"hello\n").hexdigest()},
    ],
)
def test_a_right_hash_mends_a_damaged_file(origin, cache, option):
    path = cache / "datasets" / "a.txt"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"damaged")
    get_file("a.txt", f"{origin}/a.txt", cache_dir=cache, **option)
    assert path.read_bytes() == b"hello\n"


def test_a_wrong_hash_leaves_nothing(origin, cache):
    for _ in range(2):
        with pytest.raises(ValueError, match=r"a\.txt: sha256 hash 00 is expected; got 5891b5b5"):
            get_file("a.txt", f"{origin}/a.txt", cache_dir=cache, file_hash="00")
        assert files_in(cache) == []


class _Broken(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"only so much")

    def log_message(self, *_):
        pass


def test_an_interrupted_download_leaves_nothing(cache):
    server = http.server.HTTPServer(("127.0.0.1", 0), _Broken)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with pytest.raises(OSError, match="ended after 12 of 100 bytes"):
            get_file("a.bin", f"http://127.0.0.1:{server.server_port}/a.bin", cache_dir=cache)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert files_in(cache) == []


def test_an_absent_file(origin, cache):
    with pytest.raises(urllib.error.URLError, match="No such file"):
        get_file("x", f"{origin}/absent", cache_dir=cache)
    assert files_in(cache) == []


@pytest.mark.parametrize(
    ("name", "options"), [("d.tar.gz", {"untar": True}), ("d.tar.gz", {"extract": True}), ("z.zip", {"extract": True})]
)
def test_archives(origin, cache, name, options):
    for _ in range(2):
        path = get_file("folder", f"{origin}/{name}", cache_dir=cache, **options)
        assert path == str(cache / "datasets" / "folder")
        assert files_in(cache) == ["datasets/folder/d/a.txt", "datasets/folder_archive"]


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_an_archive_cannot_reach_out_of_its_folder(tmp_path, cache, kind):
    evil = tmp_path / f"evil.{kind}"
    (tmp_path / "a.txt").touch()
    if kind == "tar":
        with tarfile.open(evil, "w") as archive:
            archive.add(tmp_path / "a.txt", "../../escaped.txt")
        with pytest.raises(tarfile.OutsideDestinationError):
            get_file("folder", evil.as_uri(), cache_dir=cache, extract=True)
    else:
        with zipfile.ZipFile(evil, "w") as archive:
            archive.writestr("../../escaped.txt", "x")
        get_file("folder", evil.as_uri(), cache_dir=cache, extract=True)
    assert not list(tmp_path.rglob("*escaped.txt")) or files_in(cache / "datasets" / "folder") == ["escaped.txt"]


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("a.txt",), {}, "needs origin"),
        (("../a.txt", "file:///a"), {}, "name without a folder"),
        ((None, "file:///"), {}, "name without a folder"),
        (("a", "javascript:x"), {}, "URL of http"),
        (("a", "file:///a"), {"file_hash": "0", "hash_algorithm": "crc"}, "'crc'"),
    ],
)
def test_what_is_refused(arguments, options, message, cache):
    with pytest.raises(ValueError, match=message):
        get_file(*arguments, cache_dir=cache, **options)


def test_no_archive(origin, cache):
    with pytest.raises(ValueError, match="is no archive of the formats tar, zip"):
        get_file("x", f"{origin}/a.txt", cache_dir=cache, extract=True)
