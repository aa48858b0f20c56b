"""A process that is killed while it saves: the file on the disk is the old one or the new one, never half of one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# One process makes the model; children, which cost nothing to start, save it over and over until they are killed.
PROGRAM = """
import json, os, random, signal, sys, time
import numpy as np
import hornbeam as keras
from hornbeam.saving import _atomic

path, rounds = sys.argv[1], int(sys.argv[2])
model = keras.Sequential([keras.Input((300,)), keras.layers.Dense(300), keras.layers.Dense(300)])
twin = keras.models.clone_model(model)
save = model.save if path.endswith(".keras") else model.save_weights
random.seed(7)
generation = 0

def fill():
    for weight in model.weights:
        weight.assign(np.full(weight.shape, generation, "float32"))

def leftovers():
    return [name for name in os.listdir(os.path.dirname(path)) if name.endswith(_atomic.SUFFIX)]

fill()
began = time.perf_counter()
save(path)
longest = 3 * (time.perf_counter() - began)  # as fast as this machine is
seen, left = [], 0
while len(seen) < rounds or len(set(seen)) < 3:
    child = os.fork()
    if child == 0:
        for generation in range(generation + 1, 10**6):
            fill()
            save(path)
    time.sleep(random.uniform(0, longest))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    left = max(left, len(leftovers()))
    report = twin.load_weights(path)
    values = {float(v) for w in twin.get_weights() for v in (w.min(), w.max())}
    assert len(values) == 1 and not report.skipped, values
    found = int(values.pop())
    longest *= 1 + (found == generation) / 10  # nothing was saved: the machine is slower now
    generation = found
    seen.append(generation)
save(path)
print(json.dumps({"seen": seen, "left": left, "after": leftovers()}))
"""


@pytest.mark.parametrize("name", ["a.keras", "a.weights.h5"])
def test_killed_at_random_moments(tmp_path, name):
    done = subprocess.run(  # noqa: S603  # this very Python
        [sys.executable, "-c", PROGRAM, str(tmp_path / name), "30"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["seen"] == sorted(result["seen"]), "a file went back to an older one"
    assert result["left"] <= 1
    assert result["after"] == []
