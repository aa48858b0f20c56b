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
# Nearly every program here runs once, so XLA compiles in haste. The first level of optimization stays: without it
# rounding changes, and draws no longer equal JAX's to the last bit. `make test XLA_FLAGS=` compiles as for users, and
# tests/training/test_in_haste.py always does. A flag that another version does not know would end the process.
if jax.__version__.startswith("0.10."):
    os.environ.setdefault(
        "XLA_FLAGS",
        "--xla_backend_optimization_level=1 --xla_llvm_disable_expensive_passes=true"
        " --xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1",
    )

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
