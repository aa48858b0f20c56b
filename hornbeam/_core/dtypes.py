"""Names of data types, and what type a computation on several of them has."""

import jax.numpy as jnp
import numpy as np

from hornbeam._core import config

ALIASES = {"half": "float16", "float": "float32", "double": "float64", "int": "int32", "uint": "uint32"}
ALLOWED = frozenset(
    "bool int4 int8 int16 int32 int64 uint4 uint8 uint16 uint32 uint64 float16 bfloat16 float32 float64 "
    "float8_e4m3fn float8_e5m2 complex64 complex128 string".split()
)
_FLOATS = ("float16", "bfloat16", "float32", "float64")
_WIDE = ("float64", "complex128")


def canonical(dtype: object) -> str:
    """Return the name of a data type given as a name, a Python type, a NumPy type or a string alias.

    None means the default float type. The name of a type of 64 bits with a fraction switches on JAX's types of 64 bits
    (`jax_enable_x64`), for the whole program and from here on; nothing else changes its type by that.
    """
    if dtype is None:
        return config.floatx()
    if dtype is float:
        return config.floatx()
    if dtype is int:
        return "int32"
    if dtype is bool:
        return "bool"
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None) or str(np.dtype(dtype).name)  # type: ignore[call-overload]
    name = ALIASES.get(name, name)
    if name not in ALLOWED:
        message = f"dtype must be one of {', '.join(sorted(ALLOWED))}; got {dtype!r}."
        raise ValueError(message)
    if name in _WIDE and not isinstance(dtype, np.dtype):  # that of NumPy data is met, not asked for
        config.allow_wide()
    return name


def is_float(dtype: object) -> bool:
    """Return whether `dtype` holds real numbers with a fraction."""
    return canonical(dtype) in _FLOATS or canonical(dtype).startswith("float8")


def is_int(dtype: object) -> bool:
    """Return whether `dtype` holds whole numbers (bool excluded)."""
    return "int" in canonical(dtype)


def result_type(*dtypes: object) -> str:
    """Return the type of a computation on `dtypes`: JAX's promotion, with whole numbers of 64 bits giving floatx.

    >>> result_type("int32", "float16")
    'float16'
    """
    names = [canonical(d) if not isinstance(d, int | float) or isinstance(d, bool) else d for d in dtypes]
    if not names:
        return config.floatx()
    joined = jnp.result_type(*(jnp.dtype(n) if isinstance(n, str) else n for n in names))
    name = joined.name
    if name == "float64" and "float64" not in names:
        return config.floatx()
    return name
