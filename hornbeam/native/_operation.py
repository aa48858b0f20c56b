"""Operations of JAX's that are kernels of this package on a CPU, and XLA's own everywhere else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import batching, mlir

from hornbeam.native._library import target


def operation(
    name: str,
    by_xla: Callable[..., Any],
    numbers: Sequence[str] = (),
    other: Sequence[str] = (),
    *,
    kernel: bool = True,
) -> Primitive:
    """Return an operation on arrays that computes what `by_xla` does, on a CPU by the kernel of this name, if there is.

    Its parameters are the kernel's `numbers`, nests of whole numbers that reach it in one flat line each, and `other`
    ones. Under `vmap`, in exported programs and on other devices it is `by_xla`.
    """
    made = Primitive(f"hornbeam_{name}")
    made.def_impl(jax.jit(made.bind, static_argnames=(*numbers, *other)))
    made.def_abstract_eval(lambda *arrays, **how: _abstract(by_xla, arrays, how))
    plain = mlir.lower_fun(by_xla, multiple_results=False)

    def native(context: Any, *arrays: Any, **how: Any) -> Any:
        if context.module_context.lowering_parameters.for_export:
            return plain(context, *arrays, **how)
        flat = {name: np.ravel(how[name]).astype(np.int64) for name in numbers}
        return jax.ffi.ffi_lowering(target(name))(context, *arrays, **flat)

    def batched(arrays: Any, axes: Any, **how: Any) -> Any:
        return jax.vmap(lambda *each: by_xla(*each, **how), axes)(*arrays), 0

    mlir.register_lowering(made, plain)
    if kernel:
        mlir.register_lowering(made, native, platform="cpu")
    batching.primitive_batchers[made] = batched
    return made


def _abstract(by_xla: Callable[..., Any], arrays: Sequence[Any], how: dict[str, Any]) -> Any:
    result = jax.eval_shape(lambda *each: by_xla(*each, **how), *arrays)
    return arrays[0].update(shape=result.shape, dtype=result.dtype, weak_type=False)
