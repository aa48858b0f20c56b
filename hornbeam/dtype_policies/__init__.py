"""Which types weights and computations have: `keras.dtype_policies`."""

# Names in paragraphs:
# isort: off
# fmt: off

from hornbeam.dtype_policies._policy import (DTypePolicy, deserialize, dtype_policy, get, serialize, set_dtype_policy)
from hornbeam.dtype_policies._quantized import (
    AWQDTypePolicy, DTypePolicyMap, GPTQDTypePolicy, Int4DTypePolicy, QuantizedDTypePolicy, QuantizedFloat8DTypePolicy,
)

FloatDTypePolicy = DTypePolicy

__all__ = [
    "AWQDTypePolicy", "DTypePolicy", "DTypePolicyMap", "FloatDTypePolicy", "GPTQDTypePolicy", "Int4DTypePolicy",
    "QuantizedDTypePolicy", "QuantizedFloat8DTypePolicy", "deserialize", "dtype_policy", "get", "serialize",
    "set_dtype_policy",
]
