"""Freed memory stays with the process: seen in the page faults of blocks that are taken, filled and freed again."""

import os
import platform
import subprocess
import sys

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
