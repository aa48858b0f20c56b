"""What becomes of masks and of padding in a model: `explain_masks()`.

The model runs on made-up data, several times beside each other. The runs differ in one thing: the values of the
padding, changed where each mask begins. Whatever then differs between the runs is what padding reaches; where it
differs only in places that a mask excludes, the padding is marked. So no table says what a layer does: it shows it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam._core import tree
from hornbeam._core.graph import KerasTensor, Node, attach_mask, fill, mask_of
from hornbeam._core.op import FunctionCall
from hornbeam._core.state import Scope, here, holding
from hornbeam.layers import Embedding, Masking
from hornbeam.layers._arguments import bind
from hornbeam.models._mask_report import MARKED, MIXED, NONE, MaskReport, MaskRow
from hornbeam.training import _targets
from hornbeam.training._compile import Objective

_SCALES = (0.0, 1.0, 5.0, 30.0)  # how far the padding of each run is from that of the first
_LENGTHS = (6, 16, 64, 256)  # of axes of unknown length: the first that all layers can take
_BATCH = 8


class _Run:
    """One of the runs: values of tensors and Variables, and penalties that layers added."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self.values: dict[int, Any] = {}
        self.scope = Scope(open_ended=True)
        self.written: dict[Any, Any] = {}  # the Variables that the last node wrote
        self.losses: list[Any] = []


def examine(model: Any) -> MaskReport:
    """Return what becomes of masks and of padding in a functional or Sequential model."""
    function = model._function
    if function is None:
        what = (
            "build it first, on an Input or by calling it" if hasattr(model, "_stack") else "its `call` shows no graph"
        )
        message = (
            f"explain_masks() expects a model made of Input() tensors, or a built Sequential; {model.name!r} "
            f"({type(model).__name__}) has no graph to look at: {what}."
        )
        raise ValueError(message)
    kept = [(layer, list(layer._losses)) for layer in model._flatten_layers()]
    try:
        for length in _LENGTHS:
            try:
                return _Examination(model).report(length)
            except Exception as error:
                if length == _LENGTHS[-1] or not any(None in t.shape[1:] for t in function.inputs):
                    error.add_note("explain_masks() ran the model on made-up data.")
                    raise
        raise AssertionError
    finally:
        for layer, losses in kept:
            layer._losses[:] = losses


class _Examination:
    """The runs of one model, walked through node by node."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.runs = [_Run(scale) for scale in _SCALES]
        self.random = np.random.default_rng(0)
        self.rows: list[MaskRow] = []
        self.checks: list[str] = []
        self.leaks: list[str] = []
        self.origins: dict[int, str] = {}  # id of a KerasTensor with padding mixed in -> by what

    def report(self, length: int) -> MaskReport:
        """Return what the runs show."""
        function = self.model._function
        masking = next((x.mask_value for x in self.model._flatten_layers() if isinstance(x, Masking)), None)
        for tensor in function.inputs:
            data = _made_up(tensor, length, masking, self.random)
            for run in self.runs:
                run.values[id(tensor)] = jnp.asarray(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a mask is lost is said here
            self.walk(function.nodes, (self.model,), "")
            self._check_outputs()
        return MaskReport(self.rows, self.checks, self.leaks)

    # ---- through the graph

    def walk(self, nodes: Iterable[Node], calls: tuple[Any, ...], prefix: str) -> None:
        """Run `nodes` in order, adding a line for each."""
        for node in nodes:
            if not node.input_tensors:
                continue
            inner = getattr(node.operation, "_function", None)
            if inner is None:
                self._step(node, calls, prefix + node.operation.name)
                continue
            for run in self.runs:
                given = tree.flatten(fill(node.args, run.values)[0])
                for tensor, x, fitted in zip(inner.inputs, given, inner.standardize(given), strict=True):
                    attach_mask(fitted, mask_of(x))
                    run.values[id(tensor)] = fitted
            self._pass_origins(node.input_tensors, inner.inputs)
            self.walk(inner.nodes, (*calls, node.operation), f"{prefix}{node.operation.name}/")
            for run in self.runs:
                for tensor, source in zip(node.output_tensors, inner.outputs, strict=True):
                    run.values[id(tensor)] = run.values[id(source)]
            self._pass_origins(inner.outputs, node.output_tensors)

    def _pass_origins(self, sources: Sequence[KerasTensor], targets: Sequence[KerasTensor]) -> None:
        for source, target in zip(sources, targets, strict=True):
            if id(source) in self.origins:
                self.origins[id(target)] = self.origins[id(source)]

    def _step(self, node: Node, calls: tuple[Any, ...], name: str) -> None:
        """Run one node everywhere, and add its line and what can be said about its state and penalties."""
        for run in self.runs:
            before = dict(run.scope)
            args, kwargs = fill(node.args, run.values), fill(node.kwargs, run.values)
            with holding(run.scope), here(calls=calls, training=True, losses=run.losses):
                result = node.operation(*args, **kwargs)
            run.values |= zip(map(id, node.output_tensors), jax.tree.leaves(result), strict=True)
            run.written = {v: x for v, x in run.scope.items() if before.get(v) is not x}
        first = self.runs[0].values
        masked_in = any(mask_of(first[id(t)]) is not None for t in node.input_tensors)
        masked_out = any(mask_of(first[id(t)]) is not None for t in node.output_tensors)
        if masked_out and not masked_in:
            self._change_padding(node)
        origin = next((self.origins[id(t)] for t in node.input_tensors if id(t) in self.origins), name)
        states = [self._state(t) for t in node.output_tensors]
        for tensor, state in zip(node.output_tensors, states, strict=True):
            if state == MIXED:
                self.origins[id(tensor)] = origin
        padding = max(states, key=(NONE, MARKED, MIXED).index, default=NONE)
        event = _event(node, first, masked_in=masked_in, masked_out=masked_out)
        operation = node.operation
        kind = f"ops.{operation.fn.__name__}" if isinstance(operation, FunctionCall) else type(operation).__name__
        self.rows.append(MaskRow(name, kind, event, padding, origin if padding == MIXED else None))
        self._check_written(name, origin)

    def _change_padding(self, node: Node) -> None:
        """Give the places that the new masks exclude other values in each run."""
        for tensor in node.output_tensors:
            x = self.runs[0].values[id(tensor)]
            mask = mask_of(x)
            if mask is None or not jnp.issubdtype(x.dtype, jnp.inexact):
                continue
            noise = self.random.normal(size=x.shape)
            for run in self.runs[1:]:
                changed = jnp.where(_wide(mask, x), x, x + (run.scale * noise).astype(x.dtype))
                attach_mask(changed, mask)
                run.values[id(tensor)] = changed

    def _state(self, tensor: KerasTensor) -> str:
        """Return where in `tensor` the runs differ."""
        x, *others = (run.values[id(tensor)] for run in self.runs)
        differ = np.any([_differ(x, other) for other in others], axis=0)
        if not differ.any():
            return NONE
        mask = mask_of(x)
        return MARKED if mask is not None and not (differ & np.asarray(_wide(mask, x))).any() else MIXED

    # ---- what must not be reached

    def _check(self, what: str, values: Sequence[Any], origin: str | None) -> None:
        first, *others = (jax.tree.leaves(value) for value in values)
        reached = any(_differ(a, b).any() for other in others for a, b in zip(first, other, strict=True))
        self.checks.append(f"{what}: padding {'REACHES it' if reached else 'does not reach it'}.")
        if reached:
            why = f"it is mixed in by {origin!r}" if origin else "it does not look at the mask"
            self.leaks.append(f"Padding reaches {what}: {why}.")

    def _check_written(self, name: str, origin: str) -> None:
        """Compare what a layer wrote to its Variables, running averages for one, and what it added to the loss."""
        kept = [v for v in self.runs[0].written if "float" in v.dtype]
        if kept:
            names = ", ".join(v.name for v in kept)
            self._check(
                f"the state of {name!r} ({names})", [[run.written[v] for v in kept] for run in self.runs], origin
            )
        added = [list(run.losses) for run in self.runs]
        if added[0]:
            self._check(f"the penalty that {name!r} adds to the loss", added, origin)
        for run in self.runs:
            run.losses.clear()

    def _check_outputs(self) -> None:
        """Compare the losses and metrics of a compiled model; without them, say what those of the outputs would see."""
        function, arguments = self.model._function, self.model._compile_arguments
        names = tree.flatten(_targets.layout(self.model, function._outputs_struct))
        if arguments.get("loss") is None and arguments.get("metrics") is None:
            for name, tensor in zip(names, function.outputs, strict=True):
                self._check_output(f"a loss on the output {name!r}", tensor)
            return
        given = [arguments.get(key) for key in ("loss", "loss_weights", "metrics", "weighted_metrics")]
        objective = Objective(*given)
        predictions = [[run.values[id(t)] for t in function.outputs] for run in self.runs]
        layout = _targets.layout(self.model, function._outputs_struct)
        fns = objective.losses_for(layout)
        targets = [[_target(y, fn, self.random) for y, fn in zip(predictions[0], fns, strict=True)]]
        targets += [self._other_targets(targets[0], predictions[0], fns) for _ in self.runs[1:]]
        objective.fit_outputs(layout, targets[0], predictions[0])
        for i, (name, tensor) in enumerate(zip(names, function.outputs, strict=True)):
            origin, fn = self.origins.get(id(tensor)), objective.losses[i]
            sides = [(t[i], y[i]) for t, y in zip(targets, predictions, strict=True)]
            if fn is not None:
                self._check(f"the loss {_title(fn)!r} on the output {name!r}", [fn(*side) for side in sides], origin)
            for metric, _ in objective.by_output[i]:
                results = [_result(metric, *side) for side in sides]
                self._check(f"the metric {metric.name!r} on the output {name!r}", results, origin)

    def _other_targets(self, targets: Sequence[Any], predictions: Sequence[Any], fns: Sequence[Any]) -> list[Any]:
        """Return targets with other values where the outputs' masks say that they are of padding."""
        others = []
        for y, y_pred, fn in zip(targets, predictions, fns, strict=True):
            mask, other = mask_of(y_pred), _target(y_pred, fn, self.random)
            others.append(y if mask is None or mask.ndim > y.ndim else jnp.where(_wide(mask, y), y, other))
        return others

    def _check_output(self, what: str, tensor: KerasTensor) -> None:
        state, origin = self._state(tensor), self.origins.get(id(tensor))
        y = [run.values[id(tensor)] for run in self.runs]
        if state == MARKED:
            y = [jnp.where(_wide(mask_of(x), x), x, 0) for x in y]
        self._check(what, y, origin)


def _made_up(tensor: KerasTensor, length: int, masking: float | None, random: np.random.Generator) -> np.ndarray:
    """Return data for an input, with 0, or what Masking looks for, at the end, the start and between."""
    batch, *rest = tensor.shape
    shape = (batch or _BATCH, *(d or length for d in rest))
    if "float" in tensor.dtype:
        data = random.normal(size=shape)
        if masking is not None and len(shape) > 2:
            data[_padding(shape[:2])] = masking
    elif tensor.dtype == "bool":
        data = ~_padding(shape)
    else:
        data = np.where(_padding(shape), 0, 1)
    return data.astype(tensor.dtype)


def _padding(shape: tuple[int, ...]) -> np.ndarray:
    """Return which places are padding: the last half of some rows, the first half of others, every second place."""
    places, rows = np.arange(shape[-1]), np.arange(shape[0]).reshape(-1, *(1,) * (len(shape) - 1))
    half = shape[-1] // 2
    kinds = (places >= shape[-1] - half, places < half, places % 2 == 1)
    if len(shape) == 1:
        return np.zeros(shape, bool)
    return np.broadcast_to(np.select([rows % 3 == i for i in range(3)], kinds), shape)


def _wide(mask: Any, x: Any) -> Any:
    """Return a mask in the shape of `x`."""
    return jnp.broadcast_to(mask.reshape(*mask.shape, *(1,) * (x.ndim - mask.ndim)), x.shape).astype(bool)


def _differ(x: Any, other: Any) -> np.ndarray:
    wide = "complex128" if np.iscomplexobj(x) else "float64"
    return ~np.isclose(np.asarray(x, wide), np.asarray(other, wide), rtol=1e-5, atol=1e-6, equal_nan=True)


def _event(node: Node, values: Mapping[int, Any], *, masked_in: bool, masked_out: bool) -> str:
    """Return what a node does with masks, in a few words."""
    operation = node.operation
    if not masked_in:
        if not masked_out:
            return "-"
        if isinstance(operation, Embedding):
            return "begins here: input is not 0"
        return (
            f"begins here: input is not {operation.mask_value:g}" if isinstance(operation, Masking) else "begins here"
        )
    used = isinstance(operation, Masking)
    if hasattr(operation, "_call_signature"):
        signature = operation._call_signature
        args, kwargs = fill(node.args, values), fill(node.kwargs, values)
        bound = bind(signature, args, kwargs)
        used = any(mask_of(x) is not None for n in signature.masks if n in bound for x in tree.flatten(bound[n]))
    if used:
        return "used, passes" if masked_out else "used, ends here"
    return "passes" if masked_out else "LOST"


def _title(fn: Any) -> str:
    return str(getattr(fn, "name", None) or getattr(fn, "__name__", type(fn).__name__))


def _target(y_pred: Any, fn: Any, random: np.random.Generator) -> Any:
    """Return made-up targets for predictions and the loss `fn`: class numbers for a sparse one, else zeros and ones."""
    if "sparse" in _title(fn).lower():
        return jnp.asarray(random.integers(0, y_pred.shape[-1], y_pred.shape[:-1]))
    return jnp.asarray(random.integers(0, 2, y_pred.shape).astype("float32"))


def _result(metric: Any, y_true: Any, y_pred: Any) -> Any:
    """Return what a metric keeps and gives after one batch; its own state stays as it is."""
    with holding(Scope(open_ended=True)):
        metric.reset_state()
        metric.update_state(y_true, y_pred)
        return [v.value for v in metric.variables], metric.result()
