"""The kernels of convolutions against XLA's, whatever window, stride and size, and whatever is asked of them."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam import layers, ops
from hornbeam.native import convolution, convolution_relu, is_native
from hornbeam.native._convolution import _outputs
from hornbeam.training._byrow import is_by_row

pytestmark = pytest.mark.skipif(not is_native(), reason="there is no C++ compiler")

# batch, rows, columns, channels, filters, window, strides, dilation, pads
CASES = {
    "same": (3, 9, 11, 3, 5, (3, 3), (1, 1), (1, 1), ((1, 1), (1, 1))),
    "many filters": (2, 8, 7, 16, 33, (3, 3), (1, 1), (1, 1), ((1, 1), (1, 1))),
    "a vector of filters": (2, 6, 30, 17, 16, (3, 3), (1, 1), (1, 1), ((1, 1), (1, 1))),
    "strides": (2, 9, 10, 16, 20, (3, 2), (2, 3), (1, 1), ((0, 1), (1, 0))),
    "strides beyond the window": (2, 9, 10, 4, 6, (1, 2), (3, 4), (1, 1), ((0, 0), (0, 0))),
    "dilation": (2, 13, 12, 4, 40, (3, 3), (1, 1), (2, 3), ((2, 2), (3, 3))),
    "stride and dilation": (2, 13, 12, 4, 7, (3, 3), (2, 2), (3, 2), ((1, 2), (2, 1))),
    "a window as large as the inputs": (4, 5, 6, 7, 8, (5, 6), (1, 1), (1, 1), ((0, 0), (0, 0))),
    "an even window": (1, 7, 7, 3, 9, (4, 2), (1, 1), (1, 1), ((1, 2), (0, 1))),
    "one row": (2, 1, 40, 6, 10, (1, 5), (1, 2), (1, 1), ((0, 0), (2, 2))),
    "one of all": (1, 1, 1, 1, 1, (1, 1), (1, 1), (1, 1), ((0, 0), (0, 0))),
    "squares": (3, 17, 21, 32, 16, (3, 3), (1, 1), (1, 1), ((1, 1), (1, 1))),
    "squares without zeros": (4, 14, 15, 16, 32, (3, 3), (1, 1), (1, 1), ((0, 0), (0, 0))),
    "squares among zeros": (2, 15, 16, 16, 48, (3, 3), (1, 1), (1, 1), ((0, 3), (4, 1))),
    "squares of a large image": (1, 60, 500, 32, 32, (3, 3), (1, 1), (1, 1), ((1, 1), (1, 1))),
    "large images": (1, 90, 200, 8, 24, (3, 3), (1, 1), (1, 1), ((1, 1), (1, 1))),
}


@pytest.fixture(params=CASES)
def case(request):
    batch, rows, columns, channels, filters, window, strides, dilation, pads = CASES[request.param]
    x, kernel = draw(batch, rows, columns, channels), draw(*window, channels, filters)
    where = {"strides": strides, "dilation": dilation, "pads": pads}
    return functools.partial(convolution, **where), functools.partial(_outputs, **where), x, kernel


def draw(*shape, seed=0):
    return jnp.asarray(np.random.default_rng((seed, *shape)).standard_normal(shape), "float32")


def check(ours, theirs):
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5 * max(1.0, float(jnp.max(jnp.abs(b)))))


def test_values_and_gradients(case):
    ours, xla, x, kernel = case
    check(ours(x, kernel), xla(x, kernel))

    def gradients(fn):
        return jax.jit(jax.grad(lambda x, kernel: jnp.sum(jnp.sin(fn(x, kernel))), (0, 1)))(x, kernel)

    check(gradients(ours), gradients(xla))


@pytest.mark.parametrize("name", ["strides", "dilation"])
def test_every_other_derivative(name):
    batch, rows, columns, channels, filters, window, strides, dilation, pads = CASES[name]
    x, kernel = draw(batch, rows, columns, channels), draw(*window, channels, filters)
    where = {"strides": strides, "dilation": dilation, "pads": pads}

    def of(convolve):
        def fn(x, kernel):
            return convolve(x, kernel, **where)

        def slope(kernel):
            return jax.grad(lambda kernel: jnp.sum(fn(x, kernel) ** 3))(kernel)

        return (
            jax.jvp(fn, (x, kernel), (x + 1, kernel * 2)),
            jax.jvp(slope, (kernel,), (kernel + 1,)),
            jax.grad(lambda x: jnp.sum(jax.grad(lambda x: jnp.sum(fn(x, kernel) ** 3))(x) ** 2))(x),
            jax.vmap(fn, (None, 0))(x, jnp.stack([kernel, kernel + 1])),
        )

    check(jax.jit(lambda: of(convolution))(), jax.jit(lambda: of(_outputs))())


@pytest.mark.parametrize("name", ["same", "many filters", "strides", "squares", "squares without zeros"])
def test_bias_and_relu_in_one_pass(name):
    batch, rows, columns, channels, filters, window, strides, dilation, pads = CASES[name]
    given = (draw(batch, rows, columns, channels), draw(*window, channels, filters), draw(filters))
    where = {"strides": strides, "dilation": dilation, "pads": pads}

    def of(fn):
        def slopes(*given):
            return jax.grad(lambda *given: jnp.sum(fn(*given) ** 3), (0, 1, 2))(*given)

        changes = tuple(x + 1 for x in given)
        some = jax.jvp(lambda bias: fn(*given[:2], bias), given[2:], (changes[2],))
        return (
            fn(*given),
            slopes(*given),
            jax.jvp(slopes, given, changes),
            some,
            jax.vmap(lambda b: fn(*given[:2], b))(jnp.stack([given[2], given[2] + 1])),
        )

    def plain(x, kernel, bias):
        return jax.nn.relu(_outputs(x, kernel, **where) + bias)

    check(*(jax.jit(lambda fn=fn: of(fn))() for fn in (functools.partial(convolution_relu, **where), plain)))
    assert jnp.isnan(convolution_relu(given[0].at[0].set(jnp.nan), *given[1:], **where)[0]).all()


def test_a_layer_with_a_relu_is_one_pass_and_as_without():
    x, layer = draw(8, 32, 32, 16), layers.Conv2D(8, 3, activation="relu", bias_initializer="ones")
    plain = layers.Conv2D(8, 3, bias_initializer="ones")
    plain(x)
    layer(x)
    layer.set_weights(plain.get_weights())
    assert "hornbeam_convolution_relu" in str(jax.make_jaxpr(layer.call)(x))
    assert is_by_row(layer.call, x)
    check(layer(x), ops.relu(plain(x)))


def test_an_exported_program_is_of_xla_alone():
    x, kernel = draw(2, 24, 24, 16), draw(3, 3, 16, 16)
    exported = jax.export.export(jax.jit(lambda x, kernel: ops.conv(x, kernel, padding="same")))(x, kernel)
    assert "custom_call" not in exported.mlir_module()
    check(exported.call(x, kernel), ops.conv(x, kernel, padding="same"))


def test_squares_are_as_exact_as_sums_and_of_each_sample_alone():
    x, kernel = draw(6, 24, 25, 32), draw(3, 3, 32, 32)
    where = {"strides": (1, 1), "dilation": (1, 1), "pads": ((1, 1), (1, 1))}
    with jax.enable_x64(True):
        exact = np.asarray(_outputs(jnp.asarray(x, "float64"), jnp.asarray(kernel, "float64"), **where))
    ours, xla = (np.asarray(fn(x, kernel, **where)) for fn in (convolution, _outputs))
    assert np.abs(ours - exact).max() < 2 * np.abs(xla - exact).max()
    assert (ours[2:5] == np.asarray(convolution(x[2:5], kernel, **where))).all()


@pytest.mark.parametrize("filters", [16, 32], ids=["sums", "squares"])
def test_a_nan_stays_in_its_sample(filters):
    x, kernel = draw(3, 24, 24, 16).at[1].set(jnp.nan), draw(3, 3, 16, filters)
    finite = jnp.isfinite(ops.conv(x, kernel, padding="same")).all((1, 2, 3))
    assert finite.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("layer", "rank"),
    [
        (layers.Conv2D(16, 3), 2),
        (layers.Conv1D(64, 5, 2, "same"), 1),
        (layers.Conv2DTranspose(8, 3, 2), 2),
        (layers.Conv2DTranspose(8, 3), 2),
        (layers.Conv3D(8, 3), 3),
    ],
    ids=lambda layer: getattr(layer, "name", None),
)
def test_layers_use_the_kernels(layer, rank):
    x = draw(8, *((800,), (40, 40), (16, 16, 16))[rank - 1], 16)
    layer(x)
    assert "hornbeam_convolution" in str(jax.make_jaxpr(layer.call)(x))
    assert is_by_row(layer.call, x)


def test_small_and_other_convolutions_are_left_to_xla():
    def program(x, kernel):
        return str(jax.make_jaxpr(ops.conv)(x, kernel))

    assert "hornbeam" in program(draw(8, 32, 32, 16), draw(3, 3, 16, 16))
    assert "hornbeam" not in program(draw(8, 32, 32, 16).astype("bfloat16"), draw(3, 3, 16, 16))
    assert "hornbeam" not in program(draw(1, 4, 4, 16), draw(3, 3, 16, 16))
    assert "hornbeam" not in program(draw(8, 32, 32, 16), draw(1, 1, 16, 16))
