"""Values that would be taken and made nonsense of: what is looked at before a training, and in each batch of a stream.

Everything here runs on the host and is switched off by `keras.config.set_value_checks(False)`. Arrays are looked at
once. Of a stream, class numbers and the numbers that an Embedding looks up are compared with their limits as batches
are run, several small batches at a time; the batches are searched for NaN and infinity only when the loss became so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np

from hornbeam._core import tree
from hornbeam._core.state import Scope, current_trace, here, holding
from hornbeam.data._arrays import Sample
from hornbeam.data._check import warn_of_odd_values
from hornbeam.data._stored import Stored
from hornbeam.layers import Embedding, Softmax
from hornbeam.losses._checks import check_predictions, check_targets, classes_of

LOOKED_AT = 32  # rows of data on disk whose values are checked
PROBABILITIES = ("sigmoid", "softmax", "hard_sigmoid")
HELD, HELD_BYTES = 256, 4 << 20  # batches of a stream that are held until the loss is looked at
CASTS = ("convert_element_type", "copy")


def known(data: Any) -> np.ndarray:
    """Return the values that are looked at: all, or the first rows of what lies on disk."""
    return np.asarray(data[:LOOKED_AT] if isinstance(data, Stored) else data)


def warn_of_odd(sample: Sample, prefix: str = "", ending: str = "") -> None:
    """Warn of NaN and infinity in a sample; `prefix` and `ending` stand around the names of arguments."""
    for name, part in sample._asdict().items():
        warn_of_odd_values(part, f"{prefix}{name}{ending}")


def check_numbers(model: Any, x: Any, like: Any = None) -> None:
    """Refuse numbers that an Embedding has no row for, where it is given an input of the model as it is.

    `like` is a batch of the form that the model takes, where `x` is more than that.
    """
    lookups = model._steps().lookups(x if like is None else like)
    leaves = jax.tree.leaves(x) if lookups else []
    for place, layer in lookups:
        array = leaves[place]
        if not (isinstance(array, np.ndarray) and _lies_in(array, layer.input_dim)):
            layer._check_numbers(known(array))


def _lies_in(array: np.ndarray, limit: int) -> bool:
    """Return whether all of an array are whole numbers from 0 to `limit - 1`; False where this takes a longer look."""
    if array.dtype.kind not in "iu" or not array.dtype.isnative:
        return False
    return not array.size or bool(array.view(f"u{array.itemsize}").max() < limit)  # what is negative is large there


def find_lookups(model: Any, x: Any) -> list[tuple[int, Any]]:
    """Return (place of a leaf of x, Embedding) for each Embedding that is given such a leaf, at most cast.

    It is read from the program of the model, so it holds for models of every kind; nothing is computed.
    """
    embeddings = [layer for layer in model._flatten_layers() if isinstance(layer, Embedding)]
    if not embeddings:
        return []
    found: list[Any] = []

    def run(x: Any) -> list[Any]:
        given: list[tuple[Any, Any]] = []
        with holding(Scope(open_ended=True)), here(losses=[]), _listening(embeddings, given):
            model(x)
        found[:] = [layer for layer, _ in given]
        return [ids for _, ids in given]

    try:
        program = jax.make_jaxpr(run)(x).jaxpr
    except Exception:  # noqa: BLE001 - a model that needs values says by itself what is wrong with them
        return []
    makers = {made: eqn for eqn in program.eqns for made in eqn.outvars}
    pairs = []
    for layer, ids in zip(found, program.outvars, strict=True):
        source = ids
        while source in makers and makers[source].primitive.name in CASTS:
            source = makers[source].invars[0]
        if source in program.invars:
            pairs.append((program.invars.index(source), layer))
    return pairs


@contextmanager
def _listening(embeddings: Sequence[Any], given: list[tuple[Any, Any]]) -> Iterator[None]:
    """Inside the `with` block note what the layers are called with, outside of loops and the like."""
    outside = current_trace()

    def noting(layer: Any) -> Callable[..., Any]:
        call = layer.call

        def run(inputs: Any, *args: Any, **kwargs: Any) -> Any:
            if current_trace() == outside:
                given.append((layer, inputs))
            return call(inputs, *args, **kwargs)

        return run

    for layer in embeddings:
        vars(layer)["call"] = noting(layer)
    try:
        yield
    finally:
        for layer in embeddings:
            del vars(layer)["call"]


def check_first_outputs(model: Any, objective: Any, sample: Sample, layout: Any) -> None:
    """Warn when the first batch's outputs are not the probabilities that a cross-entropy takes.

    Only looked at where an output's last layer does not end in a function that gives probabilities.
    """
    doubtful = [
        (i, loss)
        for i, loss in enumerate(objective.losses_for(layout))
        if "crossentropy" in str(getattr(loss, "name", ""))
        and not getattr(loss, "from_logits", False)
        and not _gives_probabilities(model, i)
    ]
    if doubtful:
        names = tree.flatten(layout)
        outputs = tree.flatten(model._steps().run_predict(sample.x))
        for i, loss in doubtful:
            check_predictions(loss, np.asarray(outputs[i]), "y_pred" if len(names) == 1 else f"y_pred[{names[i]!r}]")


def _gives_probabilities(model: Any, output: int) -> bool:
    layer = model.outputs[output].node.operation if model.outputs else None
    activation = getattr(layer, "activation", None)
    named = getattr(activation, "__name__", type(activation).__name__).lower() in PROBABILITIES
    return named or isinstance(layer, Softmax)


class Watch:
    """Looks at the batches of a stream as they are run.

    Class numbers and numbers to look up are compared with their limits: two passes over a few whole numbers. The rest
    is left alone until the sum of the losses is not finite; then the batches that led there are searched. Reading that
    sum takes as long as some small steps, so batches are held until it is worth it.
    """

    def __init__(self, model: Any) -> None:
        objective = model._objective
        self.model, self.labels = model, []
        for i, loss in enumerate(objective.losses):
            classes = classes_of(loss, objective.shapes[i])
            if classes is not None:
                self.labels.append((i, loss, objective.shapes[i], classes))
        self.quiet = False  # nothing more to say in this epoch
        self.seen = 0  # how many batches of this epoch were searched before
        self._held: list[tuple[int, Any]] = []  # the last batches, with their numbers, and how many there may be
        self._room: int | None = None

    def look(self, batch: Any) -> None:
        """Refuse class numbers of no class, and numbers that a table has no row for."""
        for i, loss, shape, classes in self.labels:
            y = batch.y[i]
            if isinstance(y, np.ndarray) and not _lies_in(y, classes):
                name = "y" if len(batch.y) == 1 else f"y[{self.model._objective.output_names[i]!r}]"
                check_targets(loss, y, shape, name)
        check_numbers(self.model, batch.x)

    def note(self, step: int, batches: Sequence[Any], loss: Callable[[], float]) -> None:
        """Note the batches of a dispatch from `step` on; `loss` gives the sum of losses before it, which is known."""
        if self.quiet:
            return
        if self._room is None:
            size = sum(getattr(a, "nbytes", 0) for a in jax.tree.leaves(batches[0]))
            self._room = min(max(1, HELD_BYTES // max(size, 1)), HELD)
        self._held += enumerate(batches, step)
        if len(self._held) > self._room:
            self._search(loss)
            self._held = self._held[-len(batches) :]  # what came of the last ones is not known yet

    def end_epoch(self, loss: float) -> None:
        """Look at the last batches; `loss` is that of the epoch."""
        if not self.quiet:
            self._search(lambda: loss)
        self._held = []

    def _search(self, loss: Callable[[], float]) -> None:
        """Warn of NaN and infinity in the batches that are held if the sum of losses is not finite."""
        if not self._held or math.isfinite(loss()):
            return
        self.quiet = True
        for i, batch in self._held:
            if i >= self.seen:
                warn_of_odd(_named(batch), ending=f" of batch {i}")

    def begin_epoch(self, seen: int) -> None:
        """Begin anew; the first `seen` batches were searched already."""
        self.quiet, self.seen, self._held = False, seen, []


def _named(batch: Any) -> Sample:
    """Return a batch with what is one array by itself, so that it is named as fit() was given it."""
    parts = (part[0] if isinstance(part, list) and len(part) == 1 else part for part in batch)
    return Sample(*parts)
