"""Modules that are imported at their first use, so that `import hornbeam` stays quick and extras stay optional."""

import importlib
from types import ModuleType
from typing import Any


class _LazyModule(ModuleType):
    """Stands for a module until one of its attributes is asked for."""

    def __init__(self, name: str, extra: str | None) -> None:
        super().__init__(name)
        self.__dict__["_extra"] = extra

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__") and attribute.endswith("__"):  # doctest, inspect and copy probe these
            raise AttributeError(attribute)
        name, extra = self.__name__, self._extra
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if extra is None or error.name is None or not name.startswith(error.name):
                raise
            message = f"This needs the package '{name.split('.')[0]}': run `pip install 'hornbeam[{extra}]'`."
            raise ModuleNotFoundError(message, name=error.name) from None
        value = getattr(module, attribute)
        self.__dict__[attribute] = value
        return value


def lazy(name: str, extra: str | None = None) -> Any:
    """Return module `name`, imported at its first use; `extra` names the optional dependency group that has it."""
    return _LazyModule(name, extra)
