import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hornbeam.saving._atomic import SUFFIX, replacing

ROOT = Path(__file__).parents[2]


def write(path, data=b"new"):
    with replacing(path) as file:
        file.write(data)


@pytest.mark.parametrize("name", ["model.keras", "ü" * 100, "a" * 255, ".hidden"])
def test_replaces_the_file_and_leaves_nothing_else(tmp_path, name):
    for data in (b"old", b"new"):
        write(tmp_path / name, data)
        assert (tmp_path / name).read_bytes() == data
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
def test_an_exception_leaves_the_old_file(tmp_path, error):
    path = tmp_path / "a.txt"
    write(path, b"old")

    def fail():
        with replacing(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_are_kept_and_new_files_follow_the_umask(tmp_path):
    path = tmp_path / "a.txt"
    path.touch()
    usual = path.stat().st_mode
    path.unlink()
    write(path)
    assert path.stat().st_mode == usual
    path.chmod(0o640)
    write(path)
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "runs").mkdir()
    link, target = tmp_path / "latest.keras", tmp_path / "runs" / "7.keras"
    link.symlink_to(target)
    write(link)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("absent/a.keras", FileNotFoundError, "no folder .*absent"),
        ("file/a.keras", FileNotFoundError, "no folder .*file"),
        (".", IsADirectoryError, "is a folder"),
        ("pipe", OSError, "device or a pipe"),
        ("b" * 300, OSError, "too long.*bbb"),
    ],
)
def test_unwritable_paths_are_refused_before_anything_is_computed(tmp_path, path, error, message):
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.iterdir())

    def attempt():
        with replacing(tmp_path / path):
            pytest.fail("the block must not be entered")

    with pytest.raises(error, match=message):
        attempt()
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(("protected", "message"), [("a.txt", "the file is"), (".", "its folder is")])
def test_what_is_protected_is_refused(tmp_path, monkeypatch, protected, message):
    path = tmp_path / "a.txt"
    path.touch()
    there = tmp_path.resolve() / protected
    monkeypatch.setattr(os, "access", lambda place, _: place != there)  # a superuser may write everything
    with pytest.raises(PermissionError, match=rf"a\.txt': {message} write-protected"):
        write(path)


def test_leftovers_of_the_dead_go_and_files_of_the_living_stay(tmp_path):
    path = tmp_path / "a.keras"
    dead, other, user = (
        tmp_path / f".a.keras.1234{SUFFIX}",
        tmp_path / f".b.keras.1234{SUFFIX}",
        tmp_path / "a.keras.bak",
    )
    for file in (dead, other, user):
        file.touch()
    with replacing(path) as outer:
        outer.write(b"outer")
        write(path, b"inner")
        assert path.read_bytes() == b"inner"
    assert path.read_bytes() == b"outer"
    assert sorted(tmp_path.iterdir()) == sorted([path, other, user])


FULL_DISK = """
import resource, signal, sys
from hornbeam.saving._atomic import replacing
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    with replacing(sys.argv[1]) as file:
        file.write(bytes(5000))
except OSError as error:
    print(error, *error.__notes__)
"""


def test_a_full_disk_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "a.keras"
    write(path, b"old")
    command = [sys.executable, "-c", FULL_DISK, path]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603  # this very Python
    assert f"{str(path)!r} A file that was there is as it was. Free some space" in said
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def _write_often(path, letter):
    for _ in range(50):
        write(path, letter * 10_000)


def test_two_writers_leave_a_whole_file(tmp_path):
    path = tmp_path / "a.bin"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_often, args=(path, letter)) for letter in (b"a", b"b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert path.read_bytes() in (b"a" * 10_000, b"b" * 10_000)
    assert list(tmp_path.iterdir()) == [path]
