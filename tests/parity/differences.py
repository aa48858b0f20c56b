"""Where Hornbeam differs from Keras on purpose; `python -m tests.parity.differences` writes docs/differences.md."""

import functools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tests.parity.ops_cases import symbolic_difference
from tests.parity.ops_table import APART, ROWS

DOCS = Path(__file__).parents[2] / "docs" / "differences.md"
HEAD = """\
# Where Hornbeam differs from Keras on purpose

Against Keras 3.15.1 on JAX; all else that the parity tests compare is equal. This page is written by
`python -m tests.parity.differences`, and the tests hold each line to be true.
"""


class Probe(NamedTuple):
    """A difference outside of the operations: `show` gives one thing for Hornbeam, and another for Keras."""

    where: str
    keras: str
    hornbeam: str
    show: Callable[[Any], Any]


def _run(fn: Callable[[], Any]) -> Any:
    """Return what `fn` gives, or that it raises."""
    try:
        return fn()
    except Exception:  # noqa: BLE001  # each package refuses in its own way
        return "refuses"


def _read_back(family: str, name: str, **arguments: Any) -> Callable[[Any], Any]:
    def show(k: Any) -> Any:
        module = getattr(k, family)
        made = getattr(module, name)(**arguments)
        return type(module.deserialize(module.serialize(made))).__name__

    return show


def _mixed(k: Any) -> str:
    layer = k.layers.Dense(2, dtype="mixed_bfloat16")
    layer.build((1, 3))
    values = [v.value for v in layer.trainable_variables]
    return str(layer.stateless_call(values, [], np.ones((1, 3), "float32"))[0].dtype)


def _built(optimizer: Any, k: Any, value: Any = 1.0, dtype: str = "float32") -> Any:
    """Return the optimizer, built for one Variable (2, 2)."""
    optimizer.build([k.Variable(np.full((2, 2), value), dtype=dtype, name="v")])
    return optimizer


def _step(optimizer: Any, k: Any) -> float:
    """Return the Variable of a built optimizer after a step."""
    (variable,) = optimizer._trainable_variables if k.__name__ == "keras" else optimizer._trainable
    optimizer.apply([k.ops.cast(np.ones((2, 2)), variable.dtype)], [variable])
    return float(k.ops.convert_to_numpy(k.ops.cast(variable, "float32"))[0, 0])


def _steps_of_three_batches(k: Any) -> int:
    model = k.Sequential([k.Input((1,)), k.layers.Dense(1)])
    model.compile("sgd", "mse")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(((np.ones((1, 1)), np.ones((1, 1))) for _ in range(3)), epochs=2, verbose=0)
    return int(k.ops.convert_to_numpy(model.optimizer.iterations))


def _half_step(k: Any) -> float:
    return _step(_built(k.optimizers.Adam(0.1), k, dtype="bfloat16"), k)


def _excluded(k: Any) -> float:
    optimizer = k.optimizers.LossScaleOptimizer(k.optimizers.SGD(0.5, weight_decay=0.5))
    optimizer.exclude_from_weight_decay(var_names=["v"])
    return _step(_built(optimizer, k), k)


def _fit_stream(k: Any, **options: Any) -> tuple[int, int]:
    """Return how many steps a fit over a stream took, and how often it began one (or several at once)."""
    begun = []
    model = k.Sequential([k.Input((1,)), k.layers.Dense(1)])
    model.compile("sgd", "mse", steps_per_execution=options.pop("per_call", 1))
    watch = k.callbacks.LambdaCallback(on_train_batch_begin=lambda *given, **_: begun.append(given))
    batches = ((np.ones((2, 1), "float32"), np.ones((2, 1), "float32")) for _ in range(9))
    model.fit(batches, verbose=0, shuffle=False, callbacks=[watch], **options)
    return int(model.optimizer.iterations), len(begun)


PROBES = [
    Probe(
        "`initializers.Identity`", "forgets `gain` in its configuration", "writes it",
        lambda k: k.initializers.Identity(2.0).get_config().get("gain"),
    ),
    Probe(
        "`layers.SimpleRNN`", "forgets `seed` in its configuration", "writes it",
        lambda k: k.layers.SimpleRNN(2, seed=3).get_config().get("seed"),
    ),
    Probe(
        "`layers.MultiHeadAttention`", "refuses a `value_dim` other than `key_dim`, without the scores", "takes it",
        lambda k: k.layers.MultiHeadAttention(1, 2, value_dim=3)(np.ones((1, 2, 4)), np.ones((1, 2, 4))).shape,
    ),
    Probe(
        "pooling and convolution layers", "give nothing where the window does not fit", "raise, with advice",
        lambda k: k.layers.MaxPooling1D(4)(np.ones((1, 3, 2), "float32")).shape,
    ),
    Probe("`Layer.stateless_call`", "does not apply the layer's dtype policy", "does as calling the layer", _mixed),
    Probe(
        "`losses.CategoricalGeneralizedCrossEntropy`", "cannot read its own configuration back", "can",
        _read_back("losses", "CategoricalGeneralizedCrossEntropy"),
    ),
    Probe(
        "`initializers.Orthogonal`", "refuses half precision on a CPU", "draws in float32, then rounds",
        lambda k: str(k.initializers.Orthogonal(seed=1)((2, 2), dtype="bfloat16").dtype),
    ),
    Probe(
        "`Model.fit`, `steps_per_epoch` no multiple of `steps_per_execution`", "does more steps than asked for",
        "does those asked for", lambda k: _fit_stream(k, per_call=3, steps_per_epoch=5)[0],
    ),
    Probe(
        "`Model.fit` over a generator", "calls `on_train_batch_begin` once more at the end, for no batch",
        "calls it for each batch", lambda k: _fit_stream(k)[1],
    ),
    Probe("`optimizers.Lamb`", "cannot read its own configuration back", "can", _read_back("optimizers", "Lamb")),
    Probe(
        "`optimizers`, Variables of half precision", "computes in it: Adam, Lamb and Nadam stand still or diverge",
        "computes in float32, then rounds", _half_step,
    ),
    Probe(
        "`optimizers.Adafactor`", "gives the slots of a Variable one path", "names them",
        lambda k: len({v.path for v in _built(k.optimizers.Adafactor(), k).variables}),
    ),
    Probe(
        "`LossScaleOptimizer.exclude_from_weight_decay`", "changes nothing", "is the inner optimizer's", _excluded,
    ),
    Probe(
        "`fit` of a generator that has ended", "trains on its first two batches again, in each epoch left",
        "warns and ends", _steps_of_three_batches,
    ),
    Probe(
        "losses, `sample_weight` (batch,) for values (batch, time)",
        "refuses; where batch and time are equal, weighs the steps", "weighs the samples",
        lambda k: float(k.losses.MeanSquaredError("sum")(np.zeros((2, 2, 1)), [[[1], [1]], [[0], [0]]], [1.0, 2.0])),
    ),
    Probe(
        "`metrics.FBetaScore`, `sample_weight` (batch, classes)",
        "refuses, or for 'micro' counts each sample with every other's weights", "weighs the elements",
        lambda k: float(k.metrics.FBetaScore("micro")(np.eye(2), [[1, 0], [1, 0]], [[1, 1], [3, 2]])),
    ),
]  # fmt: skip


def lines() -> list[str]:
    """Return the page, line by line."""
    shapes = [line for row in ROWS if row.symbolic and (line := symbolic_difference(row))]
    return [
        *HEAD.splitlines(),
        "",
        "## Layers, losses, training",
        "",
        "| where | Keras | Hornbeam |",
        "|---|---|---|",
        *(probe_line(probe) for probe in PROBES),
        "",
        "## Values of operations",
        "",
        "| call | Keras |",
        "|---|---|",
        *(value_line(row) for row in ROWS if row.keras),
        *(f"| `{name}`, {_WAYS.get(way, way)} | {reason} |" for (name, way), reason in APART.items()),
        "",
        "## Symbolic shapes and dtypes",
        "",
        "Hornbeam's are what the computation gives, or None where that depends on a length.",
        "",
        "| call | Hornbeam | Keras |",
        "|---|---|---|",
        *shapes,
    ]


_WAYS = {
    "one": "all lengths 1",
    "none first": "first axis of length 0",
    "none last": "last axis of length 0",
}


def probe_line(probe: Probe) -> str:
    return f"| {probe.where} | {probe.keras} | {probe.hornbeam} |"


def value_line(row: Any) -> str:
    return f"| `{row!r}` | {row.keras} |"


@functools.cache
def written() -> list[str]:
    return DOCS.read_text().splitlines()


if __name__ == "__main__":
    DOCS.write_text("\n".join(lines()) + "\n")
