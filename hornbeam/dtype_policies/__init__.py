"""Which types weights and computations have: `keras.dtype_policies`."""

from hornbeam.dtype_policies._policy import (
    DTypePolicy,
    deserialize,
    dtype_policy,
    get,
    serialize,
    set_dtype_policy,
)

__all__ = ["DTypePolicy", "deserialize", "dtype_policy", "get", "serialize", "set_dtype_policy"]
