"""Objects of one kind, such as initializers, asked for by name, by class, by configuration or by the object itself."""

from collections.abc import Mapping
from typing import Any

from hornbeam._core import registry, serialize


class Family:
    """The public names of one kind of object; `module` is where users find them, such as 'keras.initializers'."""

    def __init__(self, kind: str, module: str, table: Mapping[str, Any]) -> None:
        self.kind, self.module, self.table = kind, module, dict(table)
        registry.public(module, **self.table)

    def get(self, identifier: Any) -> Any:
        """Return the callable that `identifier` stands for; a class is called without arguments."""
        if isinstance(identifier, str):
            found = registry.lookup(self.kind, identifier, self.table)
        elif isinstance(identifier, Mapping):
            found = self.deserialize(identifier)
        else:
            found = identifier
        if isinstance(found, type):
            found = found()
        if not callable(found):
            message = f"{self.kind} must be a name, a callable, its configuration or None; got {identifier!r}."
            raise ValueError(message)  # noqa: TRY004  # the same for a wrong name and a wrong object, as in Keras
        return found

    def deserialize(self, config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Return the object that a name or a configuration describes; None stays None."""
        with registry.custom_object_scope(custom_objects or {}):
            if isinstance(config, str):
                return self.get(config)
            if isinstance(config, Mapping) and config.get("module") in (None, "", "builtins"):
                config = {**config, "module": self.module}
            return serialize.deserialize(config)
