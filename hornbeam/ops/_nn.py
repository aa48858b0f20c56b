"""Class codes, cross-entropies and normalizations."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core import config, dtypes
from hornbeam._core.lazy import lazy
from hornbeam._core.op import op
from hornbeam.native import is_native, scaled, serves, with_gradient
from hornbeam.ops._arrays import Axis, Tensor, as_array, inexact

LEAST_IN_ROW = 64  # of what is normalized, for a kernel of our own
LEAST_IN_SAMPLE, LEAST_NORMALIZED = 1 << 12, 1 << 19  # numbers of a sample, and in all

jax_sparse = lazy("jax.experimental.sparse")


def whole(x: Tensor, name: str, argument: str) -> jax.Array:
    """Return `x` as an array, refused where its dtype has a fraction."""
    x = as_array(x)
    if x.dtype.kind not in "biu":
        message = f"{name}: {argument} must hold whole numbers (class numbers); got dtype {x.dtype.name}."
        raise TypeError(message)
    return x


@op
def one_hot(x: Tensor, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Tensor:
    """Return for each class number a line of `num_classes` zeros with a 1 at its place.

    `x` holds whole numbers; floats raise TypeError, and a number outside of 0..num_classes-1 gives zeros alone. The
    new axis stands at `axis`; `dtype` None means floatx; `sparse` gives a sparse array of JAX.

    >>> from hornbeam import ops
    >>> ops.one_hot([1, 0], 3).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    x = whole(x, "one_hot", "x")
    hot = jax.nn.one_hot(x, num_classes, axis=axis, dtype=dtypes.canonical(dtype))
    return jax_sparse.BCOO.fromdense(hot, nse=x.size) if sparse else hot


@op
def multi_hot(
    inputs: Tensor,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: Any = None,
    sparse: bool = False,
    **kwargs: Any,
) -> Tensor:
    """Return for each line of class numbers one line of `num_classes` zeros with a 1 at each of its places.

    `inputs` is (batch, labels) or (labels,), of whole numbers; floats raise TypeError. `num_tokens` is an old name of
    `num_classes`.

    >>> from hornbeam import ops
    >>> ops.multi_hot([[0, 2]], 3).tolist()
    [[1.0, 0.0, 1.0]]
    """
    num_classes = kwargs.pop("num_tokens", num_classes)
    if num_classes is None or kwargs:
        message = f"multi_hot: num_classes must be given, and nothing unknown; got num_classes={num_classes}, {kwargs}."
        raise ValueError(message)
    inputs = whole(inputs, "multi_hot", "inputs")
    reduced = 1 if inputs.ndim > 1 else 0
    hot = jnp.max(jax.nn.one_hot(inputs, num_classes, axis=axis, dtype=dtypes.canonical(dtype)), axis=reduced)
    return jax_sparse.BCOO.fromdense(hot, nse=inputs.size) if sparse else hot


def _check_entropy(name: str, target: jax.Array, output: jax.Array) -> None:
    if target.shape != output.shape:
        message = f"{name}: target and output must have one shape; got {target.shape} and {output.shape}."
        raise ValueError(message)


def _between(output: jax.Array) -> jax.Array:
    """Return probabilities kept away from 0 and 1, where a logarithm would be infinite."""
    epsilon = config.epsilon()
    return jnp.clip(output, epsilon, 1 - epsilon)


@op
def binary_crossentropy(target: Tensor, output: Tensor, from_logits: bool = False) -> Tensor:
    """Return -(target * log(output) + (1 - target) * log(1 - output)), element by element.

    `output` holds probabilities, or with `from_logits` what a sigmoid is to be taken of.

    >>> from hornbeam import ops
    >>> ops.binary_crossentropy([1.0, 0.0], [0.5, 0.5]).round(4).tolist()
    [0.6930999755859375, 0.6930999755859375]
    """
    target, output = as_array(target), as_array(output)
    _check_entropy("binary_crossentropy", target, output)
    if from_logits:
        return -target * jax.nn.log_sigmoid(output) - (1 - target) * jax.nn.log_sigmoid(-output)
    output = _between(output)
    return -(target * jnp.log(output) + (1 - target) * jnp.log(1 - output))


@op
def categorical_crossentropy(target: Tensor, output: Tensor, from_logits: bool = False, axis: int = -1) -> Tensor:
    """Return -sum(target * log(output)) along `axis`, `output` first scaled to sum to 1.

    Both are (..., classes); with `from_logits`, `output` is what a softmax is to be taken of.

    >>> from hornbeam import ops
    >>> float(ops.categorical_crossentropy([0.0, 1.0], [0.5, 0.5]).round(4))
    0.6930999755859375
    """
    target, output = as_array(target), as_array(output)
    _check_entropy("categorical_crossentropy", target, output)
    if not target.ndim:
        message = f"categorical_crossentropy: target and output must have a class axis; got shape {target.shape}."
        raise ValueError(message)
    return -jnp.sum(target * _log_probabilities(output, from_logits, axis), axis)


def _log_probabilities(output: jax.Array, from_logits: bool, axis: int) -> jax.Array:
    if from_logits:
        return jax.nn.log_softmax(output, axis)
    return jnp.log(_between(output / jnp.sum(output, axis, keepdims=True)))


@op
def sparse_categorical_crossentropy(
    target: Tensor, output: Tensor, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """Return -log(output) at the class number `target`, `output` first scaled to sum to 1 along `axis`.

    `target` is (...) or (..., 1) of class numbers, `output` is (..., classes); with `from_logits`, `output` is what a
    softmax is to be taken of. A target outside of the classes gives 0.

    >>> from hornbeam import ops
    >>> float(ops.sparse_categorical_crossentropy(1, [0.5, 0.5]).round(4))
    0.6930999755859375
    """
    target, output = as_array(target).astype("int32"), as_array(output)
    if not output.ndim:
        message = f"sparse_categorical_crossentropy: output must have a class axis; got shape {output.shape}."
        raise ValueError(message)
    if target.ndim == output.ndim and target.shape[-1] == 1:
        target = jnp.squeeze(target, -1)
    expected = output.shape[:axis] + output.shape[axis:][1:]
    if target.shape != expected:
        message = (
            "sparse_categorical_crossentropy: target must have output's shape without the class axis, "
            f"{expected}; got {target.shape}."
        )
        raise ValueError(message)
    log = _log_probabilities(output, from_logits, axis)
    return -jnp.sum(jax.nn.one_hot(target, output.shape[axis], axis=axis, dtype=config.floatx()) * log, axis)


@op
def batch_normalization(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    axis: int,
    offset: Tensor = None,
    scale: Tensor = None,
    epsilon: float = 1e-3,
) -> Tensor:
    """Return (x - mean) / sqrt(variance + epsilon) * scale + offset, these of one number per step of `axis`.

    Ioffe and Szegedy, 2015.

    >>> from hornbeam import ops
    >>> ops.batch_normalization([[1.0], [3.0]], [2.0], [1.0], axis=-1, epsilon=0.0).tolist()
    [[-1.0], [1.0]]
    """
    x = as_array(x)
    shape = [1] * x.ndim
    shape[axis] = as_array(mean).shape[0]
    mean, variance = (jnp.reshape(as_array(v), shape) for v in (mean, variance))
    factor = jax.lax.rsqrt(variance + epsilon)
    if scale is not None:
        factor = factor * jnp.reshape(as_array(scale), shape)
    shift = -mean * factor
    if offset is not None:
        shift = shift + jnp.reshape(as_array(offset), shape)
    if axis in (-1, x.ndim - 1) and x.dtype == factor.dtype and serves(x):
        return scaled(x, jnp.reshape(factor, -1)) + shift
    return x * factor + shift


@op
def normalize(x: Tensor, axis: Axis = -1, order: float = 2, epsilon: float | None = None) -> Tensor:
    """Return x divided by its norm along `axis`, the norm being at least `epsilon` (None: 1e-7).

    `order` 2 is the square root of the sum of squares; others as in `norm`.

    >>> from hornbeam import ops
    >>> ops.normalize([3.0, 0.0]).tolist()
    [1.0, 0.0]
    """
    x = inexact(x)
    epsilon = config.epsilon() if epsilon is None else epsilon
    axis = tuple(axis) if isinstance(axis, list) else axis
    if order == 2:
        limit = min(1 / epsilon, float(jnp.finfo(x.dtype).max))
        return x * jnp.minimum(jax.lax.rsqrt(jnp.sum(jnp.square(x), axis, keepdims=True)), limit)
    return x / jnp.maximum(jnp.linalg.norm(x, order, axis, keepdims=True), epsilon)


def _widened(x: jax.Array, *weights: Tensor) -> tuple[Any, ...]:
    """Return `x` and weights in the type that a normalization is computed in: float32 for half precision."""
    wide = jnp.promote_types(x.dtype, "float32")
    return tuple(None if v is None else as_array(v).astype(wide) for v in (x, *weights))


def _lined_up(weight: jax.Array, x: jax.Array, axis: int | tuple[int, ...]) -> jax.Array:
    """Return a weight in the shape that stands beside `x` along `axis`."""
    places = {a % x.ndim for a in ((axis,) if isinstance(axis, int) else axis)}
    return jnp.reshape(weight, [d if i in places else 1 for i, d in enumerate(x.shape)])


@op
def layer_normalization(
    x: Tensor,
    gamma: Tensor = None,
    beta: Tensor = None,
    axis: Any = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> Tensor:
    """Return (x - mean) / sqrt(variance + epsilon) * gamma + beta, both taken along `axis`; epsilon None means 1e-7.

    `gamma` and `beta` have the shape of the axes; half precision is computed in float32. Ba et al., 2016. With the
    deprecated `rms_scaling=True` no mean is subtracted, and `beta` is not added.

    >>> from hornbeam import ops
    >>> ops.layer_normalization([1.0, 3.0]).round(4).tolist()
    [-1.0, 1.0]
    """
    rms_scaling = kwargs.pop("rms_scaling", False)
    if kwargs:
        message = f"layer_normalization: nothing beyond the arguments listed is known; got {kwargs}."
        raise TypeError(message)
    x = inexact(x)
    axis = tuple(axis) if isinstance(axis, list) else axis
    epsilon = config.epsilon() if epsilon is None else epsilon
    wide, gamma, beta = _widened(x, gamma, beta)
    if not rms_scaling and _is_for_kernel(wide, gamma, beta, axis, epsilon):
        return _by_kernel(wide, gamma, beta, epsilon=float(epsilon)).astype(x.dtype)
    return _layer_normalized(wide, gamma, beta, axis, epsilon, rms_scaling=rms_scaling).astype(x.dtype)


def _layer_normalized(x: Any, gamma: Any, beta: Any, axis: Any, epsilon: Any, *, rms_scaling: bool = False) -> Any:
    mean = jnp.mean(x, axis, keepdims=True)
    deviation = x - mean  # its uses share one pass over memory, forward and back
    factor = jax.lax.rsqrt(jnp.mean(jnp.square(deviation), axis, keepdims=True) + epsilon)
    result = (x if rms_scaling else deviation) * factor
    if gamma is not None:
        result = result * _lined_up(gamma, x, axis)
    if beta is not None and not rms_scaling:
        result = result + _lined_up(beta, x, axis)
    return result


@with_gradient("layer_normalization", ("epsilon",))
def _by_kernel(x: Any, gamma: Any, beta: Any, *, epsilon: float) -> Any:
    return _layer_normalized(x, gamma, beta, -1, epsilon)


def _is_for_kernel(x: Any, gamma: Any, beta: Any, axis: Any, epsilon: Any) -> bool:
    """Return whether a kernel of our own can do it, and pays: over the last axis, of many numbers."""
    last = axis if isinstance(axis, int) else axis[0] if len(axis) == 1 else None
    if last is None or last % x.ndim != x.ndim - 1 or gamma is None or beta is None or x.dtype != jnp.float32:
        return False
    known = all(isinstance(n, int) and n for n in x.shape) and isinstance(epsilon, int | float)
    if not known or not gamma.shape == beta.shape == x.shape[-1:] or not gamma.dtype == beta.dtype == x.dtype:
        return False
    least = max(LEAST_NORMALIZED, LEAST_IN_SAMPLE * x.shape[0])
    return x.shape[-1] >= LEAST_IN_ROW and x.size >= least and is_native()


@op
def rms_normalization(x: Tensor, scale: Tensor = None, axis: Any = -1, epsilon: float | None = None) -> Tensor:
    """Return x / sqrt(mean(x^2) + epsilon) * scale, the mean along `axis`; epsilon None means 1e-7.

    Half precision is computed in float32. Zhang and Sennrich, 2019.

    >>> from hornbeam import ops
    >>> ops.rms_normalization([2.0, -2.0]).round(3).tolist()
    [1.0, -1.0]
    """
    x = inexact(x)
    axis = tuple(axis) if isinstance(axis, list) else axis
    epsilon = config.epsilon() if epsilon is None else epsilon
    wide, scale = _widened(x, scale)
    result = wide * jax.lax.rsqrt(jnp.mean(jnp.square(wide), axis, keepdims=True) + epsilon)
    return (result if scale is None else result * scale).astype(x.dtype)


@op
def psnr(x1: Tensor, x2: Tensor, max_val: float) -> Tensor:
    """Return the peak signal-to-noise ratio in decibels: 20 log10(max_val) - 10 log10(mean squared difference).

    >>> from hornbeam import ops
    >>> float(ops.psnr([1.0, 0.0], [0.0, 1.0], max_val=1.0))
    0.0
    """
    x1, x2 = inexact(x1), inexact(x2)
    if x1.shape != x2.shape:
        message = f"psnr: x1 and x2 must have one shape; got {x1.shape} and {x2.shape}."
        raise ValueError(message)
    return 20 * jnp.log10(jnp.asarray(max_val, x2.dtype)) - 10 * jnp.log10(jnp.mean(jnp.square(x1 - x2)))


@op
def polar(abs_: Tensor, angle: Tensor) -> Tensor:
    """Return complex numbers from their absolute values and their angles in radians.

    >>> from hornbeam import ops
    >>> ops.polar([2.0], [0.0]).tolist()
    [(2+0j)]
    """
    size, angle = inexact(abs_), inexact(angle)
    return jax.lax.complex(size * jnp.cos(angle), size * jnp.sin(angle))
