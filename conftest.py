"""What every test and doctest starts from: a home of its own, fixed seeds, default settings, names counted anew."""

import os
import random
import tempfile

import hypothesis
import jax
import numpy as np
import pytest

_HOME = tempfile.TemporaryDirectory(prefix="hornbeam-tests-")
os.environ["KERAS_HOME"] = _HOME.name  # set before the imports below: the user's keras.json must not be read, ...
os.environ["XDG_CACHE_HOME"] = _HOME.name  # ... and the user's cache must be neither read nor filled.
os.environ.setdefault("JAX_PLATFORMS", "cpu")

from hornbeam._core import config, names, registry  # noqa: E402  # after the environment

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)  # the same examples, slow or not
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def _fresh_start():
    """Give each test the same start, so that no order of tests matters."""
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002  # the generator that users' programs seed
    names.reset_names()
    wide = config.is_wide_allowed()
    settings, custom_objects = dict(vars(config._SETTINGS)), dict(registry.get_custom_objects())
    yield
    jax.config.update("jax_enable_x64", wide)  # asking for float64 switches it on
    vars(config._SETTINGS).update(settings)
    registry.get_custom_objects().clear()
    registry.get_custom_objects().update(custom_objects)
