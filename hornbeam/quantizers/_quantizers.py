"""Objects that quantize, by name or configuration: `keras.quantizers.Quantizer` and its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hornbeam._core.family import Family
from hornbeam._core.registry import public
from hornbeam._core.serialize import Configurable
from hornbeam._core.serialize import serialize as _serialize
from hornbeam.quantizers._functions import abs_max_quantize


class Quantizer(Configurable):
    """A rule that turns arrays into whole numbers: subclass it with `__call__(x)`; this one returns `x` as it is.

    Args:
        output_dtype: the type of the whole numbers.

    >>> import hornbeam as keras
    >>> keras.Quantizer()(3.0)
    3.0
    """

    def __init__(self, output_dtype: str = "int8") -> None:
        self.output_dtype = output_dtype

    def __call__(self, x: Any) -> Any:
        return x


class AbsMaxQuantizer(Quantizer):
    """Whole numbers in proportion to the largest element: see `abs_max_quantize`.

    Args:
        axis: the axes over which the largest element is taken; None for the last one.
        value_range: the smallest and the largest whole number.
        epsilon: added to the largest element.
        output_dtype: the type of the whole numbers.

    >>> import hornbeam as keras
    >>> numbers, scale = keras.quantizers.AbsMaxQuantizer(axis=-1)(keras.ops.array([[1.0, -2.0]]))
    >>> numbers.tolist()
    [[64, -127]]
    """

    def __init__(
        self,
        axis: int | tuple[int, ...] | None = None,
        value_range: tuple[int, int] = (-127, 127),
        epsilon: float = 1e-7,
        output_dtype: str = "int8",
    ) -> None:
        super().__init__(output_dtype)
        self.axis = axis if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self.value_range: tuple[int, int] = (value_range[0], value_range[1])
        self.epsilon = epsilon

    def __call__(self, x: Any, axis: Any = None, to_numpy: bool = False) -> tuple[Any, Any]:
        """Return the whole numbers and their scale; `axis` goes before the constructor's."""
        axis = next(a for a in (axis, self.axis, -1) if a is not None)
        return abs_max_quantize(x, axis, self.value_range, self.output_dtype, self.epsilon, to_numpy)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments; `axis` only if it was given."""
        return {k: v for k, v in super().get_config().items() if k != "axis" or v is not None}


FAMILY = Family("quantizer", "keras.quantizers", {"AbsMaxQuantizer": AbsMaxQuantizer, "Quantizer": Quantizer})
FAMILY.table["abs_max_quantizer"] = AbsMaxQuantizer
public("keras", Quantizer=Quantizer)


def get(identifier: Any, **kwargs: Any) -> Any:
    """Return the quantizer that a name, a class, a configuration or an object stands for; `kwargs` go to the class.

    >>> import hornbeam as keras
    >>> keras.quantizers.get("abs_max_quantizer", axis=0).axis
    (0,)
    """
    if identifier is None:
        return None
    if isinstance(identifier, str) and kwargs:
        return FAMILY.table[identifier](**kwargs) if identifier in FAMILY.table else FAMILY.get(identifier)
    return FAMILY.get(identifier)


def serialize(initializer: Any) -> Any:
    """Return the configuration of a quantizer, with its class, as JSON has it."""
    return _serialize(initializer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the quantizer that a name or `serialize`'s result describes."""
    return FAMILY.deserialize(config, custom_objects)
