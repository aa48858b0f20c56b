"""Two functions beside each other: traced, and computed only where they are not one and the same program."""

from typing import Any, NamedTuple

import jax
import numpy as np
from jax.extend.core import Literal, jaxpr_as_fun

QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}  # each program runs once
INLINE = {"jit": "jaxpr", "closed_call": "call_jaxpr", "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr"}
COMMUTE = {"add", "add_any", "mul", "max", "min", "and", "or", "eq", "ne"}
NOTHING = {"copy", "stop_gradient"}


class Program(NamedTuple):
    """A traced function: its jaxpr, the results' shapes and dtypes, and the arrays that it was traced with."""

    jaxpr: Any
    specs: Any
    arrays: list[Any]

    def __call__(self, arrays):
        return jax.tree.unflatten(jax.tree.structure(self.specs), jaxpr_as_fun(self.jaxpr)(*arrays))

    def leaves(self):
        return [(x.shape, str(x.dtype)) for x in jax.tree.leaves(self.specs)]


def trace(fn, *args) -> Program:
    jaxpr, specs = jax.make_jaxpr(fn, return_shape=True)(*args)
    return Program(jaxpr, specs, jax.tree.leaves(args))


def are_same(ours: Program, theirs: Program) -> bool:
    """Return whether the two compute their results in the same way, and so give the same."""
    table: dict[Any, int] = {}
    return jax.tree.structure(ours.specs) == jax.tree.structure(theirs.specs) and (
        _numbers(ours, table) == _numbers(theirs, table)
    )


def _numbers(program, table):
    """Number each result by how it is computed, and from what (value numbering)."""

    def number(*key):
        return table.setdefault(key, len(table))

    def constant(x, dtype=None):
        x = np.asarray(x, dtype)
        return number("constant", x.shape, str(x.dtype), x.tobytes())

    def walk(jaxpr, consts, args):
        known = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*consts, *args], strict=True))

        def read(v):
            return constant(v.val, v.aval.dtype) if isinstance(v, Literal) else known[v]

        for eqn in jaxpr.eqns:
            name, made = eqn.primitive.name, [v.aval for v in eqn.outvars]
            inputs = [read(v) for v in eqn.invars]
            if name in INLINE:
                inner = eqn.params[INLINE[name]]
                results = walk(inner.jaxpr, map(constant, inner.consts), inputs)
            elif name in NOTHING or (name == "convert_element_type" and made[0].dtype == eqn.invars[0].aval.dtype):
                results = inputs
            else:
                inputs = sorted(inputs) if name in COMMUTE else inputs
                how = str(sorted((k, v) for k, v in eqn.params.items() if k != "weak_type"))
                specs = [(x.shape, str(x.dtype)) for x in made]
                results = [number(name, how, *specs, *inputs, i) for i in range(len(made))]
            known |= zip(eqn.outvars, results, strict=True)
        return [read(v) for v in jaxpr.outvars]

    closed = program.jaxpr
    arguments = [number("argument", i) for i in range(len(closed.jaxpr.invars))]
    return walk(closed.jaxpr, map(constant, closed.consts), arguments)


def run(pairs: list[tuple[Program, Program]]) -> list[tuple[Any, Any]]:
    """Return what the two of each pair give for the first one's arrays; all compiled at once, in haste."""
    if not pairs:
        return []
    step = jax.jit(
        lambda arrays: [(a(xs), b(xs)) for (a, b), xs in zip(pairs, arrays, strict=True)], compiler_options=QUICK
    )
    return step([ours.arrays for ours, _ in pairs])
