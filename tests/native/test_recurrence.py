"""The kernels of recurrent loops, against the same loops in JAX."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers
from hornbeam._core.state import Scope, here, holding
from hornbeam.layers import _recurrence
from hornbeam.layers._recurrence import GRU, LSTM, SIMPLE
from hornbeam.native import is_native
from hornbeam.training import _byrow

pytestmark = pytest.mark.skipif(not is_native(), reason="no kernels: no compiler, or not on one CPU")
FORMS = {"LSTM": (LSTM, 4, 2), "GRU": (GRU, 3, 1), "SimpleRNN": (SIMPLE, 1, 1)}
SIZES = [(1, 1, 1), (3, 2, 5), (4, 33, 37), (40, 7, 16)]  # steps, batch, units


@pytest.fixture(autouse=True)
def always(monkeypatch):
    """Let the kernels do all loops, however short."""
    monkeypatch.setattr(_recurrence, "LEAST_PRODUCTS", 0)
    jax.clear_caches()
    yield
    jax.clear_caches()


def given(kind, steps, batch, units, *, rich=True):
    """Return z, kernel, bias, states, counts; without bias and counts unless `rich`."""
    (_, blocks, states), rng = FORMS[kind], np.random.default_rng(0)

    def draw(*shape):
        return jnp.asarray(rng.normal(size=shape), "float32")

    z, kernel = draw(steps, batch, blocks * units), draw(units, blocks * units) / units**0.5
    first = tuple(draw(batch, units) for _ in range(states))
    bias, counts = (draw(blocks * units), jnp.asarray(rng.random((steps, batch, 1)) > 0.3)) if rich else (None, None)
    return z, kernel, bias, first, counts


def loss(arrays, kind, counts, reverse=False, emit=True, run=_recurrence._loop):
    outputs, states = run(FORMS[kind][0], *arrays, counts, reverse, emit)
    total = sum((x * jnp.cos(jnp.arange(x.size)).reshape(x.shape)).sum() for x in states)
    return (
        total if outputs is None else total + (outputs * jnp.sin(jnp.arange(outputs.size).reshape(outputs.shape))).sum()
    )


def plainly(monkeypatch, run):
    """Return what `run` gives without kernels."""
    with monkeypatch.context() as patch:
        patch.setattr(_recurrence, "LEAST_PRODUCTS", 2**60)
        jax.clear_caches()
        result = run()
    jax.clear_caches()
    return result


def same(found, expected, tolerance=1e-4):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance), found, expected)


@pytest.mark.parametrize("rich", [False, True], ids=["bare", "bias and mask"])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", FORMS)
def test_values_and_gradients(kind, size, rich, monkeypatch):
    *arrays, counts = given(kind, *size, rich=rich)

    def run():
        return jax.jit(jax.value_and_grad(functools.partial(loss, kind=kind, counts=counts, reverse=rich, emit=rich)))(
            arrays
        )

    same(run(), plainly(monkeypatch, run))


def test_outputs_where_nothing_is_kept(monkeypatch):
    z, kernel, bias, states, counts = given("LSTM", 5, 3, 18)
    run = functools.partial(jax.jit(_recurrence._loop, static_argnums=(0, 6, 7)), LSTM, z, kernel, bias, states, counts)
    same([run(False, True), run(True, False)], plainly(monkeypatch, lambda: [run(False, True), run(True, False)]), 1e-5)


def test_the_kernels_are_used():
    z, kernel, bias, states, counts = given("GRU", 2, 3, 4)
    program = jax.jit(jax.grad(functools.partial(loss, kind="GRU", counts=counts))).lower([z, kernel, bias, states])
    assert "hornbeam_recurrence_back" in program.as_text()


def test_the_hyperbolic_tangent():
    z = jnp.asarray(np.concatenate([np.linspace(-12, 12, 9001), [0, 1e-30, 60, 3e38, np.inf, -np.inf]]), "float32")
    nothing, how = jnp.zeros((1, 1)), {"form": SIMPLE, "reverse": False, "emit": True, "keep": False}
    (outputs, _), _ = _recurrence.STEPS(z.reshape(-1, 1, 1), nothing, None, (nothing,), None, **how)
    found = np.ravel(outputs)
    assert np.abs(found - np.tanh(np.asarray(z, "float64"))).max() < 4e-7
    assert (np.abs(found) <= 1).all()
    assert (found[-2:] == [1, -1]).all()


@pytest.mark.parametrize("kind", FORMS)
def test_what_is_no_number_stays_in_its_sample(kind):
    z, kernel, bias, states, _ = given(kind, 4, 9, 17)
    clean, other = z, z.at[1, 4, 3].set(jnp.nan)

    def run(z):
        value = functools.partial(loss, kind=kind, counts=None)
        outputs, last = _recurrence._loop(FORMS[kind][0], z, kernel, bias, states, None, False, True)
        return outputs, *last, jnp.swapaxes(jax.grad(value)([z, kernel, bias, states])[0], 0, 1)

    results = ([np.asarray(x) for x in run(z)] for z in (clean, other))
    for i, (a, b) in enumerate(zip(*results, strict=True)):
        axis = 1 if i == 0 else 0
        assert np.isnan(np.take(b, 4, axis)).any()
        np.testing.assert_array_equal(np.delete(a, 4, axis), np.delete(b, 4, axis))


def test_steps_that_do_not_count_may_hold_anything():
    z, kernel, bias, states, _ = given("GRU", 3, 2, 5)
    counts = jnp.ones((3, 2, 1), bool).at[2, 1].set(False)
    value = jax.value_and_grad(functools.partial(loss, kind="GRU", counts=counts))
    expected = value([z, kernel, bias, states])
    found = value([z.at[2, 1].set(jnp.nan), kernel, bias, states])
    jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_under_vmap(monkeypatch):
    *arrays, counts = given("GRU", 3, 2, 5)
    many = jax.tree.map(lambda x: jnp.stack([x, x * 0.5]), arrays)
    run = jax.jit(jax.vmap(jax.grad(functools.partial(loss, kind="GRU", counts=counts))))
    same(run(many), plainly(monkeypatch, lambda: run(many)))


def test_second_order(monkeypatch):
    *arrays, counts = given("GRU", 2, 2, 3)
    gradient = jax.grad(functools.partial(loss, kind="GRU", counts=counts))

    @jax.jit
    def run(arrays):
        tangents = jax.tree.map(jnp.sin, arrays)
        return jax.jvp(gradient, (arrays,), (tangents,))[1], jax.grad(lambda a: (gradient(a)[0] ** 2).sum())(arrays)

    same(run(arrays), plainly(monkeypatch, lambda: run(arrays)), 1e-3)


def test_an_exported_program_has_no_kernel():
    *arrays, counts = given("LSTM", 3, 2, 5)
    value = jax.jit(functools.partial(loss, kind="LSTM", counts=counts))
    exported = jax.export.export(value)(arrays)
    assert "@hornbeam" not in exported.mlir_module()
    same(exported.call(arrays), value(arrays))


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU, layers.SimpleRNN])
def test_rows_stay_apart(kind):
    layer = layers.Bidirectional(kind(3, return_sequences=True))
    layer.build((None, 6, 4))

    def run(x):
        with holding(Scope(open_ended=True)), here(training=True, losses=[]):
            return layer(x)

    assert "hornbeam_recurrence" in str(jax.make_jaxpr(run)(jnp.ones((2, 6, 4))))
    assert _byrow.is_by_row(run, jax.ShapeDtypeStruct((2, 6, 4), "float32"))
    assert not _byrow.is_by_row(
        lambda x: run(x.swapaxes(0, 1)).swapaxes(0, 1), jax.ShapeDtypeStruct((2, 6, 4), "float32")
    )


def test_models_train_alike(monkeypatch):
    rng = np.random.default_rng(0)
    words, targets = rng.integers(0, 5, (40, 6)), rng.normal(size=(40, 1))

    def run():
        keras.utils.set_random_seed(2)
        parts = [
            layers.Embedding(5, 4, mask_zero=True),
            layers.Bidirectional(layers.GRU(3, return_sequences=True)),
            layers.LSTM(4, return_sequences=True, dropout=0.3),
            layers.SimpleRNN(2, go_backwards=True),
        ]
        model = keras.Sequential([keras.Input((6,), dtype="int32"), *parts, layers.Dense(1)])
        model.compile("sgd", "mse")
        fitted = model.fit(words, targets, batch_size=16, epochs=2, shuffle=False, verbose=0).history["loss"]
        return fitted, model.predict(words, verbose=0), model.get_weights()

    same(run(), plainly(monkeypatch, run))
