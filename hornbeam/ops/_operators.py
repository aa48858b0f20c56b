"""Python's operators on KerasTensors and Variables, from one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hornbeam._core.graph import KerasTensor
from hornbeam._core.op import read
from hornbeam._core.state import Variable
from hornbeam.ops import _arithmetic, _contract, _index, _logic, _shape, _unary

_TWO_SIDED = {  # x + y, and y + x where y's class does not know how
    "add": _arithmetic.add,
    "sub": _arithmetic.subtract,
    "mul": _arithmetic.multiply,
    "truediv": _arithmetic.divide,
    "floordiv": _arithmetic.floor_divide,
    "mod": _arithmetic.mod,
    "pow": _arithmetic.power,
    "matmul": _contract.matmul,
    "and": _logic.logical_and,
    "or": _logic.logical_or,
    "xor": _logic.logical_xor,
}
_ONE_SIDED = {  # no == and !=: a Variable and a KerasTensor are themselves, as keys of a dict are
    "lt": _logic.less,
    "le": _logic.less_equal,
    "gt": _logic.greater,
    "ge": _logic.greater_equal,
    "neg": _unary.negative,
    "abs": _unary.abs,
    "invert": _logic.logical_not,
    "round": _unary.round,
    "getitem": _index.get_item,
}


def _method(fn: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any, *args: Any) -> Any:
        return fn(self, *args)

    return method


def _reflected(fn: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any, other: Any) -> Any:
        return fn(other, self)

    return method


def install() -> None:
    """Give KerasTensor and Variable their operators."""
    for cls in (KerasTensor, Variable):
        for name, fn in _TWO_SIDED.items():
            setattr(cls, f"__{name}__", _method(fn))
            setattr(cls, f"__r{name}__", _reflected(fn))
        for name, fn in _ONE_SIDED.items():
            setattr(cls, f"__{name}__", _method(fn))
        cls.__array_priority__ = 100  # type: ignore[attr-defined]  # a NumPy array on the left leaves it to us
    KerasTensor.reshape = _method(_shape.reshape)  # type: ignore[attr-defined]
    KerasTensor.squeeze = _method(_shape.squeeze)  # type: ignore[attr-defined]
    Variable.__pos__ = _method(read)  # type: ignore[attr-defined]
