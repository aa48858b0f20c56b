"""A convolution as three operations of JAX's, each other's derivatives: outputs, inputs' gradient, kernel's gradient.

Each is linear in both of its arguments, so that derivatives of any order and kind are among the three. On a CPU they
are kernels of this package (`src/convolution.cc`); everywhere else, under `vmap` and in exported programs, XLA's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from hornbeam.native._library import target

Pairs = tuple[tuple[int, int], ...]


def convolution(x: jax.Array, kernel: jax.Array, strides: Sequence[int], dilation: Sequence[int], pads: Pairs) -> Any:
    """Return the convolution of `x` (batch, rows, columns, channels) with `kernel` (window, window, channels, filters).

    Both are float32; `pads` are the zeros before and after rows and columns.
    """
    return OUTPUTS.bind(x, kernel, strides=tuple(strides), dilation=tuple(dilation), pads=pads, size=None)


def _outputs(x: Any, kernel: Any, strides: Any, dilation: Any, pads: Pairs, size: None = None) -> Any:  # noqa: ARG001
    return jax.lax.conv_general_dilated(
        x, kernel, strides, pads, rhs_dilation=dilation, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def _of_inputs(g: Any, kernel: Any, size: tuple[int, ...], **where: Any) -> Any:
    like = jax.ShapeDtypeStruct((g.shape[0], *size), g.dtype)
    return jax.linear_transpose(lambda x: _outputs(x, kernel, **where), like)(g)[0]


def _of_kernel(x: Any, g: Any, size: tuple[int, ...], **where: Any) -> Any:
    like = jax.ShapeDtypeStruct(size, x.dtype)
    return jax.linear_transpose(lambda kernel: _outputs(x, kernel, **where), like)(g)[0]


def _operation(name: str, by_xla: Callable[..., Any]) -> Primitive:
    """Return an operation that is `by_xla`, and on a CPU the kernel of this name."""
    made = Primitive(f"hornbeam_{name}")
    made.def_impl(jax.jit(made.bind, static_argnames=("strides", "dilation", "pads", "size")))
    made.def_abstract_eval(lambda *arrays, **how: _abstract(by_xla, arrays, how))
    plain = mlir.lower_fun(by_xla, multiple_results=False)

    def native(context: Any, a: Any, b: Any, **how: Any) -> Any:
        if context.module_context.lowering_parameters.for_export:
            return plain(context, a, b, **how)
        numbers = {name: np.asarray(how[name], np.int64) for name in ("strides", "dilation")}
        before = np.asarray([pad[0] for pad in how["pads"]], np.int64)
        return jax.ffi.ffi_lowering(target(name))(context, a, b, **numbers, pads=before)

    mlir.register_lowering(made, plain)
    mlir.register_lowering(made, native, platform="cpu")
    batching.primitive_batchers[made] = lambda arrays, axes, **how: (
        jax.vmap(lambda a, b: by_xla(a, b, **how), axes)(*arrays),
        0,
    )
    return made


def _abstract(by_xla: Callable[..., Any], arrays: Sequence[Any], how: dict[str, Any]) -> Any:
    result = jax.eval_shape(lambda a, b: by_xla(a, b, **how), *arrays)
    return arrays[0].update(shape=result.shape, dtype=result.dtype, weak_type=False)


OUTPUTS = _operation("convolution", _outputs)
OF_INPUTS = _operation("convolution_of_inputs", _of_inputs)
OF_KERNEL = _operation("convolution_of_kernel", _of_kernel)


def _size(x: Any) -> tuple[int, ...]:
    """Return what the result of a gradient is like: shape of the kernel, or of a sample of the inputs."""
    return getattr(x, "aval", x).shape


ad.defbilinear(
    OUTPUTS,
    lambda g, x, kernel, size, **where: OF_INPUTS.bind(g, kernel, size=_size(x)[1:], **where),  # noqa: ARG005
    lambda g, x, kernel, size, **where: OF_KERNEL.bind(x, g, size=_size(kernel), **where),  # noqa: ARG005
)
ad.defbilinear(
    OF_INPUTS,
    lambda d, g, kernel, size, **where: OUTPUTS.bind(d, kernel, size=None, **where),  # noqa: ARG005
    lambda d, g, kernel, size, **where: OF_KERNEL.bind(d, g, size=_size(kernel), **where),  # noqa: ARG005
)
ad.defbilinear(
    OF_KERNEL,
    lambda d, x, g, size, **where: OF_INPUTS.bind(g, d, size=_size(x)[1:], **where),  # noqa: ARG005
    lambda d, x, g, size, **where: OUTPUTS.bind(x, d, size=None, **where),  # noqa: ARG005
)
