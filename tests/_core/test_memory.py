"""Freed memory stays with the process: seen in the page faults of blocks that are taken, filled and freed again."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import resource
from hornbeam._core.memory import keep_freed_memory
told = keep_freed_memory()
def faults(size):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = bytearray(size)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
first, *others = [faults(100 << 20) for _ in range(3)]
print(told, first > 1000, max(others) < 100)
"""
HOLES = """
from pathlib import Path
from hornbeam._core.memory import give_back, keep_freed_memory
keep_freed_memory()
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
blocks = [bytearray(1 << 20) for _ in range(100)]
del blocks[::2]
before = resident()
give_back()
print(before - resident() > 40 << 20, len(blocks))
"""
TRAINING = """
from pathlib import Path
import numpy as np
import hornbeam as keras
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
layers = keras.layers
parts = [layers.LSTM(32, return_sequences=True), layers.LSTM(32, return_sequences=True), layers.GRU(32)]
model = keras.Sequential([keras.Input((64, 64)), *parts, layers.Dense(512)])
model.compile("adam", "mse")
x, y = np.zeros((8, 64, 64), "float32"), np.zeros((8, 512), "float32")
model.fit(x, y, batch_size=8, verbose=0)
compiled = resident()
model.fit(x, y, batch_size=8, verbose=0)
print(compiled - resident() > 10 << 20)
"""
pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have their own settings")


@pytest.mark.parametrize(
    ("variables", "shown"),
    [
        ({}, "True True True"),
        ({"HORNBEAM_KEEP_MEMORY": "0"}, "False True False"),
        ({"MALLOC_TRIM_THRESHOLD_": "131072"}, "False True False"),
        ({"GLIBC_TUNABLES": "glibc.malloc.tcache_count=7"}, "False True False"),
    ],
)
def test_memory_is_kept_unless_somebody_says_otherwise(variables, shown):
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    said = subprocess.check_output([sys.executable, "-c", PROGRAM], env=plain | variables, text=True)  # noqa: S603  # this very Python
    assert said.strip() == shown


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not tell what a process has")
@pytest.mark.parametrize(("program", "shown"), [(HOLES, "True 50"), (TRAINING, "True")], ids=["holes", "training"])
def test_holes_go_back_to_the_system(program, shown, tmp_path):
    others = ("MALLOC_", "GLIBC_", "XLA_FLAGS")  # what compiles in haste leaves no holes
    plain = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    fresh = plain | {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}  # so that programs are compiled
    said = subprocess.check_output([sys.executable, "-c", program], env=fresh, text=True)  # noqa: S603  # this very Python
    assert said.strip() == shown
