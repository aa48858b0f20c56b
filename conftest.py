"""What every test and doctest starts from: a home of its own, fixed seeds, default settings, names counted anew."""

import functools
import gc
import itertools
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

# Most programs here are one operation, and a quarter of what compiling one costs is the MLIR context that JAX makes for
# it: in the tests, a hundred share one (a context keeps all that it has seen). Nor does anybody read which line an
# operation came from, or run a program again from the disk; the processes that tests start do.
if jax.__version__.startswith("0.10."):
    from jax._src.interpreters import mlir

    _count, _make_context = itertools.count(), mlir.make_ir_context
    _context = functools.lru_cache(maxsize=1)(lambda _hundred: _make_context())
    mlir.make_ir_context = lambda: _context(next(_count) // 100)
jax.config.update("jax_traceback_in_locations_limit", 0)
jax.config.update("jax_enable_compilation_cache", False)

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)  # the same examples, slow or not
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(scope="session", autouse=True)
def _imported_once():
    """Spare the garbage collector what is imported by now: Keras calls it for each attribute that it deletes."""
    gc.freeze()


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
