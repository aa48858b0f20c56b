"""The names of one era, made on demand from today's: the same classes with that era's arguments and habits.

A class of an era is a real subclass of today's class, with the same name. Its constructor and methods translate the
era's arguments; its metaclass says that an object of today's class is an instance of it too. Nothing in today's classes
is changed, so a program for Keras 3 in the same process keeps its behaviour.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import inspect
from abc import ABCMeta
from collections.abc import Callable
from types import ModuleType
from typing import Any

from hornbeam import layers, models, optimizers
from hornbeam._core import registry
from hornbeam.compat._paths import SPACES
from hornbeam.legacy import (
    Behaviour,
    Dialect,
    LayerBehaviour,
    ModelBehaviour,
    OptimizerBehaviour,
    SequentialBehaviour,
    mark,
    register_functions,
)
from hornbeam.legacy._rules import Translation, parse_signature

# Kinds of classes, special to general: what each adds to a class of an era; the methods of each are translated.
KINDS = {
    "Sequential": (models.Sequential, SequentialBehaviour),
    "Model": (models.Model, ModelBehaviour),
    "Layer": (layers.Layer, LayerBehaviour),
    "Optimizer": (optimizers.Optimizer, OptimizerBehaviour),
}


class EraClass(ABCMeta):
    """The class of an era's classes: these recognise objects and subclasses of the class of today.

    What a class has in its own `vars` holds for it alone, and not for a user's subclass of it.
    """

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, vars(cls).get("_today", ())) or super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, vars(cls).get("_today", ())) or super().__subclasscheck__(subclass)

    @property
    def __signature__(cls) -> inspect.Signature:
        signature = vars(cls).get("_era_signature")
        if signature is None:
            raise AttributeError(cls.__name__)  # inspect then reads __init__
        return signature


class World:
    """The names that programs of one era find."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._made: dict[tuple[str, str], Any] = {}  # (space, name then) -> what was made for it
        register_functions()

    def get(self, space: str, name: str) -> Any:
        """Return what `name` of a space stands for in this era; AttributeError where it is not covered."""
        key = (space, self.dialect.then(space, name))
        if key not in self._made:
            found = self._find(space, name)
            if isinstance(found, type):
                found = self._class(found, *key)
            elif callable(found) and not isinstance(found, ModuleType):
                found = self._function(found, *key)
            self._made[key] = found
        return self._made[key]

    def names(self, space: str) -> list[str]:
        """Return the names of a space, those included that only this era knows."""
        today = {n for module in modules_of(space) for n in public_names(module)}
        return sorted(today | {n for n in self.dialect.only_then(space) if self.dialect.today(space, n) in today})

    def _find(self, space: str, name: str) -> Any:
        today = self.dialect.today(space, name)
        for module in modules_of(space):
            if today in public_names(module):
                return getattr(module, today)
        near = difflib.get_close_matches(name, self.names(space), n=3)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        message = f"Hornbeam does not cover {name!r} of {self.dialect.name}'s {space}.{hint}"
        raise AttributeError(message)

    def _function(self, function: Callable[..., Any], space: str, name: str) -> Callable[..., Any]:
        """Return a function of the era: its arguments translated, its layers and tensors made the era's."""
        translation = self.dialect.translation(space, name, function)
        if translation is None and space not in ("layers", "models"):
            return function

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if translation is not None:
                args, kwargs = (), translation(args, kwargs)
            return self.adopt(mark(function(*args, **kwargs)))

        if text := self.dialect.signature(space, name):
            call.__signature__ = parse_signature(text)  # type: ignore[attr-defined]
        return call

    def _class(self, cls: type, space: str, name: str) -> type:
        """Return the era's subclass of a class of today, the class itself where nothing changed."""
        kinds = {kind: mixin for kind, (base, mixin) in KINDS.items() if issubclass(cls, base)}
        translation = self.dialect.translation(space, name, cls)
        if next(iter(kinds), None) == "Model":
            translation = self._method("Model", "__init__", cls)
        if not kinds and translation is None:
            return cls
        body = {"__doc__": cls.__doc__, "__module__": f"keras.{space}", "__qualname__": cls.__name__}
        body |= {"_today": cls, "_era": self, "_era_name": name}
        if text := self.dialect.signature(space, name):
            body["_era_signature"] = parse_signature(text)
        formula = self.dialect.formulas.get(f"{space}.{cls.__name__}")
        bases = (*filter(None, [formula]), *(kinds.values() or [Behaviour]), cls)
        era_class = EraClass(cls.__name__, bases, body)
        era_class.__init__ = _translated(era_class, "__init__", translation or Translation(name, cls, None, ()), cls)
        for kind in reversed(kinds):
            for method in self.dialect.methods_of(kind):
                if method not in ("__init__", "add_weight"):
                    source = cls if hasattr(cls, method) else era_class
                    translation = self._method(kind, method, source)
                    setattr(era_class, method, _translated(era_class, method, translation, source))
        registry.public_as(era_class, cls)
        return era_class

    def _method(self, owner: str, method: str, cls: type) -> Translation:
        return self.dialect.method_translation(owner, method, getattr(cls, method))

    def method_arguments(
        self, owner: str, method: str, target: Any, args: tuple[Any, ...], kwargs: Any
    ) -> dict[str, Any]:
        """Return a method's arguments as today's method takes them."""
        return self.dialect.method_translation(owner, method, target)(args, kwargs)

    def optimizer(self, name: str) -> Any:
        """Return the optimizer called `name`, with the era's defaults."""
        known = {n.lower(): n for n in self.names("optimizers")}
        found = self.get("optimizers", known[name.lower()]) if name.lower() in known else None
        return found() if isinstance(found, type) else optimizers.get(name)

    def adopt(self, result: Any) -> Any:
        """Make the layers and the optimizer of a model that today's functions made those of this era."""
        if isinstance(result, layers.Layer):
            for part in (*result._flatten_layers(), getattr(result, "optimizer", None)):
                name = type(part).__name__
                for space in ("layers", "models", "optimizers"):
                    if any(getattr(module, name, None) is type(part) for module in modules_of(space)):
                        part.__class__ = self.get(space, name)
        return result


def _translated(era_class: type, method: str, translation: Translation, source: type) -> Callable[..., Any]:
    """Return the method of `era_class` that translates its arguments and passes them on; its signature is today's."""

    @functools.wraps(getattr(source, method))
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(super(era_class, self), method)(**translation(args, kwargs))

    return call


@functools.cache
def world(dialect: Dialect) -> World:
    """Return the names of an era, the same ones each time."""
    return World(dialect)


def modules_of(space: str) -> list[ModuleType]:
    """Return the modules of today that hold the names of a space."""
    return [importlib.import_module(name) for name in SPACES[space]]


def public_names(module: ModuleType) -> list[str]:
    """Return the public names of a module."""
    names = getattr(module, "__all__", None)
    return list(names) if names is not None else [n for n in dir(module) if not n.startswith("_")]
