"""What fit, evaluate and predict say of bad data, before anything is computed."""

import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers

X = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")
Y = np.random.default_rng(1).normal(size=(16, 1)).astype("float32")
LABELS = np.arange(16) % 3
IDS = np.arange(48).reshape(16, 3) % 10


def regression():
    model = keras.Sequential([keras.Input((4,), name="input"), layers.Dense(1)], name="net")
    model.compile(loss="mse")
    return model


def classifier(loss="sparse_categorical_crossentropy", units=3, activation: str | None = "softmax"):
    model = keras.Sequential([keras.Input((4,), name="input"), layers.Dense(units, activation=activation)], name="net")
    model.compile(loss=loss)
    return model


def embedding():
    inner = [keras.Input((3,), name="input"), layers.Embedding(10, 2), layers.Flatten(), layers.Dense(1)]
    model = keras.Sequential(inner, name="net")
    model.compile(loss="mse")
    return model


def looking_up():
    """Return a model whose parts are known to its `call` alone."""

    class Net(keras.Model):
        def __init__(self):
            super().__init__(name="net")
            self.table, self.flat, self.top = layers.Embedding(10, 2, name="table"), layers.Flatten(), layers.Dense(1)

        def call(self, inputs):
            return self.top(self.flat(self.table(inputs)))

    model = Net()
    model.compile(loss="mse")
    return model


def inside_another():
    inner = keras.Sequential([keras.Input((3,)), layers.Embedding(10, 2), layers.Flatten()], name="inner")
    model = keras.Sequential([keras.Input((3,)), inner, layers.Dense(1)], name="net")
    model.compile(loss="mse")
    return model


def with_value(array, index, value):
    changed = array.copy()
    changed[index] = value
    return changed


REFUSED = [
    # number in the list of bad inputs, model, arguments of fit, error, what it says
    (1, regression, {"x": X[:, 0], "y": Y}, ValueError, r"x: model input 'input' expects \(batch, 4\); got \(16,\)"),
    (
        2,
        regression,
        {"x": np.ones((16, 5)), "y": Y},
        ValueError,
        r"x: model input 'input' expects \(batch, 4\); got \(16, 5\)",
    ),
    (6, regression, {"x": X, "y": np.ones((16, 3))}, ValueError, r"\(16, 3\)|\(batch, 3\)"),
    (7, lambda: classifier("mse"), {"x": X, "y": Y}, ValueError, r"\(16, 1\)|\(batch, 1\)"),
    (8, classifier, {"x": X, "y": with_value(LABELS, 0, 7)}, ValueError, r"labels 0\.\.2 expected, found 7 at row 0"),
    (9, classifier, {"x": X, "y": with_value(LABELS, 5, -1)}, ValueError, r"found -1 at row 5.*ignore_class"),
    (
        10,
        lambda: classifier("categorical_crossentropy"),
        {"x": X, "y": LABELS},
        ValueError,
        "sparse_categorical_crossentropy",
    ),
    (
        12,
        regression,
        {"x": np.array([["a"] * 4] * 16), "y": Y},
        ValueError,
        r"x expects numbers; got text.*StringLookup",
    ),
    (
        13,
        regression,
        {"x": np.array([[1, 2, 3, 4]] * 15 + [[1, 2, 3, None]], dtype=object), "y": Y},
        ValueError,
        "x is an object array: row 15",
    ),
    (
        12,
        regression,
        {"x": np.array([["a", 1, 2, 3]] * 16, dtype=object)[:, 0], "y": Y},
        ValueError,
        r"x expects numbers; got text \(row 0 is 'a'\).*StringLookup",
    ),
    (
        14,
        regression,
        {"x": [[1, 2, 3, 4], [1, 2]], "y": Y[:2]},
        ValueError,
        "x is ragged: row 0 has length 4, row 1 has 2.*pad_sequences",
    ),
    (16, regression, {"x": X[:0], "y": Y[:0]}, ValueError, "x has 0 samples"),
    (17, regression, {"x": X, "y": Y[:15]}, ValueError, "same number of samples; got x: 16; y: 15"),
    (18, regression, {"x": X, "y": Y, "batch_size": 0}, ValueError, "batch_size must be .* 1 or more; got 0"),
    (19, regression, {"x": X, "y": Y, "batch_size": -3}, ValueError, "batch_size must be .* got -3"),
    (20, regression, {"x": X, "y": Y, "validation_split": 1.5}, ValueError, "validation_split .* got 1.5"),
    (21, regression, {"x": X, "y": Y, "sample_weight": np.ones(3)}, ValueError, "sample_weight: 3"),
    (
        22,
        classifier,
        {"x": X, "y": LABELS, "class_weight": {0: 1.0, 1: 2.0}},
        ValueError,
        "class_weight has no weight for class 2",
    ),
    (
        8,
        classifier,
        {"x": np.tile(X, (4, 1)), "y": with_value(np.tile(LABELS, 4), 60, 7)},
        ValueError,
        "found 7 at row 60",
    ),
    (
        28,
        embedding,
        {"x": with_value(IDS, (2, 1), 99), "y": Y},
        ValueError,
        "'net/embedding'.* whole numbers from 0 to 9; got 99",
    ),
    (29, embedding, {"x": IDS + 0.7, "y": Y}, ValueError, "'net/embedding'.* whole numbers from 0 to 9; got 0.69"),
    (28, looking_up, {"x": with_value(IDS, (2, 1), 99), "y": Y}, ValueError, "'net/table'.* from 0 to 9; got 99"),
    (29, looking_up, {"x": IDS + 0.7, "y": Y}, ValueError, "'net/table'.* from 0 to 9; got 0.69"),
    (
        28,
        inside_another,
        {"x": with_value(IDS, (15, 0), 10), "y": Y},
        ValueError,
        "'net/inner/embedding'.* whole numbers from 0 to 9; got 10",
    ),
    (
        8,
        classifier,
        {"x": X, "y": LABELS, "validation_data": (X, with_value(LABELS, 15, 3))},
        ValueError,
        r"validation_data y for .*: labels 0\.\.2 expected, found 3 at row 15",
    ),
    (
        8,
        classifier,
        {"x": X, "y": with_value(LABELS, 15, 3), "validation_split": 0.1},
        ValueError,
        r"^y for .*: labels 0\.\.2 expected, found 3 at row 1",
    ),
    (
        28,
        embedding,
        {"x": IDS, "y": Y, "validation_data": (with_value(IDS, (2, 1), 99), Y)},
        ValueError,
        "'net/embedding'.* got 99",
    ),
    (36, regression, {"x": np.full((16, 4), 2**40 + 5), "y": Y}, OverflowError, "x: whole numbers must lie in"),
    (38, regression, {"x": {"inptu": X}, "y": Y}, ValueError, "inputs are named 'input'; the dict has 'inptu'"),
    (40, regression, {"x": X}, ValueError, "loss 'mean_squared_error' needs y"),
    (40, regression, {"x": (X[i : i + 8] for i in (0, 8))}, ValueError, "loss 'mean_squared_error' needs y"),
]


@pytest.mark.parametrize(
    ("make", "given", "error", "says"), [r[1:] for r in REFUSED], ids=[f"row{r[0]}" for r in REFUSED]
)
def test_refused_before_any_step(make, given, error, says):
    model = make()
    before = model.get_weights()
    with pytest.raises(error, match=says):
        model.fit(**given, verbose=0)
    for a, b in zip(model.get_weights(), before, strict=bool(before)):  # a model that `call` defines has none yet
        np.testing.assert_array_equal(a, b)


def in_batches(x, y):
    """Return a generator of batches of 2."""
    return iter([(x[i : i + 2], y[i : i + 2]) for i in range(0, len(x), 2)])


STREAMED = [
    # number in the list, model, x, y, the batch that is refused, what it says
    (8, classifier, X, with_value(LABELS, 0, 7), None, r"labels 0\.\.2 expected, found 7 at row 0"),
    (8, classifier, X, with_value(LABELS, 9, 7), 4, r"labels 0\.\.2 expected, found 7 at row 1"),
    (9, classifier, X, with_value(LABELS, 9, -1), 4, "found -1 at row 1.*ignore_class"),
    (28, embedding, with_value(IDS, (9, 1), 99), Y, 4, "'net/embedding'.* whole numbers from 0 to 9; got 99"),
    (29, embedding, with_value(IDS + 0.0, (9, 1), 1.5), Y, 4, "'net/embedding'.* got 1.5"),
    (28, looking_up, with_value(IDS, (9, 1), 99), Y, 4, "'net/table'.* whole numbers from 0 to 9; got 99"),
]


@pytest.mark.parametrize("row", STREAMED, ids=[f"row{r[0]}-batch{r[4]}" for r in STREAMED])
def test_refused_in_any_batch_of_a_stream(row):
    _, make, x, y, batch, says = row
    model = make()
    with pytest.raises(ValueError, match=says) as caught:
        model.fit(in_batches(x, y), verbose=0)
    assert batch is None or any(f"batch {batch} of the data" in note for note in caught.value.__notes__)
    steps = model.optimizer.iterations if model.optimizer.built else 0
    assert int(steps) == (batch or 0)  # those before it are done


def test_the_streams_to_validate_on_and_to_predict_from_are_looked_at_too():
    model = classifier()
    with pytest.raises(ValueError, match=r"labels 0\.\.2 expected, found 7 at row 1"):
        model.fit(X, LABELS, validation_data=in_batches(X, with_value(LABELS, 9, 7)), verbose=0)
    with pytest.raises(ValueError, match=r"labels 0\.\.2 expected, found 7 at row 9"):
        model.evaluate(X, with_value(LABELS, 9, 7), batch_size=4, verbose=0)
    bad = with_value(IDS, (9, 1), 99)
    for given in (bad, iter([bad[:4], bad[4:8], bad[8:]])):
        with pytest.raises(ValueError, match=r"'net/embedding\w*'.* got 99"):
            embedding().predict(given, batch_size=4, verbose=0)
    model = embedding()
    model.predict(IDS, verbose=0)
    with pytest.raises(ValueError, match=r"'net/embedding\w*'.* got 99"):
        model.predict(bad, verbose=0)  # the short way, which looks at shapes no more


WARNED = [
    (3, {"x": with_value(X, (2, 1), np.nan), "y": Y}, r"x holds 1 NaN value, the first at index \(2, 1\)"),
    (3, {"x": iter([(with_value(X, (2, 1), np.nan), Y)])}, r"x holds 1 NaN value, the first at index \(2, 1\)"),
    (
        4,
        {"x": X, "y": with_value(with_value(Y, 3, np.inf), 4, np.inf)},
        r"y holds 2 infinite values, the first at index \(3, 0\)",
    ),
]


WARNED += [
    (3, {"x": in_batches(with_value(X, (9, 1), np.nan), Y)}, r"x of batch 4 holds 1 NaN value, .* index \(1, 1\)"),
    (4, {"x": in_batches(X, with_value(Y, 15, np.inf))}, r"y of batch 7 holds 1 infinite value, .* index \(1, 0\)"),
    (3, {"x": X, "y": Y, "sample_weight": with_value(Y[:, 0], 3, np.nan)}, "sample_weight holds 1 NaN value"),
    (3, {"x": X, "y": Y, "validation_data": (with_value(X, (2, 1), np.nan), Y)}, "^validation_data x holds 1 NaN"),
    (
        3,
        {"x": X, "y": Y, "validation_data": in_batches(with_value(X, (2, 1), np.nan), Y)},
        r"^x of batch 1 holds 1 NaN value",
    ),
]


@pytest.mark.parametrize(("given", "says"), [r[1:] for r in WARNED], ids=[f"row{r[0]}" for r in WARNED])
def test_odd_values_warn_once(given, says):
    with pytest.warns(RuntimeWarning, match=says) as caught:
        regression().fit(**given, verbose=0)
    assert len(caught) == 1


def test_large_batches_of_a_stream_are_searched_too():
    x = np.zeros((3, 64, 4), "float32")
    x[1, 5, 2] = np.nan
    batches = ((np.repeat(part, 80, 0), np.zeros((5120, 1), "float32")) for part in x)
    with pytest.warns(RuntimeWarning, match=r"x of batch 1 holds 80 NaN values, the first at index \(400, 2\)"):
        regression().fit(batches, verbose=0)


def test_value_checks_can_be_switched_off():
    keras.config.set_value_checks(False)
    regression().fit(with_value(X, (2, 1), np.nan), Y, verbose=0)
    classifier().fit(in_batches(X, with_value(LABELS, 9, 7)), verbose=0)
    embedding().fit(in_batches(with_value(IDS, (9, 1), 99), Y), verbose=0)


def test_binary_crossentropy_on_raw_outputs_warns():
    model = classifier("binary_crossentropy", units=1, activation=None)
    model.set_weights([np.full((4, 1), 100.0), np.full(1, 5.0)])
    with pytest.warns(UserWarning, match="from_logits"):
        model.fit(X, (LABELS > 0).astype("float32"), verbose=0)


class Table:
    """A dataset of named columns, as Hugging Face's are known by."""

    column_names = ("x", "label")

    def with_format(self, kind):
        raise AssertionError(kind)

    def __len__(self):
        return 3


class Lazy:
    def collect(self):
        raise AssertionError


def test_what_is_one_step_from_data_is_named():
    with pytest.raises(ValueError, match=r"x is several datasets \('train', 'test'\): pass one .* x\['train'\]"):
        regression().fit({"train": Table(), "test": Table()}, verbose=0)
    with pytest.raises(TypeError, match=r"got Lazy. Call collect\(\) on it first"):
        regression().fit(Lazy(), Y, verbose=0)


ACCEPTED = [
    ("5: targets without the last axis", {"x": X, "y": Y[:, 0]}),
    ("15: lists of lists", {"x": X.tolist(), "y": Y.tolist()}),
    ("37: Fortran order", {"x": np.asfortranarray(X), "y": Y}),
    ("37: strided", {"x": np.repeat(X, 2, axis=0)[::2], "y": Y}),
    ("37: bool targets", {"x": X, "y": Y > 0}),
    ("37: float64", {"x": X.astype("float64"), "y": Y.astype("float64")}),
]


@pytest.mark.parametrize("given", [r[1] for r in ACCEPTED], ids=[r[0] for r in ACCEPTED])
def test_other_forms_are_taken(given):
    model, plain = regression(), regression()
    plain.set_weights(model.get_weights())
    ours = model.fit(**given, verbose=0, shuffle=False).history["loss"]
    y = given["y"] if np.asarray(given["y"]).dtype == bool else Y
    np.testing.assert_allclose(
        ours, plain.fit(X, np.asarray(y, "float32"), verbose=0, shuffle=False).history["loss"], rtol=1e-6
    )


def test_one_hot_of_no_whole_number_is_refused():
    with pytest.raises(TypeError, match=r"one_hot: x must hold whole numbers .*; got dtype float"):
        keras.ops.one_hot(np.array([0.5]), 3)


def test_predict_on_no_rows_gives_no_rows():
    assert regression().predict(X[:0], verbose=0).shape == (0, 1)


def test_a_generator_that_ends_early_warns():
    batches = ((X[:8], Y[:8]) for _ in range(2))
    with pytest.warns(UserWarning, match="gave 2 batches; 5 were asked for"):
        regression().fit(batches, steps_per_epoch=5, verbose=0)


def test_a_batch_of_another_width_names_its_number():
    batches = iter([(X[:8], Y[:8]), (np.ones((8, 5), "float32"), Y[:8])])
    with pytest.raises(ValueError, match=r"expects \(batch, 4\); got \(8, 5\)") as caught:
        regression().fit(batches, verbose=0)
    assert any("batch 1 of the data" in note for note in caught.value.__notes__)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"loss": "msee"}, "Unknown loss: 'msee'. Did you mean .*'mse'"),
        ({"optimizer": "adamm"}, "Unknown optimizer: 'adamm'. Did you mean .*[aA]dam"),
        ({"metrics": ["acuracy"]}, "Unknown metric: 'acuracy'"),
        ({"steps_per_execution": 0}, "steps_per_execution must be"),
        ({"steps_per_execution": "many"}, "steps_per_execution must be"),
        ({"loss": {"a": "msee"}}, "Unknown loss: 'msee'"),
        ({"loss_weights": ["a"]}, "loss_weights takes numbers; got 'a'"),
    ],
)
def test_compile_refuses_unknown_names(arguments, says):
    model = keras.Sequential([layers.Dense(1, input_dim=4)])
    with pytest.raises((ValueError, TypeError), match=says):
        model.compile(**arguments)


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_a_model_that_is_not_compiled_says_so(method):
    model = keras.Sequential([layers.Dense(1, input_dim=4)], name="net")
    with pytest.raises(ValueError, match=f"'net': call compile\\(\\) before {method}"):
        getattr(model, method)(X, Y)
