"""What inputs a layer takes, and the error that names layer, expectation and what came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hornbeam._core import dtypes, tree


class InputSpec:
    """The dtype, shape, rank and axes that a layer expects of an input; what is None is free.

    >>> import hornbeam as keras
    >>> keras.InputSpec(ndim=2, axes={-1: 4})
    InputSpec(ndim=2, axes={-1: 4})
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = None if dtype is None else dtypes.canonical(dtype)
        self.shape = None if shape is None else tuple(shape)
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.axes = {int(k): v for k, v in (axes or {}).items()}
        self.allow_last_axis_squeeze, self.name, self.optional = allow_last_axis_squeeze, name, optional

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` takes."""
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> InputSpec:
        """Return the InputSpec that `get_config` described."""
        return cls(**config)

    def problem(self, shape: tuple[int | None, ...]) -> str | None:
        """Return what is expected that `shape` is not, or None."""
        if self.ndim is not None and len(shape) != self.ndim:
            return f"an input of rank {self.ndim}{self._shown()}"
        if self.min_ndim is not None and len(shape) < self.min_ndim:
            return f"an input of rank {self.min_ndim} or more"
        if self.max_ndim is not None and len(shape) > self.max_ndim:
            return f"an input of rank {self.max_ndim} or less"
        for axis, length in self.axes.items():
            if length is not None and -len(shape) <= axis < len(shape) and shape[axis] not in (length, None):
                return f"axis {axis} of length {length}"
        if self.shape is not None and any(
            a is not None and b not in (a, None) for a, b in zip(self.shape, shape, strict=True)
        ):
            return f"shape {self._batch(self.shape)}"
        return None

    def _shown(self) -> str:
        return f", {self._batch(self.shape)}" if self.shape is not None else ""

    @staticmethod
    def _batch(shape: tuple[int | None, ...]) -> str:
        named = ["batch" if i == 0 and d is None else str(d) for i, d in enumerate(shape)]
        return f"({', '.join(named)}{',' if len(named) == 1 else ''})"

    def __repr__(self) -> str:
        shown = [f"{k}={v!r}" for k, v in vars(self).items() if v is not None and v != {} and v is not False]
        return f"InputSpec({', '.join(shown)})"


def check_input(specs: Any, inputs: Any, layer: Any) -> None:
    """Raise a ValueError when `inputs` are not what the `specs` of `layer` allow."""
    if isinstance(specs, Mapping):
        names, specs = list(specs), list(specs.values())
        inputs = [inputs[n] for n in names] if isinstance(inputs, Mapping) else tree.flatten(inputs)
    specs, inputs = tree.flatten(specs), tree.flatten(inputs)
    if len(specs) != len(inputs):
        message = f"Layer {layer.path!r} expects {len(specs)} inputs; got {len(inputs)}."
        raise ValueError(message)
    for spec, x in zip(specs, inputs, strict=True):
        if spec is None or x is None or not hasattr(x, "shape"):
            continue
        shape = tuple(d if isinstance(d, int) else None for d in x.shape)
        problem = spec.problem(shape)
        if problem and not (spec.allow_last_axis_squeeze and _squeezes(spec, shape)):
            which = f" {spec.name!r}" if spec.name else ""
            message = (
                f"Layer {layer.path!r} ({type(layer).__name__}) input{which} expects {problem}; got shape {shape}."
            )
            raise ValueError(message)


def _squeezes(spec: InputSpec, shape: tuple[int | None, ...]) -> bool:
    """Return whether adding or dropping a last axis of length 1 makes `shape` fit."""
    return (shape[-1:] == (1,) and not spec.problem(shape[:-1])) or not spec.problem((*shape, 1))
