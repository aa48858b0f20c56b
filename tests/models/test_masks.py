"""explain_masks(): each verdict is put to the test by changing the padding's values and looking at the loss."""

import re

import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers, ops

N, T, F = 8, 6, 4
IDS = np.random.default_rng(0).integers(1, 9, (N, T)).astype("int32")
for _row, _many in enumerate((0, 1, 2, 3, 4, 5, 2, 1)):
    IDS[_row, T - _many :] = 0
PADDED = [("embedding", "begins here: input is not 0", "marked")]


class Scaled(layers.Layer):
    """A layer of the user's that marks its output with the mask of its input."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs):
        return ops.multiply(inputs, 2.0)


class Blind(keras.metrics.Metric):
    """A metric that does not look at masks: the sum of squared errors."""

    def __init__(self, name):
        super().__init__(name=name)
        self.total = self.add_weight(name="total")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total.assign_add(ops.sum(ops.square(y_true - y_pred)))

    def result(self):
        return self.total.value


def inner():
    x = keras.Input((T, F), name="inside")
    return keras.Model(x, layers.Flatten(name="flat")(x * 1.5), name="inner")


# name: (the layers after the embedding, [(layer, mask, padding)] of those, what padding must reach)
CASES = {
    "lstm": (
        lambda x: layers.Dense(1, name="out")(layers.LSTM(3, name="lstm")(x)),
        [("lstm", "used, ends here", "none"), ("out", "-", "none")],
        (),
    ),
    "flatten": (
        lambda x: layers.Dense(1, name="out")(layers.Flatten(name="flatten")(x * 2)),
        [("multiply", "passes", "marked"), ("flatten", "LOST", "MIXED IN"), ("out", "-", "MIXED IN")],
        ("loss", "mae", "blind"),
    ),
    "convolution": (
        lambda x: layers.Dense(1, name="out")(
            layers.GlobalMaxPooling1D(name="max")(layers.Conv1D(5, 3, name="conv")(x))
        ),
        [("conv", "LOST", "MIXED IN"), ("max", "-", "MIXED IN"), ("out", "-", "MIXED IN")],
        ("loss", "mae", "blind"),
    ),
    "normalization": (
        lambda x: layers.Dense(1, name="out")(
            layers.GlobalAveragePooling1D(name="mean")(layers.BatchNormalization(name="norm")(x))
        ),
        [("norm", "used, passes", "marked"), ("mean", "used, ends here", "none"), ("out", "-", "none")],
        (),
    ),
    "normalization without its mask": (
        lambda x: layers.Dense(1, name="out")(
            layers.GlobalAveragePooling1D(name="mean")(layers.BatchNormalization(name="norm")(ops.sort(x, axis=1)))
        ),
        [("sort", "LOST", "MIXED IN"), ("norm", "-", "MIXED IN"), ("mean", "-", "MIXED IN"), ("out", "-", "MIXED IN")],
        ("loss", "mae", "blind", "moving_mean"),
    ),
    "two inputs": (
        lambda x: layers.Dense(1, name="out")(
            layers.GRU(3, name="gru")(layers.Concatenate(axis=1, name="both")([x, layers.Identity(name="same")(x)]))
        ),
        [
            ("same", "passes", "marked"),
            ("both", "passes", "marked"),
            ("gru", "used, ends here", "none"),
            ("out", "-", "none"),
        ],
        (),
    ),
    "attention": (
        lambda x: layers.Dense(1, activation="sigmoid", name="out")(
            layers.LayerNormalization(name="norm")(x + layers.MultiHeadAttention(2, 4, name="attend")(x, x))
        ),
        [
            ("attend", "used, passes", "marked"),
            ("add", "passes", "marked"),
            ("norm", "passes", "marked"),
            ("out", "passes", "marked"),
        ],
        ("blind",),  # it does not look at masks
    ),
    "attention that normalizes over time": (
        lambda x: layers.Dense(1, activation="sigmoid", name="out")(layers.LayerNormalization(axis=1, name="norm")(x)),
        [("norm", "passes", "MIXED IN"), ("out", "passes", "MIXED IN")],
        ("loss", "mae", "blind"),
    ),
    "sequences": (
        lambda x: layers.Dense(1, name="out")(
            layers.Bidirectional(layers.SimpleRNN(3, return_sequences=True), name="both")(x)
        ),
        [("both", "used, passes", "none"), ("out", "passes", "none")],
        ("blind",),
    ),
    "by hand": (
        lambda x: layers.Dense(1, name="out")(ops.sum(x * ops.cast(ops.expand_dims(x.mask, -1), "float32"), axis=1)),
        None,
        (),
    ),
    "a model inside": (
        lambda x: layers.Dense(1, name="out")(inner()(Scaled(name="scaled")(x))),
        [
            ("scaled", "passes", "marked"),
            ("inner/multiply", "passes", "marked"),
            ("inner/flat", "LOST", "MIXED IN"),
            ("out", "-", "MIXED IN"),
        ],
        ("loss", "mae", "blind"),
    ),
}


def make(after):
    keras.utils.set_random_seed(0)
    ids = keras.Input((T,), dtype="int32")
    model = keras.Model(ids, after(layers.Embedding(9, F, mask_zero=True, name="embedding")(ids)))
    model.compile("sgd", "mse", metrics=["mae", Blind(name="blind")])
    return model


def reached(model):
    """Return what really changes with the embedding of 0: the loss, metrics, or averages that training moves."""
    output = model.output_shape[1:]
    y, weights = np.random.default_rng(1).integers(0, 2, (N, *output)).astype("float32"), model.get_weights()
    seen = []
    for value in (0.0, 1.0, -7.0):
        model.set_weights(weights)
        model.get_layer("embedding").embeddings.assign(np.concatenate([np.full((1, F), value), weights[0][1:]]))
        if len(output) == 2:
            y[IDS == 0] = value > 0  # targets of padding are padding, too
        result = model.test_on_batch(IDS, y, return_dict=True)
        model.train_on_batch(IDS, y)
        result |= {w.name: w.numpy() for w in model.non_trainable_weights}
        seen.append(result)
    model.set_weights(weights)
    return {name for name in seen[0] if any(not np.allclose(seen[0][name], s[name], rtol=1e-5) for s in seen[1:])}


@pytest.mark.filterwarnings("ignore:Layer .* got a mask:UserWarning")
@pytest.mark.parametrize("name", CASES)
def test_verdicts_are_true(name):
    after, rows, expected = CASES[name]
    model = make(after)
    report = model.explain_masks(print_fn=lambda _: None)
    if rows is not None:
        assert [(re.sub(r"_\d+$", "", r.name), r.mask, r.padding) for r in report.rows] == [*PADDED, *rows]
    said = {word for leak in report.leaks for word in ("loss", "mae", "blind", "moving_mean") if word in leak}
    assert said == set(expected)
    assert reached(model) & {"loss", "mae", "blind", "moving_mean"} == set(expected)
    assert bool(report.leaks) == any("REACHES" in check for check in report.checks)


def test_nothing_is_changed():
    model = make(CASES["normalization"][0])
    before, losses = model.get_weights(), model.losses
    model.explain_masks(print_fn=lambda _: None)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.losses == losses


@pytest.mark.filterwarnings("ignore:Layer .* got a mask:UserWarning")
def test_what_is_printed(capsys):
    model = make(CASES["flatten"][0])
    report = model.explain_masks(line_length=80)
    text = capsys.readouterr().out
    assert "flatten (Flatten)" in text
    assert "MIXED IN by flatten" in text
    assert "the loss 'mean_squared_error' on the output 'out': padding REACHES it." in text
    assert max(map(len, text.splitlines())) <= 80
    assert repr(report) == "<MaskReport: 4 lines, 3 leaks>"


def test_masking_and_a_sequential_model_without_a_loss():
    rows = [keras.Input((None, 3)), layers.Masking(-1.0), layers.LSTM(2, return_sequences=True), layers.Dense(1)]
    report = keras.Sequential(rows).explain_masks(print_fn=lambda _: None)
    assert [row.mask for row in report.rows] == ["begins here: input is not -1", "used, passes", "passes"]
    assert not report.leaks


def test_penalties_and_the_state_of_layers_are_looked_at():
    x = keras.Input((T,), dtype="int32")
    y = layers.ActivityRegularization(0.1, name="penalty")(layers.Embedding(9, F, mask_zero=True)(x))
    report = keras.Model(x, layers.LSTM(2)(y)).explain_masks(print_fn=lambda _: None)
    assert [leak.split(":")[0] for leak in report.leaks] == [
        "Padding reaches the penalty that 'penalty' adds to the loss"
    ]


def test_no_mask():
    texts = []
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    assert not model.explain_masks(print_fn=texts.append).leaks
    assert "No layer of this model makes a mask" in texts[0]


def test_no_graph():
    class Own(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(ValueError, match=r"expects a model made of Input\(\) tensors.*its `call` shows no graph"):
        Own().explain_masks()
    with pytest.raises(ValueError, match="build it first"):
        keras.Sequential([layers.Dense(2)]).explain_masks()
