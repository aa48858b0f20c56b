"""Finding where a loss or a weight became NaN or infinite: the step runs once more, one operation after the other.

The step is traced with the layers' names and evaluated operation by operation, which costs a debugging run its speed
only when there is something to explain. From the loss one goes back along the values that are not finite, to the first
of them whose inputs are all finite. An infinity that leads nowhere, such as a mask's, is not on that way.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal

from hornbeam.training._step import Batch, Steps

HOUSE = str(Path(__file__).parents[1])
TOOLS = (str(Path(jax.__file__).parent), str(Path(HOUSE, "ops")), str(Path(HOUSE, "_core")), __file__)
INLINED = ("jit", "pjit", "closed_call", "custom_jvp_call", "custom_vjp_call", "checkpoint", "remat2")
SHOWN = 8  # rows that a message lists


class Value:
    """An array of the replay: what made it, from what, in which layer."""

    count = itertools.count()

    def __init__(self, array: Any, made_by: Any = None, parents: Sequence[Value] = (), scope: str = "") -> None:
        self.array, self.made_by, self.parents, self.scope = array, made_by, parents, scope
        self.order = next(self.count)
        floating = jnp.issubdtype(getattr(array, "dtype", type(array)), jnp.floating)
        self.bad = floating and not bool(jnp.isfinite(array).all())


def explain(steps: Steps, state: Any, batch: Batch, place: str, rows: np.ndarray | None) -> FloatingPointError:
    """Return the error that says where the step from `state` on `batch` left the finite numbers.

    `place` names the step; `rows` are the numbers of the batch's samples in the data, if it has such.
    """
    state = (*state[:4], {})
    with _named_layers(steps.model):
        step = steps.step_of("train")
        traced = jax.make_jaxpr(lambda *args: step(*args))(state, batch)  # noqa: PLW0108 - traced anew
    names = [[v.path for v in group] for group in steps.groups]
    leaves, paths = jax.tree.leaves((state, batch)), jax.tree_util.tree_leaves_with_path(batch)
    given = [f"the Variable {name!r}" for group in names for name in group]
    given += ["".join(str(key) for key in path).lstrip(".").removesuffix("[0]") for path, _ in paths]
    inputs = [Value(a, made_by=name) for a, name in zip(leaves, given, strict=True)]
    outputs = _run(traced, inputs, "")
    loss = outputs[sum(map(len, names[:3])) + (steps.loss_at or 0)] if names[3] else outputs[-1]
    labels = ["weight " + repr(name) for name in names[0]]
    bad = [("loss", loss)] * loss.bad + [(n, v) for n, v in zip(labels, outputs, strict=False) if v.bad]
    if not bad:
        message = (
            f"In {place} the loss or a weight is not finite; run by single operations, it is. Is it near overflow?"
        )
        return FloatingPointError(message)
    what, target = bad[0]
    line = sorted(_ancestors(target, only_bad=True), key=lambda value: value.order)
    first, forward = line[0], {id(value) for value in _ancestors(loss, only_bad=False)}
    born = next((v for v in line if _has_nan(v)), first)
    size = jax.tree.leaves(batch.x)[0].shape[0]
    parts = [f"The {what} became {_kind(target.array)} in {place}.", f"  First: {_origin(first, forward)}"]
    if born is not first:
        parts.append(f"  Then: {_origin(born, forward)}")
    parts += [f"  {text}" for text in _rows(line, size, rows)]
    return FloatingPointError("\n".join([*parts, "The weights are those before this step."]))


@contextlib.contextmanager
def _named_layers(model: Any) -> Iterator[None]:
    """Inside the `with` block let what is traced carry the names of the layers."""
    layers = model._flatten_layers()

    def named(layer: Any) -> Any:
        run = layer._run

        def run_named(*args: Any, **kwargs: Any) -> Any:
            with jax.named_scope(layer.name):
                return run(*args, **kwargs)

        return run_named

    for layer in layers:
        vars(layer)["_run"] = named(layer)
    try:
        yield
    finally:
        for layer in layers:
            del vars(layer)["_run"]


def _run(closed: ClosedJaxpr, inputs: Sequence[Value], scope: str) -> list[Value]:
    """Evaluate, keeping every value."""
    values = dict(zip(closed.jaxpr.invars, inputs, strict=True))
    values |= {var: Value(const) for var, const in zip(closed.jaxpr.constvars, closed.consts, strict=True)}

    def get(atom: Any) -> Value:
        return Value(atom.val) if isinstance(atom, Literal) else values[atom]

    for eqn in closed.jaxpr.eqns:
        taken = [get(atom) for atom in eqn.invars]
        inner = f"{scope}/{eqn.source_info.name_stack}"
        called = next((eqn.params[key] for key in ("jaxpr", "call_jaxpr") if key in eqn.params), None)
        if eqn.primitive.name in INLINED and called is not None:
            called = called if isinstance(called, ClosedJaxpr) else ClosedJaxpr(called, ())
            made = _run(called, taken, inner)
        else:
            params = eqn.primitive.get_bind_params(eqn.params)
            results = eqn.primitive.bind(*(value.array for value in taken), **params)
            listed = results if eqn.primitive.multiple_results else [results]
            made = [Value(array, eqn, taken, inner) for array in listed]
        values |= zip(eqn.outvars, made, strict=True)
    return [get(atom) for atom in closed.jaxpr.outvars]


def _ancestors(target: Value, *, only_bad: bool) -> list[Value]:
    """Return the values from which `target` was made, and itself; with `only_bad` those that are not finite."""
    found, todo = {}, [target]
    while todo:
        value = todo.pop()
        if id(value) not in found:
            found[id(value)] = value
            todo += [parent for parent in value.parents if parent.bad or not only_bad]
    return list(found.values())


def _has_nan(value: Value) -> bool:
    return bool(jnp.isnan(value.array).any())


def _kind(array: Any) -> str:
    return "NaN" if bool(jnp.isnan(array).any()) else "infinite"


def _origin(value: Value, forward: set[int]) -> str:
    """Say where a value was made, and from what; `forward` has the ids of what the loss was made from."""
    array = np.asarray(value.array, np.float32)
    count, kind = int((~np.isfinite(array)).sum()), _kind(value.array)
    what = f"{count} of {array.size} numbers, shape {array.shape}, {kind}"
    if not hasattr(value.made_by, "primitive"):
        return f"{value.made_by or 'a constant'} itself is not finite: {count} of {array.size} numbers are {kind}."
    layer = "/".join(part for part in re.sub(r"\b\w+\(|\)", "", value.scope).split("/") if part)
    where = f"layer {layer!r}" if layer else "the loss" if "jvp(" in value.scope else "the optimizer or a metric"
    way = "" if "jvp(" not in value.scope else ", forward" if id(value) in forward else ", backward"
    finite = [_range(p.array) for p in value.parents if not p.bad and np.size(p.array)]
    inputs = f" from {' and '.join(finite)}" if finite else ""
    return f"{where}{way}: `{value.made_by.primitive.name}` made {what}{inputs}.{_line_of(value.made_by)}"


def _range(array: Any) -> str:
    array = np.asarray(array)
    low, high = array.min(), array.max()
    return f"{low:.4g}" if low == high else f"{low:.4g}..{high:.4g}"


def _line_of(eqn: Any) -> str:
    """Return the user's own line of code behind an operation, if it is not one of the package's."""
    frames = eqn.source_info.traceback.frames if eqn.source_info.traceback else []
    frame = next((f for f in frames if not f.file_name.startswith(TOOLS)), None)
    return f" ({frame.file_name}:{frame.line_num})" if frame and not frame.file_name.startswith(HOUSE) else ""


def _rows(line: Sequence[Value], size: int, rows: np.ndarray | None) -> list[str]:
    """Say which samples of the batch it came from, by the first value that has one entry for each."""
    value = next((v for v in line if not isinstance(v.made_by, str) and np.shape(v.array)[:1] == (size,)), None)
    if value is None:
        return []
    bad = np.flatnonzero(~np.isfinite(np.asarray(value.array, np.float32)).reshape(size, -1).all(axis=1))
    if len(bad) == size:
        return ["Rows of the batch: all."]
    texts = [f"Rows of the batch: {_list(bad)}."]
    return texts if rows is None else [*texts, f"Samples of the data: {_list(rows[bad])}."]


def _list(numbers: np.ndarray) -> str:
    shown = ", ".join(map(str, numbers[:SHOWN].tolist()))
    return shown + (f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else "")
