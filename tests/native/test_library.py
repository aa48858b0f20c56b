"""How the kernels are compiled, kept and switched off."""

import os
import subprocess
import sys

import pytest

from hornbeam.native import _library, is_native

PROGRAM = """
import warnings
import jax.numpy as jnp
from hornbeam import ops
from hornbeam.native import is_native
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print(is_native(), float(ops.conv(jnp.ones((4, 32, 32, 16)), jnp.ones((3, 3, 16, 16))).sum()))
print(*(str(w.message).splitlines()[0] for w in caught))
"""
TOTAL = 4 * 30 * 30 * 16 * 144.0


def run(**settings):
    environment = {name: value for name, value in os.environ.items() if name != "HORNBEAM_NATIVE"} | settings
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return done.stdout.split(maxsplit=2)


@pytest.mark.skipif(not is_native(), reason="there is no C++ compiler")
def test_a_library_is_compiled_once_and_used(tmp_path):
    first = run(HORNBEAM_CACHE_DIR=str(tmp_path))
    (made,) = (tmp_path / "native").iterdir()
    before = made.stat()
    second = run(HORNBEAM_CACHE_DIR=str(tmp_path))
    assert first == second == ["True", str(TOTAL)]
    assert made.stat() == before
    assert (tmp_path / "native").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "settings",
    [{"HORNBEAM_NATIVE": "0"}, {"HORNBEAM_CACHE_DIR": ""}, {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}],
    ids=["switched off", "nothing is kept", "several devices"],
)
def test_without_kernels_xla_does_it_all(settings):
    assert run(**settings) == ["False", str(TOTAL)]


def test_a_compiler_that_fails_is_told_of_and_done_without(tmp_path):
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\ncase $1 in --version) echo 1;; *) echo no such header >&2; exit 1;; esac\n")
    compiler.chmod(0o755)
    works, total, told = run(HORNBEAM_CACHE_DIR=str(tmp_path / "cache"), CXX=str(compiler))
    assert (works, total) == ("False", str(TOTAL))
    assert "could not be compiled" in told
    assert "no such header" in told


def test_a_folder_that_others_can_write_to_is_refused(tmp_path):
    tmp_path.chmod(0o777)
    with pytest.raises(PermissionError, match="can be written by others"):
        _library._make_private(tmp_path)
