"""Operations of JAX's on nests of arrays: a formula, for which a CPU has a kernel of this package."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from hornbeam.native._library import target


def operation(name: str, formula: Callable[..., Any], attributes: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    """Return a function like `formula`, of nests of float32 arrays and hashable keyword arguments.

    On a CPU it is the kernel `name`, which is given `attributes` of the same arguments (of arrays shapes and types
    matter alone; None stays None). Elsewhere, under `vmap`, in exported programs and where it is differentiated it is
    the formula.
    """
    made = Primitive(f"hornbeam_{name}")
    made.multiple_results = True

    def flat(*leaves: Any, tree: Any, how: Any) -> list[Any]:
        return jax.tree.leaves(formula(*jax.tree.unflatten(tree, leaves), **dict(how)))

    def abstract(*avals: Any, tree: Any, how: Any) -> list[Any]:
        results = jax.eval_shape(functools.partial(flat, tree=tree, how=how), *avals)
        return [avals[0].update(shape=r.shape, dtype=r.dtype, weak_type=False) for r in results]

    plain = mlir.lower_fun(flat, multiple_results=True)

    def native(context: Any, *operands: Any, tree: Any, how: Any) -> Any:
        if context.module_context.lowering_parameters.for_export:
            return plain(context, *operands, tree=tree, how=how)
        given = jax.tree.unflatten(tree, context.avals_in)
        return jax.ffi.ffi_lowering(target(name))(context, *operands, **attributes(*given, **dict(how)))

    def derivative(primals: Any, tangents: Any, **how: Any) -> Any:
        filled = [_filled(x, t) for x, t in zip(primals, tangents, strict=True)]
        return jax.jvp(functools.partial(flat, **how), tuple(primals), tuple(filled))

    def mapped(arrays: Any, axes: Any, **how: Any) -> Any:
        results = jax.vmap(functools.partial(flat, **how), axes)(*arrays)
        return results, [0] * len(results)

    made.def_impl(jax.jit(made.bind, static_argnames=("tree", "how")))
    made.def_abstract_eval(abstract)
    mlir.register_lowering(made, plain)
    mlir.register_lowering(made, native, platform="cpu")
    ad.primitive_jvps[made] = derivative
    batching.primitive_batchers[made] = mapped

    @functools.wraps(formula)
    def bound(*given: Any, **how: Any) -> Any:
        leaves, tree = jax.tree.flatten(given)
        results = made.bind(*leaves, tree=tree, how=tuple(sorted(how.items())))
        shapes = jax.eval_shape(functools.partial(formula, **how), *given)
        return jax.tree.unflatten(jax.tree.structure(shapes), results)

    return bound


def _filled(x: Any, tangent: Any) -> Any:
    """Return a tangent as an array."""
    if not isinstance(tangent, ad.Zero):
        return tangent
    is_float = jax.numpy.issubdtype(x.dtype, jax.numpy.floating)
    return jax.numpy.zeros_like(x) if is_float else np.zeros(x.shape, jax.dtypes.float0)
