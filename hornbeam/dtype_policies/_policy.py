"""A policy names two types: that of the weights, and that of the computations."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam._core import config, dtypes
from hornbeam._core.registry import public
from hornbeam._core.serialize import deserialize as _deserialize
from hornbeam._core.serialize import serialize as _serialize


class DTypePolicy:
    """The dtype of a layer's weights and of its computations, by one name.

    'float32' computes and stores in float32; 'mixed_float16' and 'mixed_bfloat16' compute in 16 bits and store
    weights in float32. None is the default float type.

    >>> import hornbeam as keras
    >>> policy = keras.DTypePolicy("mixed_bfloat16")
    >>> policy.compute_dtype, policy.variable_dtype
    ('bfloat16', 'float32')
    """

    quantization_mode: str | None = None

    def __init__(self, name: str | None = None) -> None:
        self.name = config.floatx() if name is None else name
        if not isinstance(self.name, str):
            message = f"DTypePolicy: name must be a string such as 'mixed_bfloat16'; got {name!r}."
            raise TypeError(message)
        if self.name.startswith("mixed_"):
            self.compute_dtype, self.variable_dtype = dtypes.canonical(self.name[6:]), "float32"
        else:
            self.compute_dtype = self.variable_dtype = dtypes.canonical(self.name)

    def convert_input(self, x: Any, autocast: bool, dtype: str) -> Any:
        """Return `x` as an array, real numbers cast to `dtype` when `autocast`."""
        if isinstance(x, np.ndarray | np.generic | float | int):
            x = as_array(x)
        if autocast and isinstance(x, jax.Array) and x.dtype != dtype and jnp.issubdtype(x.dtype, jnp.floating):
            return x.astype(dtype)
        return x

    def get_config(self) -> dict[str, Any]:
        """Return the name."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "DTypePolicy":
        """Return the policy that `get_config` described."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.name == self.name  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f'<{type(self).__name__} "{self.name}">'


def as_array(x: Any) -> Any:
    """Return NumPy data and Python numbers as a JAX array of 32 bits; text and objects as they are.

    Raises OverflowError for whole numbers that 32 bits do not hold.
    """
    array = np.asarray(x)
    if array.dtype.kind not in "biufc" and array.dtype.name not in dtypes.ALLOWED:
        return x
    if array.dtype.itemsize == 8 and array.dtype.kind in "iu" and array.size and not config.is_wide_allowed():
        limits = np.iinfo(np.int32 if array.dtype.kind == "i" else np.uint32)
        low, high = array.min(), array.max()
        if low < limits.min or high > limits.max:
            message = f"Whole numbers must lie in {limits.min}..{limits.max} ({limits.dtype}); got {low}..{high}."
            raise OverflowError(message)
    return jnp.asarray(array)


QUANTIZED: dict[str, Callable[[str, str], DTypePolicy]] = {}  # first part of a mode -> its policy


def dtype_policy() -> DTypePolicy:
    """Return the policy that layers take when they are given none."""
    return config.dtype_policy() or DTypePolicy()


def set_dtype_policy(policy: Any) -> None:
    """Set the policy that layers take when they are given none; None goes back to the default float type."""
    config.set_dtype_policy(None if policy is None else get(policy))


def get(identifier: Any) -> DTypePolicy:
    """Return a policy from a name, a dtype, a config, a policy, or None for the default."""
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, Mapping):
        return _deserialize(identifier)
    name = identifier if isinstance(identifier, str) else dtypes.canonical(identifier)
    mode, middle, source = name.partition("_from_")
    kind = QUANTIZED.get(mode.partition("/")[0] + "/" * ("/" in mode)) if middle else None
    return DTypePolicy(name) if kind is None else kind(mode, source)


def serialize(dtype_policy: DTypePolicy) -> dict[str, Any]:
    """Return the config of a policy."""
    return _serialize(dtype_policy)


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> DTypePolicy:
    """Return the policy that a config describes."""
    return _deserialize(config, custom_objects)


public("keras", DTypePolicy=DTypePolicy, FloatDTypePolicy=DTypePolicy)
