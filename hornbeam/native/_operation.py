"""Operations of JAX's that are kernels of this package on a CPU, and XLA's own everywhere else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import batching, mlir

from hornbeam.native._library import KERNELS, target


def operation(
    name: str, by_xla: Callable[..., Any], numbers: Sequence[str], other: Sequence[str] = (), *, several: bool = False
) -> Primitive:
    """Return an operation on arrays that computes what `by_xla` does, on a CPU by the kernel of this name, if any.

    Its parameters are the kernel's `numbers`, nests that reach it in one flat line each, and `other` ones. With
    `several`, there is a tuple of results. Under `vmap`, in exported programs and on other devices it is `by_xla`.
    """
    made = Primitive(f"hornbeam_{name}")
    made.multiple_results = several
    made.def_impl(jax.jit(made.bind, static_argnames=(*numbers, *other)))
    made.def_abstract_eval(lambda *arrays, **how: _abstract(by_xla, arrays, how))
    plain = mlir.lower_fun(by_xla, multiple_results=several)

    def native(context: Any, *arrays: Any, **how: Any) -> Any:
        if context.module_context.lowering_parameters.for_export:
            return plain(context, *arrays, **how)
        return jax.ffi.ffi_lowering(target(name))(context, *arrays, **{key: _line(how[key]) for key in numbers})

    def batched(arrays: Any, axes: Any, **how: Any) -> Any:
        results = jax.vmap(lambda *each: by_xla(*each, **how), axes)(*arrays)
        return results, jax.tree.map(lambda _: 0, results)

    mlir.register_lowering(made, plain)
    if name in KERNELS:
        mlir.register_lowering(made, native, platform="cpu")
    batching.primitive_batchers[made] = batched
    return made


def _line(nest: Any) -> np.ndarray:
    """Return numbers as a kernel takes them."""
    flat = np.ravel(nest)
    return flat.astype(np.float32 if flat.dtype.kind == "f" else np.int64)


def _abstract(by_xla: Callable[..., Any], arrays: Sequence[Any], how: dict[str, Any]) -> Any:
    results = jax.eval_shape(lambda *each: by_xla(*each, **how), *arrays)
    return jax.tree.map(lambda it: arrays[0].update(shape=it.shape, dtype=it.dtype, weak_type=False), results)
