"""A training that is killed at random moments ends as one that nobody disturbed; HORNBEAM_KILLS says how often."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from hornbeam.training._resume import EXIT
from tests.faults import program

KILLS = int(os.environ.get("HORNBEAM_KILLS", "2"))  # of each kind
LONGEST = 0.6  # seconds of training before it is killed


def started(folder, out, kind):
    """Start the program, and return its process when training begins."""
    command = [sys.executable, "-m", "tests.faults.program", str(folder), str(out), kind]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program
    assert process.stdout.readline() == "begun\n"
    return process


def ended(process, number):
    """Send a signal, if the process still runs, and return its exit code."""
    process.send_signal(number)
    code = process.wait(timeout=60)
    process.stdout.close()
    return code


@pytest.mark.parametrize("kind", ["arrays", "stream", "callback"])
def test_killed_at_random_moments(kind, tmp_path):
    expected = program.result(*program.train(None, kind))
    moments, kills = random.Random(kind), 0  # noqa: S311 - repeatable on purpose
    folder, out = tmp_path / "checkpoints", tmp_path / "result.json"
    while kills < KILLS or not out.exists():
        process = started(folder, out, kind)
        if kills < KILLS:
            time.sleep(moments.uniform(0, LONGEST))
            kills += ended(process, signal.SIGKILL) == -signal.SIGKILL
        else:
            process.wait(timeout=60)
            process.stdout.close()
        if out.exists():
            same(out.read_text(), expected, kind)
            if kills < KILLS:
                out.unlink()
                shutil.rmtree(folder, ignore_errors=True)


def same(found, expected, kind):
    """Compare two results; with Keras's callback, the history has only the epochs of the last start."""
    found, expected = program.json.loads(found), program.json.loads(expected)
    assert found["digest"] == expected["digest"]
    for name, values in expected["history"].items():
        had = found["history"][name]
        assert had == (values[len(values) - len(had) :] if kind == "callback" else values)


def test_a_polite_end(tmp_path):
    expected = program.result(*program.train(None, "arrays"))
    folder, out = tmp_path / "checkpoints", tmp_path / "result.json"
    process = started(folder, out, "arrays")
    time.sleep(0.1)
    assert ended(process, signal.SIGTERM) == EXIT
    assert [p.name for p in folder.iterdir() if p.name == "checkpoint.zip"]
    started(folder, out, "arrays").communicate(timeout=60)
    same(out.read_text(), expected, "arrays")
