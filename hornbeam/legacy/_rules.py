"""How a call of an earlier era is said today: a signature of that era, and small rules over the call's arguments.

A call is bound to the era's signature, so positions and defaults mean what they meant then; the rules then rename,
convert, join or drop arguments; what remains is passed on by name.
"""

import ast
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

ANY = object()
_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class Arguments(dict[str, Any]):
    """The arguments of one call by name; `given` holds the names that the caller wrote, the others are defaults."""

    def __init__(self) -> None:
        super().__init__()
        self.given: set[str] = set()
        self.positional: set[str] = set()

    def give(self, name: str, value: Any, owner: str) -> None:
        """Add an argument that the caller wrote."""
        if name in self.given:
            message = f"{owner} got two values for the argument {name!r}."
            raise TypeError(message)
        self[name] = value
        self.given.add(name)

    def take(self, name: str) -> Any:
        """Remove an argument and return its value, None where there is none."""
        self.given.discard(name)
        return self.pop(name, None)

    def move(self, old: str, new: str, value: Any) -> None:
        """Put `value` under `new` in place of `old`; a default never replaces what the caller wrote."""
        del self[old]
        given = old in self.given
        self.given.discard(old)
        if given and new in self.given:
            message = f"{old!r} is an earlier name of {new!r}: give one of them."
            raise TypeError(message)
        if given or new not in self.given:
            self[new] = value
        if given:
            self.given.add(new)


Rule = Callable[[Arguments], None]


@dataclass(frozen=True)
class Rename:
    """The argument `old` is called `new` today."""

    old: str
    new: str

    def __call__(self, arguments: Arguments) -> None:
        if self.old in arguments:
            arguments.move(self.old, self.new, arguments[self.old])


@dataclass(frozen=True)
class Map:
    """The argument `old` is `new` today, its value converted by a function or a table (what it lacks stays)."""

    old: str
    new: str
    convert: Callable[[Any], Any] | Mapping[Any, Any]

    def __call__(self, arguments: Arguments) -> None:
        if self.old in arguments:
            arguments.move(self.old, self.new, _convert(self.convert, arguments[self.old]))


def _convert(convert: Callable[[Any], Any] | Mapping[Any, Any], value: Any) -> Any:
    if callable(convert):
        return convert(value)
    return convert.get(value, value) if isinstance(value, str | int | float | bool | None) else value


@dataclass(frozen=True)
class Drop:
    """The argument says nothing today; a value that is not among `inert` asked for something that is gone: an error."""

    name: str
    inert: Any = ANY

    def __call__(self, arguments: Arguments) -> None:
        if self.name not in arguments:
            return
        value = arguments.take(self.name)
        if self.inert is not ANY and not any(value is x or value == x for x in self.inert):
            allowed = " or ".join(map(repr, self.inert))
            message = f"The argument {self.name!r} is covered with the value {allowed} alone; got {value!r}."
            raise ValueError(message)


@dataclass(frozen=True)
class Default:
    """An argument that the era did not have, whose default today is not what it did."""

    name: str
    value: Any

    def __call__(self, arguments: Arguments) -> None:
        arguments.setdefault(self.name, self.value)


@dataclass(frozen=True)
class Join:
    """Several arguments are one tuple today: nb_row=3, nb_col=5 is kernel_size=(3, 5)."""

    old: tuple[str, ...]
    new: str
    positional_whole_numbers: bool = False  # only where all were written by position, as whole numbers

    def __call__(self, arguments: Arguments) -> None:
        if not all(name in arguments.given for name in self.old):
            return
        values = tuple(arguments[name] for name in self.old)
        whole = arguments.positional.issuperset(self.old) and all(isinstance(v, int) for v in values)
        if self.positional_whole_numbers and not whole:
            return
        for name in self.old:
            arguments.take(name)
        arguments.give(self.new, values, self.new)


def parse_signature(text: str) -> inspect.Signature:
    """Return the signature that is written as Python has it: "(units, activation=None, **kwargs)"."""
    spec = cast("ast.Lambda", ast.parse(f"lambda {text[1:-1]}: None", mode="eval").body).args
    kind = inspect.Parameter
    defaults = [kind.empty] * (len(spec.args) - len(spec.defaults)) + [ast.literal_eval(d) for d in spec.defaults]
    parameters = [kind(a.arg, kind.POSITIONAL_OR_KEYWORD, default=d) for a, d in zip(spec.args, defaults, strict=True)]
    if spec.kwarg:
        parameters.append(kind(spec.kwarg.arg, kind.VAR_KEYWORD))
    return inspect.Signature(parameters)


class Translation:
    """Turns the arguments of an era's call of `name` into arguments, by name, for today's `target`."""

    def __init__(
        self, name: str, target: Callable[..., Any], old: inspect.Signature | None, rules: Iterable[Rule]
    ) -> None:
        today = _parameters(target)
        self.name, self.rules = name, tuple(rules)
        self.today = {p.name for p in today.values() if p.kind not in _VARIADIC}
        then = (old.parameters if old else today).values()
        self.positions = [p.name for p in then if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
        self.defaults = {p.name: p.default for p in then if old and p.default is not inspect.Parameter.empty}

    def __call__(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments for today's callable."""
        if len(args) > len(self.positions):
            message = f"{self.name} takes at most {len(self.positions)} arguments by position; got {len(args)}."
            raise TypeError(message)
        arguments = Arguments()
        for name, value in zip(self.positions, args, strict=False):
            arguments.give(name, value, self.name)
        arguments.positional = set(arguments)
        for name, value in kwargs.items():
            arguments.give(name, value, self.name)
        for name, value in self.defaults.items():
            arguments.setdefault(name, value)
        for rule in self.rules:
            rule(arguments)
        return {name: value for name, value in arguments.items() if name in arguments.given or name in self.today}


def _parameters(target: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of a function, a method or a constructor, without the object itself."""
    function = target.__init__ if isinstance(target, type) else target  # type: ignore[misc]
    parameters = dict(inspect.signature(function).parameters)
    if isinstance(target, type) or "self" in parameters:
        parameters.pop(next(iter(parameters)), None)
    return parameters
