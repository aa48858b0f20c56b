"""A layer to and from its configuration: the constructor's arguments, and the shapes it was built with."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from hornbeam._core import tree
from hornbeam._core.op import Operation
from hornbeam._core.serialize import Configurable, constructor_config, deserialize, serialize
from hornbeam._core.tracking import Tracked

# Arguments that get_config writes itself, or that have no attribute of their name (`weights` is a property of layers).
_NOT_OWN = frozenset(
    {"activity_regularizer", "trainable", "dtype", "autocast", "name", "kwargs", "weights", "output_shape"}
)


class LayerConfig(Tracked):
    """What every layer knows about its configuration; Layer inherits it."""

    _policies_to_save: Any
    activity_regularizer: Any
    build: Any
    _build_shapes: dict[str, Any]

    @classmethod
    def _arguments(cls) -> list[str]:
        """Return the names of all arguments that the constructors of `cls` and of its parents take."""
        names: dict[str, None] = {}
        for c in cls.__mro__:
            if c is Operation:
                break
            if "__init__" in c.__dict__:
                names |= dict.fromkeys(inspect.signature(c.__init__).parameters)  # type: ignore[misc]
        return [name for name in names if name not in ("self", "kwargs")]

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments, so that `from_config` makes an equal layer without its weights."""
        base = {"name": self.name, "trainable": self.trainable, "dtype": serialize(self._policies_to_save())}
        if self.activity_regularizer is not None:
            base["activity_regularizer"] = serialize(self.activity_regularizer)
        parameters = inspect.signature(type(self).__init__).parameters
        if all(p.kind is not p.VAR_KEYWORD for p in parameters.values()):
            base = {n: v for n, v in base.items() if n in parameters}
        return base | constructor_config(self, skip=_NOT_OWN)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """Return a layer made from what `get_config` returned.

        What stands in it for a class's own arguments is made into objects first, unless the class writes its own
        config: then it reads it itself. The package's constructors take configurations for objects.
        """
        own: set[str] = set()
        if cls.get_config.__module__.startswith("hornbeam."):
            users = (c for c in cls.__mro__ if not c.__module__.startswith("hornbeam.") and "__init__" in c.__dict__)
            own.update(name for c in users for name in inspect.signature(c.__init__).parameters)  # type: ignore[misc]
        return cls(**{name: deserialize(value) if name in own else value for name, value in config.items()})

    @property
    def metrics(self) -> list[Any]:
        """The metrics that this layer and the layers inside it keep as attributes."""
        return [
            m for part in self._flatten_layers() for m in part._children(Configurable) if hasattr(m, "update_state")
        ]

    @property
    def metrics_variables(self) -> list[Any]:
        """The state of the metrics."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def get_build_config(self) -> dict[str, Any] | None:
        """Return the shapes that the layer was built with, for files."""
        return self._build_shapes or None

    def build_from_config(self, config: Mapping[str, Any]) -> None:
        """Make the weights for the shapes that `get_build_config` returned."""
        if config and not self.built:
            config = config.get("shapes_dict", config)
            shapes = tree.map_shape_structure(lambda s: s if s is None else tuple(s), dict(config))
            names = inspect.signature(self.build).parameters
            if len(shapes) == 1 and next(iter(shapes)) not in names:
                self.build(next(iter(shapes.values())))
            else:
                self.build(**shapes)
