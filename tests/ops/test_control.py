"""Loops, branches and transformations of functions: values, gradients, and the Variables that they write."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import hornbeam as keras
from hornbeam import ops
from hornbeam._core.state import pure


def counter(value=0.0):
    return keras.Variable(value, dtype="float32", name="counter")


def add_and_count(v, amount):
    v.assign_add(amount)
    return v.value


# Each writes the Variable four times, adding 1, 2, 3, 4; the last column is what it returns.
LOOPS = {
    "scan": lambda v: ops.scan(lambda c, x: (c + x, add_and_count(v, x)), 0.0, ops.array([1.0, 2, 3, 4]))[1],
    "map": lambda v: ops.map(lambda x: add_and_count(v, x), ops.array([1.0, 2, 3, 4])),
    "fori_loop": lambda v: ops.fori_loop(1, 5, lambda i, seen: seen.at[i - 1].set(add_and_count(v, i)), jnp.zeros(4)),
    "while_loop": lambda v: ops.while_loop(
        lambda i, _: i < 5, lambda i, seen: (i + 1, seen.at[i - 1].set(add_and_count(v, i))), (1, jnp.zeros(4))
    )[1],
}


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
@pytest.mark.parametrize("compiled", [False, True])
def test_a_loop_carries_the_variables_that_it_writes(loop, compiled):
    v = counter(10.0)
    if compiled:
        seen, (value,) = jax.jit(pure(lambda: loop(v), [v]))([v.value])
        assert v.numpy() == 10.0  # a pure function leaves it alone
    else:
        seen, value = loop(v), v.value
    assert value == 20.0
    assert seen.tolist() == [11, 13, 16, 20]


BRANCHES = {
    "cond": lambda v, chosen: ops.cond(chosen == 1, lambda: add_and_count(v, 5.0), lambda: v.value * 2),
    "switch": lambda v, chosen: ops.switch(chosen, [lambda x: v.value * x, lambda x: add_and_count(v, x + 3.0)], 2.0),
}


@pytest.mark.parametrize("branch", BRANCHES.values(), ids=BRANCHES)
@pytest.mark.parametrize(("chosen", "result", "after"), [(0, 2.0, 1.0), (1, 6.0, 6.0)])
def test_a_branch_writes_only_what_was_taken(branch, chosen, result, after):
    v = counter(1.0)
    assert branch(v, jnp.asarray(chosen)) == result
    assert v.value == after


def test_remat_carries_variables_and_has_the_same_gradient():
    v = counter(2.0)

    def f(x):
        v.assign_add(1.0)
        return ops.sin(x) * v.value

    assert keras.remat(f)(0.5) == pytest.approx(3 * np.sin(0.5))
    assert v.value == 3.0
    g = jax.grad(keras.remat(lambda x, scale=1.0: ops.sin(x) * scale))
    assert g(0.5, scale=2.0) == pytest.approx(2 * np.cos(0.5))


def test_scan_with_options():
    xs = ops.array([1.0, 2.0, 3.0])
    total, seen = ops.scan(lambda c, x: (c + x, c), 0.0, xs, reverse=True, unroll=2)
    assert (float(total), seen.tolist()) == (6.0, [5.0, 3.0, 0.0])
    assert ops.scan(lambda c, _: (c * 2, c), 1, length=4)[1].tolist() == [1, 2, 4, 8]
    gradient = jax.grad(lambda w: ops.scan(lambda c, x: (c * w + x, None), 0.0, xs)[0])(2.0)
    assert gradient == pytest.approx(2 * 2.0 + 2.0)


def test_associative_scan():
    products = ops.associative_scan(lambda a, b: a * b, ops.array([[1, 2, 3], [2, 2, 2]]), axis=1, reverse=True)
    assert products.tolist() == [[6, 6, 3], [8, 4, 2]]


def test_while_loop_stops_at_the_most_iterations():
    assert ops.while_loop(lambda i: i < 100, lambda i: i + 1, 0, maximum_iterations=7) == 7
    assert [int(x) for x in ops.while_loop(lambda a, b: a < b, lambda a, b: [a + 1, b - 1], [0, 9])] == [5, 4]


def test_vectorized_map_and_vectorize():
    assert ops.vectorized_map(lambda x: x @ x, jnp.ones((3, 4))).tolist() == [4.0] * 3
    dot = ops.vectorize(jnp.dot, signature="(n),(n)->()")
    assert dot(jnp.ones((2, 5, 3)), jnp.ones((5, 3))).shape == (2, 5)
    scaled = ops.vectorize(lambda a, factor: a * factor, excluded={1})
    assert scaled(jnp.arange(3), 2).tolist() == [0, 2, 4]
    with pytest.raises(TypeError, match="must be a function; got 3"):
        ops.vectorize(3)


def test_custom_gradient_and_jvp():
    @ops.custom_gradient
    def clipped(x):
        return ops.square(x), lambda upstream: ops.clip(upstream * 2 * x, -1, 1)

    assert jax.grad(clipped)(5.0) == 1.0
    value, change, more = ops.jvp(lambda x: (x**3, "kept"), (2.0,), (1.0,), has_aux=True)
    assert (float(value), float(change), more) == (8.0, 12.0, "kept")


def test_a_graph_with_a_loop():
    x = keras.Input((4, 3))
    y = ops.map(lambda row: ops.sum(row, axis=0), x)
    assert y.shape == (None, 3)
    model = keras.Model(x, y)
    assert model(jnp.ones((2, 4, 3))).tolist() == [[4.0] * 3] * 2


def test_a_write_inside_a_raw_loop_is_refused():
    v = counter()

    def body(c, x):
        v.assign(x)
        return c, x

    with pytest.raises(RuntimeError, match=r"ops\.scan"):
        pure(lambda: jax.lax.scan(body, 0, jnp.ones(3)), [v])([v.value])
