"""The loops of LSTM, GRU and SimpleRNN as everybody has them, with their gradient written out.

The derivative that JAX makes of a loop adds to the kernel's gradient at each step, and works out at each step what does
not depend on the gradient that comes back. Here all of that is computed for all steps at once before the loop back,
which gives the gradients of the gates alone; the kernel's is one product after it. All sigmoids and hyperbolic tangents
of what inputs and state give together are one tanh of one array, since sigmoid(x) = tanh(x / 2) / 2 + 1 / 2: XLA
vectorizes that on a CPU, and not its sigmoid. There larger loops are done by kernels of this package
(`src/recurrence.cc`), which do all of it at each step for a part of the batch, while that is near. 80 steps of 128
units, forward and back, batches of 32, take one core 9 ms for an LSTM, without the kernels 17. Forward-mode derivatives
are not there: `jax.jvp` of these layers needs `unroll=True`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam.native import is_native, nested_operation

Arrays = tuple[Any, ...]
LEAST_PRODUCTS = 2**20  # multiplications below which a loop is not worth kernels: a toy must not wait for a compiler
MOST_WEIGHTS = 2**20  # of the recurrent kernel, which each thread reads whole at each step: it must stay near


class Form(NamedTuple):
    """A kind of cell.

    The first columns of its kernels, a block of `units` for each of `slopes`, give the sums of inputs and state, of
    which the cell takes tanh(slope * sum). Of further columns it takes the inputs' and the state's part separately.
    `combine(squashed blocks, of inputs, of state, states)` returns the new states, the output first.

    `factors`, of the same arguments, returns what its derivative multiplies gradients with: a factor for each block,
    and others. `back(gradients of the new states, the others)` returns the gradients that go to each block, to what
    the inputs and the state give separately (None without such columns), and to the old states.
    """

    slopes: tuple[float, ...]
    combine: Callable[[Sequence[Any], Any, Any, Arrays], Arrays]
    factors: Callable[[Sequence[Any], Any, Any, Arrays], tuple[Arrays, Arrays]]
    back: Callable[[Arrays, Arrays], tuple[Arrays, Any, Any, Arrays]]


def _lstm(blocks: Sequence[Any], _: Any, __: Any, states: Arrays) -> Arrays:
    i, f, new, o = blocks
    c = (f / 2 + 0.5) * states[1] + (i / 2 + 0.5) * new
    return (o / 2 + 0.5) * jnp.tanh(c), c


def _lstm_factors(blocks: Sequence[Any], _: Any, __: Any, states: Arrays) -> tuple[Arrays, Arrays]:
    i, f, new, o = blocks
    t = jnp.tanh(_lstm(blocks, None, None, states)[1])
    return (new / 2, states[1] / 2, i / 2 + 0.5, t / 2), ((o / 2 + 0.5) * (1 - t * t), f / 2 + 0.5)


def _lstm_back(d: Arrays, others: Arrays) -> tuple[Arrays, Any, Any, Arrays]:
    through, keep = others
    dc = d[1] + d[0] * through
    return (dc, dc, dc, d[0]), None, None, (0.0, dc * keep)


def _gru(blocks: Sequence[Any], of_inputs: Any, of_state: Any, states: Arrays) -> Arrays:
    (z, r), (h,) = (block / 2 + 0.5 for block in blocks), states
    new = jnp.tanh(of_inputs + r * of_state)
    return (z * h + (1 - z) * new,)


def _gru_factors(blocks: Sequence[Any], of_inputs: Any, of_state: Any, states: Arrays) -> tuple[Arrays, Arrays]:
    z, r = (block / 2 + 0.5 for block in blocks)
    new = jnp.tanh(of_inputs + r * of_state)
    through = (1 - z) * (1 - new * new)
    return ((states[0] - new) / 2, through * of_state / 2), (through, through * r, z)


def _gru_back(d: Arrays, others: Arrays) -> tuple[Arrays, Any, Any, Arrays]:
    through, reset, keep = others
    return (d[0], d[0]), d[0] * through, d[0] * reset, (d[0] * keep,)


def _simple(blocks: Sequence[Any], _: Any, __: Any, ___: Arrays) -> Arrays:
    return (blocks[0],)


def _simple_factors(blocks: Sequence[Any], _: Any, __: Any, ___: Arrays) -> tuple[Arrays, Arrays]:
    return (jnp.ones_like(blocks[0]),), ()


def _simple_back(d: Arrays, _: Arrays) -> tuple[Arrays, Any, Any, Arrays]:
    return d, None, None, (0.0,)


LSTM = Form((0.5, 0.5, 1.0, 0.5), _lstm, _lstm_factors, _lstm_back)
GRU = Form((0.5, 0.5), _gru, _gru_factors, _gru_back)  # with the reset gate after the product
SIMPLE = Form((1.0,), _simple, _simple_factors, _simple_back)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 6, 7))
def _loop(
    form: Form, z: Any, kernel: Any, bias: Any, states: Arrays, counts: Any, reverse: bool, emit: bool
) -> tuple[Any, Arrays]:
    """Return all outputs (None unless `emit`) and the last states.

    `z` `(time, batch, columns)` is what the inputs give, `kernel` `(units, columns)` and `bias`, or None, are the
    state's. Where `counts` `(time, batch, 1)` is given and False, states and output stay. `reverse` begins at the end.
    """
    run = STEPS if is_fit(z.shape, kernel, z, bias, states) else _steps
    return run(z, kernel, bias, states, counts, form=form, reverse=reverse, emit=emit, keep=False)[0]


def is_fit(shape: Sequence[object], *arrays: Any) -> bool:
    """Return whether the kernels may do a loop over `shape` (time, batch, ...), and are worth it.

    `arrays` are the recurrent kernel and what else there is, in a nest.
    """
    leaves: list[Any] = jax.tree.leaves(arrays)
    if any(x.dtype != jnp.float32 for x in leaves) or not all(isinstance(n, int) for n in shape):
        return False
    steps, batch, *_ = (int(n) for n in shape if isinstance(n, int))
    products, weights = steps * batch * leaves[0].size, leaves[0].size
    return products >= LEAST_PRODUCTS and weights <= MOST_WEIGHTS and is_native()


def _steps(
    z: Any, kernel: Any, bias: Any, states: Arrays, counts: Any, *, form: Form, reverse: bool, emit: bool, keep: bool
) -> tuple[tuple[Any, Arrays], Any]:
    """Return what `_loop` does and, to `keep`, what its derivative needs of each step."""

    def body(carry: tuple[Arrays, Any], step: Arrays) -> tuple[tuple[Arrays, Any], Any]:
        # A second use of what is squashed, with no effect: XLA keeps it apart then, and vectorizes it.
        (h, *more), squashed = carry
        after, (squashed, _) = _advance(form, kernel, bias, (jnp.where(squashed > 1, 0, h), *more), *step)
        return (after, squashed[0, 0]), (after[0] if emit else None, None)

    def keeping(carry: tuple[Arrays, Any], step: Arrays) -> tuple[tuple[Arrays, Any], Any]:
        states, unused = carry
        after, inside = _advance(form, kernel, bias, states, *step)
        return (after, unused), (after[0] if emit else None, (states, *inside))

    first = states, jnp.zeros((), z.dtype)
    (last, _), (outputs, kept) = jax.lax.scan(keeping if keep else body, first, (z, counts), reverse=reverse)
    return (outputs, last), kept


def _advance(form: Form, kernel: Any, bias: Any, states: Arrays, z: Any, counts: Any) -> tuple[Arrays, Arrays]:
    """Return the states after one step, and what its derivative needs."""
    inner = states[0] @ kernel
    inner = inner if bias is None else inner + bias
    columns = len(form.slopes) * kernel.shape[0]
    squashed = jnp.tanh((z[:, :columns] + inner[:, :columns]) * _slopes(form, kernel))
    blocks, of_state = jnp.split(squashed, len(form.slopes), axis=-1), inner[:, columns:]
    after = form.combine(blocks, z[:, columns:], of_state, states)
    if counts is not None:
        after = tuple(jnp.where(counts, new, old) for new, old in zip(after, states, strict=True))
    return after, (squashed, of_state)


def _slopes(form: Form, kernel: Any) -> np.ndarray:
    return np.repeat(form.slopes, kernel.shape[0]).astype(kernel.dtype)


def _forward(
    form: Form, z: Any, kernel: Any, bias: Any, states: Arrays, counts: Any, reverse: bool, emit: bool
) -> tuple[tuple[Any, Arrays], Arrays]:
    run = STEPS if is_fit(z.shape, kernel, z, bias, states) else _steps
    result, kept = run(z, kernel, bias, states, counts, form=form, reverse=reverse, emit=emit, keep=True)
    return result, (z[..., len(form.slopes) * kernel.shape[0] :], kernel, bias, counts, *kept)


def _backward(form: Form, reverse: bool, _: bool, kept: Arrays, gradients: tuple[Any, Arrays]) -> Arrays:
    of_inputs, kernel, bias, counts, before, squashed, of_state = kept
    run = STEPS_BACK if is_fit(squashed.shape, kernel, squashed, bias, before, gradients) else _steps_back
    given = kernel, squashed, bias, of_inputs, before, of_state, counts, *gradients
    d_inner, d_inputs, of_kernel, of_bias, d = run(*given, form=form, reverse=reverse)
    dz = d_inner[..., : squashed.shape[-1]]
    return dz if d_inputs is None else jnp.concatenate([dz, d_inputs], axis=-1), of_kernel, of_bias, d, None


def _steps_back(
    kernel: Any,
    squashed: Any,
    bias: Any,
    of_inputs: Any,
    before: Arrays,
    of_state: Any,
    counts: Any,
    of_outputs: Any,
    of_last: Arrays,
    *,
    form: Form,
    reverse: bool,
) -> tuple[Any, Any, Any, Any, Arrays]:
    """Return the gradients of sums, of the inputs' separate columns (None without such), kernel, bias, first states."""
    blocks = jnp.split(squashed, len(form.slopes), axis=-1)
    factors, others = form.factors(blocks, of_inputs, of_state, before)
    factors = jnp.concatenate(factors, axis=-1) * (1 - squashed * squashed) * _slopes(form, kernel)

    def body(d: Arrays, step: Arrays) -> tuple[Arrays, Any]:
        of_output, counts, factors, others = step
        d = d if of_output is None else (d[0] + of_output, *d[1:])
        through = d if counts is None else tuple(jnp.where(counts, x, 0) for x in d)
        d_blocks, d_inputs, d_state, d_before = form.back(through, others)
        d_inner = jnp.concatenate(d_blocks, axis=-1) * factors
        d_inner = d_inner if d_state is None else jnp.concatenate([d_inner, d_state], axis=-1)
        stay = d_before if counts is None else [x + jnp.where(counts, 0, y) for x, y in zip(d_before, d, strict=True)]
        return (d_inner @ kernel.T + stay[0], *stay[1:]), (d_inner, d_inputs)

    d, (d_inner, d_inputs) = jax.lax.scan(body, of_last, (of_outputs, counts, factors, others), reverse=not reverse)
    h, of_sums = (x.reshape(-1, x.shape[-1]) for x in (before[0], d_inner))
    of_kernel = jnp.matmul(h.T, of_sums, preferred_element_type="float32").astype(kernel.dtype)
    return d_inner, d_inputs, of_kernel, None if bias is None else jnp.sum(d_inner, (0, 1)), d


def _attributes(
    z: Any, kernel: Any, bias: Any, states: Any, counts: Any, *, form: Form, **how: bool
) -> dict[str, Any]:  # fmt: skip
    del z, kernel, states
    return {"form": _number(form), "biased": bias is not None, "counted": counts is not None, **how}


def _attributes_back(*given: Any, form: Form, reverse: bool) -> dict[str, Any]:
    bias, counts, of_outputs = (given[i] is not None for i in (2, 6, 7))
    return {"form": _number(form), "biased": bias, "counted": counts, "emit": of_outputs, "reverse": reverse}


def _number(form: Form) -> np.int64:
    """Return the number by which the kernels know a form."""
    return np.int64((LSTM, GRU, SIMPLE).index(form))


STEPS = nested_operation("recurrence", _steps, _attributes)
STEPS_BACK = nested_operation("recurrence_back", _steps_back, _attributes_back)
_loop.defvjp(_forward, _backward)
recurrence = jax.jit(_loop, static_argnums=(0, 6, 7))  # traced and compiled once for each shape, in eager calls too
