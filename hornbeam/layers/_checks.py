"""What the constructors of layers check, so that every layer refuses in the same words and names itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from hornbeam._core import config
from hornbeam._core.serialize import deserialize
from hornbeam.layers._layer import Layer


def refusal(layer: Layer, expected: str, got: str) -> ValueError:
    """Return the error that says what `layer` expects and what came."""
    return ValueError(f"Layer {layer.path!r} ({type(layer).__name__}) expects {expected}; got {got}.")


def whole(layer: Layer, name: str, value: Any, least: int = 1) -> int:
    """Return argument `name` as an int of at least `least`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or int(value) < least:
        what = "a positive whole number" if least == 1 else f"a whole number of at least {least}"
        raise refusal(layer, f"{name} to be {what}", f"{name}={value!r}")
    return int(value)


def within(layer: Layer, name: str, value: Any, low: float, high: float) -> Any:
    """Return argument `name`, a number from `low` to `high`."""
    if not isinstance(value, Real) or not low <= float(value) <= high:
        raise refusal(layer, f"{name} to be a number from {low:g} to {high:g}", f"{name}={value!r}")
    return value


def one_of(layer: Layer, name: str, value: Any, allowed: Sequence[Any]) -> Any:
    """Return argument `name`, one of `allowed`, in small letters."""
    value = value.lower() if isinstance(value, str) else value
    if value not in allowed:
        raise refusal(layer, f"{name} to be one of {', '.join(map(repr, allowed))}", f"{name}={value!r}")
    return value


def per_axis(layer: Layer, name: str, value: Any, rank: int, least: int = 1) -> tuple[int, ...]:
    """Return argument `name`, a whole number or one for each of `rank` axes, as a tuple."""
    each = (value,) * rank if isinstance(value, Integral) else value
    if (
        not isinstance(each, Iterable)
        or isinstance(each, str)
        or len(each := tuple(each)) != rank
        or any(not isinstance(v, Integral) or isinstance(v, bool) or int(v) < least for v in each)
    ):
        kind = "positive whole number" if least == 1 else f"whole number of at least {least}"
        many = f" or {rank} of them" if rank > 1 else ""
        raise refusal(layer, f"{name} to be a {kind}{many}", f"{name}={value!r}")
    return tuple(int(v) for v in each)


def data_format(layer: Layer, value: str | None) -> str:
    """Return the order of axes, the default one where `value` is None."""
    return config.image_data_format() if value is None else one_of(layer, "data_format", value, config.DATA_FORMATS)


def axis_of(layer: Layer, axis: Any, shape: Sequence[int | None]) -> int:
    """Return `axis` counted from the front of `shape`."""
    if not isinstance(axis, Integral) or not -len(shape) <= int(axis) < len(shape):
        rank = len(shape)
        raise refusal(layer, f"axis from {-rank} to {rank - 1}, the input having rank {rank}", f"axis={axis!r}")
    return int(axis) % len(shape)


def as_layer(layer: Layer, name: str, value: Any) -> Any:
    """Return argument `name`, a layer or its configuration, as a layer."""
    value = deserialize(value) if isinstance(value, Mapping) else value
    if not isinstance(value, Layer):
        raise refusal(layer, f"{name} to be a layer", f"{value!r}")
    return value


def known(layer: Layer, what: str, length: int | None, shape: Any) -> int:
    """Return a length that a weight is to have, refused where it is not known."""
    if length is None:
        raise refusal(layer, f"an input whose {what} is known", f"shape {tuple(shape)}")
    return length
