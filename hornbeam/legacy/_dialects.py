"""The eras as data: what each calls things, in which order it takes arguments, and what it does by default."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from hornbeam.legacy import _keras1, _keras2
from hornbeam.legacy._numerics import ClassicBatchNormalization, ClassicRMSprop
from hornbeam.legacy._rules import Rule, Translation, parse_signature


@dataclass(frozen=True, eq=False)  # compared and hashed as itself
class Dialect:
    """How programs of one era speak to Keras."""

    era: int
    name: str
    version: str  # of the Keras whose signatures these are
    signatures: str  # the file of them
    names: Mapping[str, Mapping[str, str]]  # space -> name then -> name today
    rules: Mapping[str, tuple[Rule, ...]]
    methods: Mapping[str, str]
    first_number: int  # of automatic names: 'dense_1' came first until tf.keras 2
    formulas: Mapping[str, type]  # "space.Class today" -> mixin

    def today(self, space: str, name: str) -> str:
        """Return what `name` is called today."""
        return self.names.get(space, {}).get(name, name)

    def then(self, space: str, name: str) -> str:
        """Return the name of the era that has a signature for `name`, one of several that mean the same today."""
        known, today = _signatures(self.signatures).get(space, {}), self.today(space, name)
        same = [old for old, new in self.names.get(space, {}).items() if new == today]
        return next((n for n in (name, today, *same) if n in known), today)

    def only_then(self, space: str) -> set[str]:
        """Return the names of a space that are called otherwise today."""
        return set(self.names.get(space, ()))

    def signature(self, space: str, name: str) -> str | None:
        """Return the signature that `name` had, where it differs from today's."""
        return _signatures(self.signatures).get(space, {}).get(self.then(space, name))

    def rules_for(self, space: str, name: str, target: Callable[..., Any]) -> tuple[Rule, ...]:
        """Return the rules of a class or function: its own, then those of its space that do not touch today's words."""
        keys = dict.fromkeys((self.then(space, name), self.today(space, name)))
        own = [rule for key in keys for rule in self.rules.get(f"{space}.{key}", ())]
        words = Translation(name, target, None, ()).today
        return (*own, *(r for r in self.rules.get(f"{space}.*", ()) if _old_word(r) not in words))

    def translation(self, space: str, name: str, target: Callable[..., Any]) -> Translation | None:
        """Return how a call of the class or function is translated; None where nothing changed."""
        text, rules = self.signature(space, name), self.rules_for(space, name, target)
        if text is None and not rules:
            return None
        return Translation(name, target, parse_signature(text) if text else None, rules)

    def method_translation(self, owner: str, method: str, target: Callable[..., Any]) -> Translation:
        """Return how a call of a method is translated."""
        key = f"{owner}.{method}"
        text = self.methods.get(key)
        return Translation(key, target, parse_signature(text) if text else None, self.rules.get(key, ()))

    def methods_of(self, owner: str) -> list[str]:
        """Return the methods of `owner` whose calls are translated."""
        keys = dict.fromkeys((*self.methods, *self.rules))
        return [key.split(".")[1] for key in keys if key.startswith(f"{owner}.")]


def _old_word(rule: Rule) -> str | None:
    """Return the word that a rule takes away, None where it only converts values."""
    old = getattr(rule, "old", getattr(rule, "name", None))
    return old if isinstance(old, str) and old != getattr(rule, "new", None) else None


@functools.cache
def _signatures(file: str) -> dict[str, dict[str, str]]:
    return json.loads(resources.files("hornbeam.legacy").joinpath("signatures", file).read_text(encoding="utf-8"))


KERAS_1 = Dialect(
    era=1,
    name="Keras 1",
    version="1.2.2",
    signatures="keras1.json",
    names=_keras1.NAMES,
    rules=_keras1.RULES,
    methods=_keras1.METHODS,
    first_number=1,
    formulas={"optimizers.RMSprop": ClassicRMSprop},
)
KERAS_2 = Dialect(
    era=2,
    name="Keras 2",
    version="2.2.4",
    signatures="keras2.json",
    names=_keras2.NAMES,
    rules=_keras2.RULES,
    methods=_keras2.METHODS,
    first_number=1,
    formulas={"optimizers.RMSprop": ClassicRMSprop, "layers.BatchNormalization": ClassicBatchNormalization},
)
TF_KERAS = Dialect(
    era=2,
    name="tf.keras 2",
    version="2.15.0",
    signatures="tf_keras.json",
    names=_keras2.NAMES,
    rules=_keras2.TF_RULES,
    methods=_keras2.TF_METHODS,
    first_number=0,
    formulas={},
)
