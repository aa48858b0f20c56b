"""The kernels of large products against XLA's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam import layers, ops
from hornbeam.native import is_native, product
from hornbeam.native._matrix import RELU

pytestmark = pytest.mark.skipif(not is_native(), reason="there is no C++ compiler")


def draw(*shape, seed=0):
    return jnp.asarray(np.random.default_rng((seed, *shape)).standard_normal(shape), "float32")


def check(ours, theirs):
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5 * max(1.0, float(jnp.max(jnp.abs(b)))))


@pytest.mark.parametrize(
    ("rows", "depth", "columns"),
    [(5, 7, 9), (130, 300, 33), (700, 513, 17), (900, 30, 48), (33, 2, 1)],
    ids=str,
)
def test_every_derivative(rows, depth, columns):
    given = (draw(rows, depth), draw(depth, columns) / depth**0.5, draw(columns))
    changes = tuple(x / 3 for x in given)

    def of(multiply, relu):
        def fn(x, matrix, bias):
            return jnp.sum(jnp.sin(relu(x, matrix, bias))) + jnp.sum(multiply(x, matrix) ** 2)

        slopes = jax.grad(fn, (0, 1, 2))
        several = jnp.stack([given[1], given[1] + 1])
        mapped = jax.vmap(lambda matrix: (multiply(given[0], matrix), relu(given[0], matrix, given[2])))(several)
        return fn(*given), slopes(*given), jax.jvp(slopes, given, changes), mapped

    def relu(x, matrix, bias):
        return jax.nn.relu(x @ matrix + bias)

    check(jax.jit(lambda: of(product, RELU.bind))(), jax.jit(lambda: of(jnp.matmul, relu))())


def test_a_layer_uses_them_and_is_as_without(monkeypatch):
    x, layer, plain = draw(4, 128, 96), layers.Dense(160, activation="relu"), layers.Dense(160)
    layer(x)
    plain(x)
    for made, name in ((layer, "product_relu"), (plain, "product")):
        program = str(jax.make_jaxpr(jax.grad(lambda kernel, made=made: slope(made, kernel, x)))(made.kernel.value))
        assert all(f"hornbeam_{part}" in program for part in (name, "turned_product"))

    def run():
        return [
            jax.grad(lambda kernel, made=made: slope(made, kernel, x))(made.kernel.value) for made in (layer, plain)
        ]

    ours = run()
    monkeypatch.setattr("hornbeam.native._library._registered", lambda: None)
    check(ours, run())


def slope(layer, kernel, x):
    outputs, _ = layer.stateless_call([kernel, layer.bias.value], [], x)
    return ops.sum(ops.sin(outputs))


def test_a_nan_stays_in_its_row_and_small_products_are_left_to_xla():
    layer = layers.Dense(160, activation="relu")
    outputs = layer(draw(512, 96).at[7].set(jnp.nan))
    assert jnp.isnan(outputs[7]).all()
    assert jnp.isfinite(jnp.delete(outputs, 7, 0)).all()
    assert "hornbeam" not in str(jax.make_jaxpr(layer.call)(draw(8, 96)))


def test_few_rows_are_enough_where_the_matrix_is_tall():
    def program(rows, depth, columns):
        layer = layers.Dense(columns, activation="relu")
        layer.build((rows, depth))
        return str(jax.make_jaxpr(jax.grad(lambda k: slope(layer, k, draw(rows, depth))))(layer.kernel.value))

    tall = program(32, 2048, 128)
    assert "hornbeam_turned_product" in tall
    assert "product_relu" not in tall
    assert "hornbeam" not in program(32, 512, 512)
