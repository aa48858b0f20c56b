"""Operations of JAX's that are kernels of this package on a CPU, and XLA's own everywhere else."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from hornbeam.native._library import KERNELS, target

Formula = Callable[..., Any]
Attributes = Callable[[Sequence[Any], dict[str, Any]], dict[str, Any]]


def operation(name: str, formula: Formula, numbers: Sequence[str] = (), *, several: bool = False) -> Primitive:
    """Return an operation on arrays: what `formula` computes, on a CPU the kernel of this name, if there is.

    Its parameters are the formula's keyword arguments; those that are called `numbers`, or nests of them, reach the
    kernel in one flat line each. With `several`, there is a tuple of results. Rules for its derivatives are its
    maker's to add.
    """

    def attributes(_: Sequence[Any], how: dict[str, Any]) -> dict[str, Any]:
        return {name: _line(how[name]) for name in numbers}

    return _primitive(name, formula, attributes, several=several)


def _line(nest: Any) -> np.ndarray:
    """Return numbers as a kernel takes them."""
    flat = np.ravel(nest)
    return flat.astype(np.float32 if flat.dtype.kind == "f" else np.int64)


def nested_operation(
    name: str, formula: Formula, attributes: Callable[..., dict[str, Any]], places: dict[int, int] | None = None
) -> Formula:
    """Return a function like `formula`, of nests of float32 arrays and hashable keyword arguments.

    On a CPU it is the kernel of this name, which is given `attributes` of the same arguments (of arrays shapes and
    types matter alone; None stays None). `places` says which array, by its number, may be overwritten by which result.
    Where it is differentiated it is the formula.
    """

    def flat(*leaves: Any, tree: Any, how: Any) -> list[Any]:
        return jax.tree.leaves(formula(*jax.tree.unflatten(tree, leaves), **dict(how)))

    def attributes_of(avals: Sequence[Any], how: dict[str, Any]) -> dict[str, Any]:
        return attributes(*jax.tree.unflatten(how["tree"], avals), **dict(how["how"]))

    def derivative(primals: Any, tangents: Any, **how: Any) -> Any:
        filled = [_filled(x, t) for x, t in zip(primals, tangents, strict=True)]
        return jax.jvp(functools.partial(flat, **how), tuple(primals), tuple(filled))

    made = _primitive(name, flat, attributes_of, several=True, places=places)
    ad.primitive_jvps[made] = derivative

    @functools.wraps(formula)
    def bound(*given: Any, **how: Any) -> Any:
        leaves, tree = jax.tree.flatten(given)
        results = made.bind(*leaves, tree=tree, how=tuple(sorted(how.items())))
        shapes = jax.eval_shape(functools.partial(formula, **how), *given)
        return jax.tree.unflatten(jax.tree.structure(shapes), results)

    return bound


def _primitive(
    name: str, formula: Formula, attributes: Attributes, *, several: bool, places: dict[int, int] | None = None
) -> Primitive:
    """Return an operation that is a kernel on a CPU, given `attributes`, where there is one of its name.

    It is the formula on other devices, under `vmap` and in exported programs, which other machines may run.
    """
    made = Primitive(f"hornbeam_{name}")
    made.multiple_results = several

    def abstract(*avals: Any, **how: Any) -> Any:
        results = jax.eval_shape(functools.partial(formula, **how), *avals)
        return jax.tree.map(lambda r: avals[0].update(shape=r.shape, dtype=r.dtype, weak_type=False), results)

    def mapped(arrays: Any, axes: Any, **how: Any) -> Any:
        results = jax.vmap(functools.partial(formula, **how), axes)(*arrays)
        return results, jax.tree.map(lambda _: 0, results)

    plain = mlir.lower_fun(formula, multiple_results=several)

    def native(context: Any, *operands: Any, **how: Any) -> Any:
        if context.module_context.lowering_parameters.for_export:
            return plain(context, *operands, **how)
        lower = jax.ffi.ffi_lowering(target(name), operand_output_aliases=places)
        return lower(context, *operands, **attributes(context.avals_in, how))

    eager = jax.jit(lambda arrays, how: made.bind(*arrays, **dict(how)), static_argnums=1)

    made.def_impl(lambda *arrays, **how: eager(arrays, tuple(how.items())))
    made.def_abstract_eval(abstract)
    mlir.register_lowering(made, plain)
    if name in KERNELS:
        mlir.register_lowering(made, native, platform="cpu")
    batching.primitive_batchers[made] = mapped
    return made


def _filled(x: Any, tangent: Any) -> Any:
    """Return a tangent as an array."""
    if not isinstance(tangent, ad.Zero):
        return tangent
    is_float = jax.numpy.issubdtype(x.dtype, jax.numpy.floating)
    return jax.numpy.zeros_like(x) if is_float else np.zeros(x.shape, jax.dtypes.float0)
