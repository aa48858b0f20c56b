"""The package's face: Keras 3's names, each imported at its first use."""

import re
import subprocess
import sys

import pytest

import hornbeam

LIGHT = "import sys, hornbeam; print(sorted(m for m in ('jax', 'numpy', 'h5py', 'rich') if m in sys.modules))"


@pytest.mark.parametrize("name", hornbeam.__all__)
def test_every_public_name_is_there(name):
    assert getattr(hornbeam, name) is not None
    assert name in dir(hornbeam)


def test_unknown_name():
    with pytest.raises(AttributeError, match="module 'hornbeam' has no attribute 'Sequental'"):
        hornbeam.Sequental  # noqa: B018  # asking is the point


def test_importing_is_light():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "[]\n"


def test_version():
    assert hornbeam.version() == hornbeam.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", hornbeam.__version__)
