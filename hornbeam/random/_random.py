"""Random tensors: `keras.random`.

Each function draws from `seed`: a whole number gives the same values at each call, a SeedGenerator new ones, and None
draws from the global generator that `keras.utils.set_random_seed` resets (not inside a compiled function, where a draw
without a seed would repeat at each step: ValueError). A raw JAX key is taken as it is.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core import dtypes
from hornbeam._core.op import op
from hornbeam._core.registry import public
from hornbeam._core.seeds import SeedGenerator, draw_seed
from hornbeam.random._kept import kept

Shape = int | Sequence[int]

public("keras.random", SeedGenerator=SeedGenerator)


def _shape(shape: Shape) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)


def _type(function: str, dtype: Any, *, whole: bool = False) -> Any:
    """Return the dtype to draw in, checked; JAX has no 64 bits unless they are switched on."""
    name = dtypes.canonical(dtype)
    if not (dtypes.is_int if whole else dtypes.is_float)(name):
        message = f"random.{function}: dtype must be {'an integer' if whole else 'a float'} type; got {name!r}."
        raise ValueError(message)
    return jax.dtypes.canonicalize_dtype(name)


def normal(shape: Shape, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> jax.Array:
    """Draw `shape` values of a float `dtype` from a normal distribution.

    >>> import hornbeam as keras
    >>> keras.random.normal((2,), seed=1).round(3).tolist()
    [-1.098..., 0.475...]
    """
    return jax.random.normal(draw_seed(seed), _shape(shape), _type("normal", dtype)) * stddev + mean


def truncated_normal(
    shape: Shape, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None
) -> jax.Array:
    """Draw `shape` values of a float `dtype` from a normal distribution, within two standard deviations of its mean.

    >>> import hornbeam as keras
    >>> bool(abs(keras.random.truncated_normal((1000,), seed=1)).max() < 2)
    True
    """
    drawn = jax.random.truncated_normal(draw_seed(seed), -2.0, 2.0, _shape(shape), _type("truncated_normal", dtype))
    return drawn * stddev + mean


def uniform(shape: Shape, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None) -> jax.Array:
    """Draw `shape` values of a float `dtype`, uniform in [minval, maxval).

    >>> import hornbeam as keras
    >>> x = keras.random.uniform((1000,), 2, 3, seed=1)
    >>> bool((x >= 2).all() and (x < 3).all())
    True
    """
    return jax.random.uniform(draw_seed(seed), _shape(shape), _type("uniform", dtype), minval, maxval)


def randint(shape: Shape, minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None) -> jax.Array:
    """Draw `shape` whole numbers of an integer `dtype`, from minval to maxval - 1.

    >>> import hornbeam as keras
    >>> sorted(set(keras.random.randint((100,), 0, 3, seed=1).tolist()))
    [0, 1, 2]
    """
    return jax.random.randint(draw_seed(seed), _shape(shape), minval, maxval, _type("randint", dtype, whole=True))


@op
def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> jax.Array:
    """Draw `num_samples` classes for each row of `logits` (batch, classes), unnormalized log-probabilities.

    The result is (batch, num_samples), of an integer `dtype`. Logits of another rank raise ValueError.

    >>> import hornbeam as keras
    >>> keras.random.categorical([[0.0, 100.0]], 3, seed=1).tolist()
    [[1, 1, 1]]
    """
    logits = jnp.asarray(logits)
    if logits.ndim != 2:
        message = f"random.categorical: logits must be (batch, classes); got the shape {logits.shape}."
        raise ValueError(message)
    shape = (logits.shape[0], num_samples)
    drawn = jax.random.categorical(draw_seed(seed), logits[:, :, None], axis=1, shape=shape)
    return drawn.astype(_type("categorical", dtype, whole=True))


@op
def dropout(inputs: Any, rate: float, noise_shape: Sequence[int | None] | None = None, seed: Any = None) -> jax.Array:
    """Set elements of `inputs` to 0 with probability `rate`, and divide the others by 1 - rate.

    `noise_shape` is the shape of the mask, broadcast to that of `inputs`; None in it means the length that `inputs` has
    there. A rate outside [0, 1] raises ValueError.

    >>> import hornbeam as keras
    >>> keras.random.dropout([[1.0, 1.0, 1.0, 1.0]], 0.5, seed=1).tolist()
    [[2.0, 0.0, 0.0, 2.0]]
    """
    inputs = jnp.asarray(inputs)
    if not 0 <= rate <= 1:
        message = f"random.dropout: rate must be from 0 to 1; got {rate!r}."
        raise ValueError(message)
    if rate == 0:
        return inputs
    if rate == 1:
        return jnp.zeros_like(inputs)
    shape = inputs.shape
    if noise_shape is not None:
        shape = tuple(inputs.shape[axis] if length is None else length for axis, length in enumerate(noise_shape))
    keep = 1.0 - rate
    return jnp.where(kept(draw_seed(seed), keep, shape), inputs / keep, 0)


@op
def shuffle(x: Any, axis: int = 0, seed: Any = None) -> jax.Array:
    """Return `x` with its elements along `axis` in random order, each line along it in an order of its own.

    >>> import hornbeam as keras
    >>> sorted(keras.random.shuffle([3, 1, 2], seed=1).tolist())
    [1, 2, 3]
    """
    return jax.random.permutation(draw_seed(seed), jnp.asarray(x), axis, independent=True)


def gamma(shape: Shape, alpha: Any, dtype: Any = None, seed: Any = None) -> jax.Array:
    """Draw `shape` values of a float `dtype` from gamma distributions; `alpha`, their shape parameter, broadcasts.

    >>> import hornbeam as keras
    >>> bool((keras.random.gamma((100,), 0.5, seed=1) >= 0).all())
    True
    """
    return jax.random.gamma(draw_seed(seed), jnp.asarray(alpha), _shape(shape), _type("gamma", dtype))


def binomial(shape: Shape, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None) -> jax.Array:
    """Draw `shape` numbers of successes among `counts` trials that succeed with `probabilities`; both broadcast.

    The numbers are whole and of a float `dtype`.

    >>> import hornbeam as keras
    >>> keras.random.binomial((3,), counts=5, probabilities=1.0, seed=1).tolist()
    [5.0, 5.0, 5.0]
    """
    counts, probabilities = jnp.asarray(counts), jnp.asarray(probabilities)
    return jax.random.binomial(draw_seed(seed), counts, probabilities, _shape(shape), _type("binomial", dtype))


def beta(shape: Shape, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> jax.Array:
    """Draw `shape` values of a float `dtype` from beta distributions; their parameters `alpha` and `beta` broadcast.

    >>> import hornbeam as keras
    >>> x = keras.random.beta((100,), 2.0, 3.0, seed=1)
    >>> bool(((x > 0) & (x < 1)).all())
    True
    """
    return jax.random.beta(draw_seed(seed), jnp.asarray(alpha), jnp.asarray(beta), _shape(shape), _type("beta", dtype))
