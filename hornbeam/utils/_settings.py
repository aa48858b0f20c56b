"""A bag of named settings that can be locked."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


class Config:
    """Named settings, read and set as attributes or as items; `freeze()` locks them.

    >>> import hornbeam as keras
    >>> config = keras.utils.Config(rate=0.1)
    >>> config.units = 32
    >>> config["units"], config.as_dict()
    (32, {'rate': 0.1, 'units': 32})
    """

    def __init__(self, **kwargs: Any) -> None:
        object.__setattr__(self, "_settings", dict(kwargs))
        object.__setattr__(self, "_frozen", False)

    def _changed(self) -> dict[str, Any]:
        if self._frozen:
            message = "The Config is frozen: call unfreeze() before changing it."
            raise ValueError(message)
        return self._settings

    @property
    def frozen(self) -> bool:
        """Whether changes are refused."""
        return self._frozen

    def freeze(self) -> None:
        """Refuse changes from here on."""
        object.__setattr__(self, "_frozen", True)

    def unfreeze(self) -> None:
        """Allow changes again."""
        object.__setattr__(self, "_frozen", False)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as a new dict."""
        return dict(self._settings)

    def to_json(self) -> str:
        """Return the settings as JSON."""
        return json.dumps(self._settings)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a setting, or `default`."""
        return self._settings.get(name, default)

    def pop(self, *args: Any) -> Any:
        """Remove a setting and return it, as `dict.pop` does."""
        return self._changed().pop(*args)

    def update(self, *args: Mapping[str, Any], **kwargs: Any) -> None:
        """Set several settings, as `dict.update` does."""
        self._changed().update(*args, **kwargs)

    def keys(self) -> Any:
        """Return the names."""
        return self._settings.keys()

    def values(self) -> Any:
        """Return the values."""
        return self._settings.values()

    def items(self) -> Any:
        """Return pairs of name and value."""
        return self._settings.items()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self._settings:
            known = ", ".join(map(repr, self.__dict__.get("_settings", {})))
            message = f"The Config has the settings {known}; got {name!r}."
            raise AttributeError(message)
        return self._settings[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self._changed()[name] = value

    def __delattr__(self, name: str) -> None:
        del self._changed()[name]

    def __getitem__(self, name: str) -> Any:
        return self._settings[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._changed()[name] = value

    def __delitem__(self, name: str) -> None:
        del self._changed()[name]

    def __contains__(self, name: object) -> bool:
        return name in self._settings

    def __iter__(self) -> Iterator[str]:
        return iter(self._settings)

    def __len__(self) -> int:
        return len(self._settings)

    def __repr__(self) -> str:
        return f"<Config {self._settings}>"
