"""A convolution as three operations, each other's derivatives: outputs, inputs' gradient, kernel's gradient.

Each is linear in both of its arguments, so that derivatives of any order and kind are among the three.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.interpreters import ad

from hornbeam.native._operation import operation

Pairs = tuple[tuple[int, int], ...]


def convolution(
    x: jax.Array, kernel: jax.Array, strides: tuple[int, ...], dilation: tuple[int, ...], pads: Pairs
) -> Any:
    """Return the convolution of `x` (batch, rows, columns, channels) with `kernel` (window, window, channels, filters).

    Both are float32; `pads` are the zeros before and after rows and columns.
    """
    return OUTPUTS.bind(x, kernel, strides=strides, dilation=dilation, pads=pads, size=None)


def convolution_relu(x: jax.Array, kernel: jax.Array, bias: jax.Array, **where: Any) -> Any:
    """Return relu(convolution + bias) in one pass, arguments as in `convolution`; `bias` is (filters,)."""
    return RELU.bind(x, kernel, bias, **where)


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


WHERE = ("strides", "dilation", "pads")
OUTPUTS = operation("convolution", _outputs, WHERE)
RELU = operation("convolution_relu", lambda x, k, b, **where: jax.nn.relu(_outputs(x, k, **where) + b), WHERE)
OF_INPUTS = operation("convolution_of_inputs", _of_inputs, WHERE)
OF_KERNEL = operation("convolution_of_kernel", _of_kernel, WHERE)


def _size(x: Any) -> tuple[int, ...]:
    """Return the shape of an array, or of what stands for the one that is asked for."""
    return getattr(x, "aval", x).shape


ad.defbilinear(
    OUTPUTS,
    lambda g, x, kernel, **how: OF_INPUTS.bind(g, kernel, **how | {"size": _size(x)[1:]}),
    lambda g, x, kernel, **how: OF_KERNEL.bind(x, g, **how | {"size": _size(kernel)}),
)
ad.defbilinear(
    OF_INPUTS,
    lambda d, _, kernel, **how: OUTPUTS.bind(d, kernel, **how | {"size": None}),
    lambda d, g, kernel, **how: OF_KERNEL.bind(d, g, **how | {"size": _size(kernel)}),
)
ad.defbilinear(
    OF_KERNEL,
    lambda d, x, g, **how: OF_INPUTS.bind(g, d, **how | {"size": _size(x)[1:]}),
    lambda d, x, _, **how: OUTPUTS.bind(x, d, **how | {"size": None}),
)


def _relu_jvp(primals: Sequence[Any], tangents: Sequence[Any], **where: Any) -> tuple[Any, Any]:
    """Return the result and its change; whether a result is 0 tells what passes."""
    x, kernel, _ = primals
    result = RELU.bind(*primals, **where)
    changes = (
        lambda dx: OUTPUTS.bind(dx, kernel, size=None, **where),
        lambda d_kernel: OUTPUTS.bind(x, d_kernel, size=None, **where),
        lambda d_bias: jnp.broadcast_to(d_bias, result.shape),
    )
    given = [change(d) for change, d in zip(changes, tangents, strict=True) if type(d) is not ad.Zero]
    return result, jnp.where(result > 0, functools.reduce(jnp.add, given), 0)


ad.primitive_jvps[RELU] = _relu_jvp
