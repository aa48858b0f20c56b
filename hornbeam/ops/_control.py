"""Loops, branches and transformations of functions, aware of Variables.

A function that JAX compiles as the body of a loop or a branch may read any Variable, and write: what it writes is
carried along with its own values, and assigned when the loop is over. Which those are is found by looking: the body
is traced, and traced again with the Variables that it wrote carried, until it writes no others.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core.op import op, read
from hornbeam._core.state import HERE, Scope, Variable, here, holding

Values = list[Any]
Body = Callable[..., tuple[Any, Values]]  # (values of Variables, *args) -> (result, new values)


def _value_now(variable: Variable) -> Any:
    """Return the value in the dtype it is stored in."""
    scope = HERE.scope
    return variable._value if scope is None else scope.get(variable, variable._value)


class _Carried:
    """The Variables that some bodies are known to write, and those that the last trace wrote besides."""

    def __init__(self) -> None:
        self.variables: list[Variable] = []
        self.more: dict[Variable, None] = {}

    def body(self, fn: Callable[..., Any]) -> Body:
        """Return `fn` as a pure function of the carried Variables."""
        outer = dict(HERE.scope or {})

        def run(values: Values, *args: Any) -> tuple[Any, Values]:
            scope = Scope({**outer, **dict(zip(self.variables, values, strict=True))}, open_ended=True)
            with holding(scope), here(looped=True):
                before = dict(scope)
                result = read(fn(*args))
                written = (v for v in scope if scope[v] is not before.get(v))
                self.more.update((v, None) for v in written if v not in self.variables)
                return result, [scope[v] for v in self.variables]

        return run


def _carrying(run: Callable[[Callable[..., Body], Values], tuple[Any, Values]]) -> Any:
    """Return what `run(bind, values)` gives, run again until `values` are those of all Variables that it writes.

    `bind` makes a function of Variables pure; `run` returns a result and the Variables' new values, which are assigned.
    """
    carried = _Carried()
    while True:
        result, values = run(carried.body, [_value_now(v) for v in carried.variables])
        if not carried.more:
            break
        carried.variables += carried.more
        carried.more = {}
    for variable, value in zip(carried.variables, values, strict=True):
        variable.assign(value)
    return result


@op
def scan(
    f: Callable[..., Any],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Any, Any]:
    """Return the last carry and the stacked outputs of `carry, y = f(carry, x)`, run over the first axis of `xs`.

    `init` is the first carry, an array or a nest of them whose shapes and dtypes stay; `length` is needed where `xs`
    is None; `reverse` begins at the end; `unroll` says how many steps the compiled loop takes at once.

    >>> from hornbeam import ops
    >>> total, sums = ops.scan(lambda carry, x: (carry + x, carry + x), 0, ops.array([1, 2, 3]))
    >>> int(total), sums.tolist()
    (6, [1, 3, 6])
    """

    def run(bind: Callable[..., Body], values: Values) -> tuple[Any, Values]:
        body = bind(f)

        def step(state: tuple[Any, Values], x: Any) -> tuple[Any, Any]:
            (carry, y), new = body(state[1], state[0], x)
            return (carry, new), y

        (carry, new), ys = jax.lax.scan(step, (init, values), xs, length, reverse, unroll)
        return (carry, ys), new

    return _carrying(run)


@op
def associative_scan(f: Callable[..., Any], elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """Return the running combination of `elems` along `axis` by the associative function `f`, in parallel.

    >>> from hornbeam import ops
    >>> ops.associative_scan(lambda a, b: a + b, ops.array([1, 2, 3])).tolist()
    [1, 3, 6]
    """
    return jax.lax.associative_scan(f, elems, reverse, axis)


@op
def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """Return `true_fn()` where `pred` holds and `false_fn()` elsewhere, both of one shape and dtype.

    >>> from hornbeam import ops
    >>> int(ops.cond(True, lambda: 1, lambda: 2))
    1
    """

    def run(bind: Callable[..., Body], values: Values) -> tuple[Any, Values]:
        return jax.lax.cond(pred, bind(true_fn), bind(false_fn), values)

    return _carrying(run)


@op
def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """Return `branches[index](*operands)`; an index outside is cut to the nearest.

    >>> from hornbeam import ops
    >>> int(ops.switch(1, [lambda x: x + 1, lambda x: x * 10], 5))
    50
    """

    def run(bind: Callable[..., Body], values: Values) -> tuple[Any, Values]:
        return jax.lax.switch(index, [bind(branch) for branch in branches], values, *operands)

    return _carrying(run)


@op
def while_loop(
    cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, maximum_iterations: int | None = None
) -> Any:
    """Return `loop_vars` after `loop_vars = body(*loop_vars)` ran as long as `cond(*loop_vars)` held.

    `loop_vars` is a list or tuple, or one array; `maximum_iterations` stops the loop in any case.

    >>> from hornbeam import ops
    >>> int(ops.while_loop(lambda i: i < 10, lambda i: i + 3, 0))
    12
    """
    several = isinstance(loop_vars, list | tuple)

    def run(bind: Callable[..., Body], values: Values) -> tuple[Any, Values]:
        check, advance = bind(cond), bind(body)

        def going(state: tuple[Any, ...]) -> Any:
            steps, args, new = state
            result, _ = check(new, *args)
            return result if maximum_iterations is None else jnp.logical_and(steps < maximum_iterations, result)

        def step(state: tuple[Any, ...]) -> tuple[Any, ...]:
            steps, args, new = state
            result, new = advance(new, *args)
            return steps + 1, tuple(result) if isinstance(result, list | tuple) else (result,), new

        first = tuple(loop_vars) if several else (loop_vars,)
        _, last, new = jax.lax.while_loop(going, step, (0, first, values))
        return last if several else last[0], new

    return _carrying(run)


@op
def fori_loop(lower: Any, upper: Any, body_fun: Callable[..., Any], init_val: Any) -> Any:
    """Return `value` after `value = body_fun(i, value)` ran for i = lower, ..., upper - 1, from `init_val`.

    >>> from hornbeam import ops
    >>> int(ops.fori_loop(0, 4, lambda i, total: total + i, 0))
    6
    """

    def run(bind: Callable[..., Body], values: Values) -> tuple[Any, Values]:
        body = bind(body_fun)
        return jax.lax.fori_loop(lower, upper, lambda i, state: body(state[1], i, state[0]), (init_val, values))

    return _carrying(run)


def map(f: Callable[..., Any], xs: Any) -> Any:
    """Return the stacked `f(x)` for each slice of `xs` along its first axis, one after another.

    >>> from hornbeam import ops
    >>> ops.map(lambda x: x * 2, ops.array([1, 2])).tolist()
    [2, 4]
    """
    return scan(functools.partial(_without_carry, f), None, xs)[1]


def _without_carry(f: Callable[..., Any], _: None, x: Any) -> tuple[None, Any]:
    return None, f(x)


@op
def vectorized_map(function: Callable[..., Any], elements: Any) -> Any:
    """Return the stacked `function(x)` for each slice of `elements` along its first axis, all at once.

    >>> from hornbeam import ops
    >>> ops.vectorized_map(lambda x: x * 2, ops.array([1, 2])).tolist()
    [2, 4]
    """
    return jax.vmap(function)(elements)


def vectorize(pyfunc: Callable[..., Any], *, excluded: Any = None, signature: str | None = None) -> Callable[..., Any]:
    """Return `pyfunc` as a function that maps over the axes of its arguments, as `numpy.vectorize` does.

    `excluded` lists arguments that are not mapped over; `signature`, such as '(m,n),(n)->(m)', the axes that
    `pyfunc` itself takes.

    >>> from hornbeam import ops
    >>> ops.vectorize(lambda a, b: a + b)(ops.array([1, 2]), 3).tolist()
    [4, 5]
    """
    if not callable(pyfunc):
        message = f"vectorize: pyfunc must be a function; got {pyfunc!r}."
        raise TypeError(message)
    return op(jnp.vectorize(pyfunc, excluded=excluded or set(), signature=signature))


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return `f`, which gives (result, gradient), as a function whose derivative is what `gradient` computes.

    `gradient` takes the derivative of the result and returns one for each argument of `f`.

    >>> import jax
    >>> from hornbeam import ops
    >>> @ops.custom_gradient
    ... def through(x):
    ...     return ops.round(x), lambda upstream: upstream
    >>> float(jax.grad(through)(1.7))
    1.0
    """
    return op(functools.wraps(f)(jax.custom_gradient(f)))


def jvp(fun: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """Return `fun(*primals)` and its derivative in the direction `tangents`.

    With `has_aux`, `fun` gives (result, more), and `more` is returned third.

    >>> from hornbeam import ops
    >>> [float(v) for v in ops.jvp(lambda x: x * x, (3.0,), (1.0,))]
    [9.0, 6.0]
    """
    return jax.jvp(fun, read(tuple(primals)), read(tuple(tangents)), has_aux=has_aux)


def remat(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return `f` as a function whose intermediate values are computed again for its gradient instead of kept.

    >>> import jax
    >>> import hornbeam as keras
    >>> float(jax.grad(keras.remat(keras.ops.square))(3.0))
    6.0
    """

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        def run(bind: Callable[..., Body], values: Values) -> tuple[Any, Values]:
            return jax.checkpoint(bind(functools.partial(f, **kwargs)))(values, *read(args))

        return _carrying(run)

    return wrapped
