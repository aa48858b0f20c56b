"""What Keras 3 offers as `keras.backend`: settings, data types and names."""

from hornbeam._core.config import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from hornbeam._core.dtypes import canonical as standardize_dtype
from hornbeam._core.dtypes import is_float as is_float_dtype
from hornbeam._core.dtypes import is_int as is_int_dtype
from hornbeam._core.dtypes import result_type
from hornbeam._core.graph import is_symbolic as is_keras_tensor
from hornbeam._core.names import auto_name, clear_session

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]


def get_uid(prefix: str = "") -> int:
    """Return a number that grows with each call for a `prefix`, from 1."""
    name = auto_name(prefix)
    return 1 if name == prefix else int(name.removeprefix(f"{prefix}_")) + 1
