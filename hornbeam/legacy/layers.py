"""`merge`, which made one tensor of several in Keras 1; a layer per mode took its place."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hornbeam import layers
from hornbeam.legacy._behaviour import numbered

__all__ = ["merge"]

_MODES: Mapping[str, Callable[..., Any]] = {
    "sum": layers.Add,
    "mul": layers.Multiply,
    "ave": layers.Average,
    "max": layers.Maximum,
}


def merge(
    inputs: Sequence[Any],
    mode: str | Callable[..., Any] = "sum",
    concat_axis: int = -1,
    dot_axes: int | Sequence[int] = -1,
    output_shape: Any = None,
    output_mask: Any = None,
    arguments: Mapping[str, Any] | None = None,
    name: str | None = None,
) -> Any:
    """Return symbolic tensors as one: by 'sum', 'mul', 'ave', 'max', 'concat', 'dot', 'cos', or a function of them.

    >>> import hornbeam as keras
    >>> a, b = keras.Input((3,)), keras.Input((4,))
    >>> merge([a, b], mode="concat").shape
    (None, 7)
    """
    name = name or numbered("merge", 1)
    if callable(mode):
        layer = layers.Lambda(mode, output_shape=output_shape, mask=output_mask, arguments=arguments, name=name)
    elif mode == "concat":
        layer = layers.Concatenate(axis=concat_axis, name=name)
    elif mode in ("dot", "cos"):
        layer = layers.Dot(axes=dot_axes, normalize=mode == "cos", name=name)
    elif mode in _MODES:
        layer = _MODES[mode](name=name)
    else:
        known = ", ".join(map(repr, (*_MODES, "concat", "dot", "cos")))
        message = f"mode must be a function or one of {known}; got {mode!r}."
        raise ValueError(message)
    return layer(list(inputs))
