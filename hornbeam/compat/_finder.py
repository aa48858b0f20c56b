"""The import hook: `keras`, `tensorflow.keras` and their modules of every era, without Keras or TensorFlow.

While the hook is installed it alone answers for the packages `keras` and `tensorflow`; modules of theirs that were
imported before are put aside, and put back afterwards.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from types import ModuleType
from typing import Any

from hornbeam._core.lazy import lazy
from hornbeam.compat._detect import detect, importing_sources
from hornbeam.compat._paths import OLD_PATHS, ROOT_NAMES, TENSORFLOW_PREFIXES

legacy = lazy("hornbeam.legacy")
world = lazy("hornbeam.compat._world")

ROOTS = ("keras", "tensorflow")
KERAS_3 = "3.15.1"  # the Keras whose names Hornbeam has
TENSORFLOW = {1: "2.15.0", 2: "2.15.0", 3: "2.21.0"}  # 2.15 was the last whose tf.keras was Keras 2


class Facade(ModuleType):
    """A module of old whose names are looked up when they are asked for."""

    _finder: Finder

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in ("__all__", "__version__"):
            raise AttributeError(name)
        value = self._finder.attribute(self.__name__, name)
        self.__dict__[name] = value
        return value

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *self._finder.names(self.__name__)})


class Finder(MetaPathFinder, Loader):
    """Answers for `keras` and `tensorflow` with the names of one era; None: decided by who imports first."""

    def __init__(self, era: int | None) -> None:
        self.era = era
        self._facades: dict[str, ModuleType] = {}  # a program that keeps one can go on using it after uninstall()
        self.put_aside = {name: module for name, module in sys.modules.items() if name.split(".")[0] in ROOTS}

    # ---- installing

    def install(self) -> None:
        """Answer imports from now on."""
        for name in self.put_aside:
            del sys.modules[name]
        sys.meta_path.insert(0, self)

    def uninstall(self) -> None:
        """Leave imports as they were."""
        sys.meta_path.remove(self)
        for name in [name for name, module in sys.modules.items() if isinstance(module, Facade)]:
            del sys.modules[name]
        sys.modules.update(self.put_aside)

    # ---- Python's interface

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of a module that this era has."""
        if fullname.split(".", maxsplit=1)[0] not in ROOTS or not self._exists(fullname):
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the facade of a module."""
        if self.era is None:
            self.era = detect(*importing_sources()).era
        return self._facade(spec.name)

    def _facade(self, name: str) -> ModuleType:
        if name not in self._facades:
            module = self._facades[name] = Facade(name, f"Hornbeam, as `{name}` of era {self.era}.")
            module._finder = self  # its own class
        return self._facades[name]

    def exec_module(self, module: ModuleType) -> None:
        """Run nothing: names are looked up when they are asked for."""

    # ---- names

    def attribute(self, module: str, name: str) -> Any:
        """Return attribute `name` of a facade, or raise AttributeError saying what is covered."""
        path = keras_path(module)
        if name == "__all__":
            return self.names(module)
        if name == "__version__":
            return TENSORFLOW[self.era or 3] if path is None else self._version(module)
        try:
            return self._name(module, path, name)
        except AttributeError as error:
            inner = f"{module}.{name}"
            if self._exists(inner):
                return importlib.import_module(inner) if self in sys.meta_path else self._facade(inner)
            raise AttributeError(str(error), name=name, obj=sys.modules.get(module)) from None

    def names(self, module: str) -> list[str]:
        """Return the public names of a facade."""
        path = keras_path(module)
        if path is None:
            return ["keras"]
        if self.era == 3:
            return world.public_names(today(path))
        if path == "":
            return [*ROOT_NAMES, *(p for p in OLD_PATHS if "." not in p)]
        found = self._world(module)
        return sorted({name for space in OLD_PATHS.get(path, ()) for name in found.names(space)})

    def _name(self, module: str, path: str | None, name: str) -> Any:
        if path is None:
            message = (
                f"{module} is Hornbeam's here, which covers tensorflow.keras alone: {module}.{name} is not covered."
            )
            raise AttributeError(message)
        if self.era == 3 or path not in ("", *OLD_PATHS):
            return getattr(today(path), name)
        if path == "":
            spaces: Sequence[str] = [ROOT_NAMES[name]] if name in ROOT_NAMES else []
        else:
            spaces = OLD_PATHS[path]
        return self._first(module, spaces, name)

    def _first(self, module: str, spaces: Sequence[str], name: str) -> Any:
        errors = [AttributeError(f"Hornbeam does not cover {module}.{name}.")]
        for space in spaces:
            try:
                return self._world(module).get(space, name)
            except AttributeError as missing:
                errors.append(missing)
        raise errors[1] if spaces else errors[0]

    def _world(self, module: str) -> Any:
        if module.startswith("tensorflow"):
            return world.world(legacy.TF_KERAS)
        return world.world(legacy.KERAS_1 if self.era == 1 else legacy.KERAS_2)

    def _version(self, module: str) -> str:
        return KERAS_3 if self.era == 3 else self._world(module).dialect.version

    def _exists(self, fullname: str) -> bool:
        path = keras_path(fullname)
        if path is None:
            prefix = fullname.removeprefix("tensorflow").lstrip(".")
            return any(f"{p}.".startswith(f"{prefix}." if prefix else "") for p in TENSORFLOW_PREFIXES)
        if path == "" or (self.era != 3 and path in OLD_PATHS):
            return True
        parts = path.split(".")
        if any(part.startswith("_") for part in parts) or parts[0] in ("cli", "compat", "legacy"):
            return False
        try:
            return importlib.util.find_spec(f"hornbeam.{path}") is not None
        except ModuleNotFoundError:
            return False


def today(path: str) -> ModuleType:
    """Return the module of today at a path below keras; '' is Hornbeam itself."""
    return importlib.import_module(f"hornbeam.{path}".rstrip("."))


def keras_path(fullname: str) -> str | None:
    """Return the path below keras: 'tensorflow.keras.layers' gives 'layers'; None for TensorFlow itself."""
    root, *rest = fullname.split(".")
    if root == "keras":
        return ".".join(rest)
    if "keras" not in rest:
        return None
    at = rest.index("keras")
    return ".".join(rest[at + 1 :]) if ".".join(rest[:at]) in TENSORFLOW_PREFIXES else None
