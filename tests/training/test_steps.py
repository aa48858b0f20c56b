"""How many batches an epoch has, in what order, and what class weights make of targets; as Keras has it."""

import jax
import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers
from hornbeam.data._arrays import Sample
from hornbeam.training._targets import with_class_weight

X = np.arange(10, dtype="float32")[:, None]


class Seen(keras.Sequential):
    """Remembers what it was trained and tested on; its steps run eagerly."""

    def note(self, data, *kind):
        if not isinstance(data[0], jax.core.Tracer):
            self.seen.append([*kind, *(int(v) for v in np.ravel(data[0]))])
        return {"loss": keras.ops.sum(data[0])}

    def train_step(self, data):
        return self.note(data)

    def test_step(self, data):
        return self.note(data, "test")


def run(*data, **fitted):
    model = Seen([keras.Input((1,)), layers.Dense(1)])
    model.seen = []
    model.compile(optimizer="sgd", run_eagerly=True)
    keras.utils.set_random_seed(0)
    history = model.fit(*data, **{"batch_size": 2, "shuffle": False, "verbose": 0, **fitted})
    trained = [s for s in model.seen if s[0] != "test"]
    return trained, [s[1:] for s in model.seen if s[0] == "test"], len(history.history["loss"])


def pairs(*firsts):
    return [[i, i + 1] for i in firsts]


def batches(count):
    for i in range(count):
        yield X[2 * (i % 5) : 2 * (i % 5) + 2], X[:2]


ALL = (0, 2, 4, 6, 8)
RAN_OUT = "x gave {} batches; {} were asked for"
STEPS = [  # arrays or the length of a generator, steps, epochs, batches by their first sample, warning
    (None, 1, 3, (0, 2, 4), None),
    (None, 2, 3, ALL, RAN_OUT.format(1, 2)),
    (None, 2, 5, (*ALL, 0, 2, 4, 6), RAN_OUT.format(1, 2)),
    (None, 5, 2, ALL * 2, None),
    (None, 7, 2, ALL * 2, RAN_OUT.format(5, 7)),
    (5, None, 1, ALL, None),
    (5, 2, 2, (0, 2, 4, 6), None),
    (5, 2, 4, ALL, RAN_OUT.format(1, 2)),
    (5, 9, 1, ALL, RAN_OUT.format(5, 9)),
    (5, None, 2, ALL, "the generator is used up. Training ends here"),
]


@pytest.mark.parametrize(("length", "steps", "epochs", "firsts", "warns"), STEPS, ids=[str(r[:3]) for r in STEPS])
@pytest.mark.filterwarnings("ignore:x gave 0 batches")
def test_steps_per_epoch(length, steps, epochs, firsts, warns):
    data = (X, X) if length is None else (batches(length),)
    if warns is None:
        trained, _, count = run(*data, steps_per_epoch=steps, epochs=epochs)
        assert count == epochs
    else:
        with pytest.warns(UserWarning, match=warns):
            trained, _, _ = run(*data, steps_per_epoch=steps, epochs=epochs)
    assert trained == pairs(*firsts)


def test_a_shuffled_pass_goes_through_all_samples():
    trained, _, _ = run(X[:8], X[:8], steps_per_epoch=2, epochs=4, shuffle=True)
    for half in (trained[:4], trained[4:]):
        assert sorted(np.concatenate(half)) == list(range(8))
    assert trained[:4] != trained[4:]


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.filterwarnings("ignore:x gave 1 batches")
def test_the_compiled_loop_takes_the_same_steps(shuffle):
    found = []
    for eagerly in (False, True):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
        model.compile(keras.optimizers.SGD(1e-3), "mse", run_eagerly=eagerly)
        fitted = {"batch_size": 4, "epochs": 4, "steps_per_epoch": 2, "shuffle": shuffle, "verbose": 0}
        found.append(model.fit(X, X**2, **fitted).history["loss"])
    np.testing.assert_allclose(*found, rtol=1e-5)


VALIDATION = [
    ({"validation_data": (X, X), "validation_batch_size": 2, "validation_steps": 2}, pairs(0, 2) * 3),
    ({"validation_data": (X, X), "validation_batch_size": 5}, [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]] * 3),
    ({"validation_data": (X, X), "validation_batch_size": 10, "validation_freq": [2]}, [list(range(10))]),
    ({"validation_data": (X, X), "validation_batch_size": 10, "validation_freq": 2}, [list(range(10))]),
    ({"validation_split": 0.25, "validation_batch_size": 10}, [[7, 8, 9]] * 3),
]


@pytest.mark.parametrize(("given", "tested"), VALIDATION, ids=[str(i) for i in range(len(VALIDATION))])
def test_validation(given, tested):
    assert run(X, X, epochs=3, **given)[1] == tested


def test_validation_on_a_generator_goes_on():
    tested = run(X, X, epochs=2, validation_data=batches(9), validation_steps=2)[1]
    assert tested == pairs(0, 2, 4, 6)


def test_the_length_of_a_stream_is_known_after_one_epoch():
    class Unknown:
        def __iter__(self):
            return batches(5)

    targets = []

    class Note(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            targets.append(self.params["steps"])

    assert run(Unknown(), epochs=2, callbacks=[Note()])[0] == pairs(*ALL) * 2
    assert targets[0] is None


# ---- class weights


LABELS = np.array([0, 1, 2, 1])
TABLE = {0: 1.0, 1: 2.0, 2: 0.5}
OF_LABELS = np.array([1.0, 2.0, 0.5, 2.0])
STEPPED = np.array([[0, 1, 2], [1, 1, 0], [2, 2, 2], [0, 0, 1]])
OF_STEPS = np.vectorize(TABLE.get)(STEPPED)
MAPS = STEPPED[:, :, None] * np.ones((1, 1, 2), int)
TARGETS = [  # targets of every form, the shape of a sample's output, the weights that the table makes of them
    ("labels", LABELS, (3,), OF_LABELS),
    ("a column", LABELS[:, None], (3,), OF_LABELS),
    ("one-hot", np.eye(3)[LABELS], (3,), OF_LABELS),
    ("one-hot whole numbers", np.eye(3, dtype=int)[LABELS], (3,), OF_LABELS),
    ("steps", STEPPED, (3, 3), OF_STEPS),
    ("float steps", STEPPED.astype("float32"), (3, 3), OF_STEPS),
    ("steps in a column", STEPPED[..., None], (3, 3), OF_STEPS),
    ("one-hot steps", np.eye(3)[STEPPED], (3, 3), OF_STEPS),
    ("binary steps", STEPPED[..., None] % 2, (3, 1), np.vectorize(TABLE.get)(STEPPED % 2)),
    ("maps", MAPS, (3, 2, 3), np.vectorize(TABLE.get)(MAPS)),
    ("one-hot maps", np.eye(3)[MAPS], (3, 2, 3), np.vectorize(TABLE.get)(MAPS)),
]


@pytest.mark.parametrize(("y", "shape", "expected"), [t[1:] for t in TARGETS], ids=[t[0] for t in TARGETS])
def test_class_weight_for_every_form_of_targets(y, shape, expected):
    model = keras.Sequential([keras.Input((2,)), layers.Dense(int(np.prod(shape))), layers.Reshape(shape)])
    own = np.array([1.0, 3.0, 0.0, 2.0])
    for given, factor in ((None, 1.0), (own, own), (own[:, None], own)):
        sample = with_class_weight(model, Sample(np.ones((4, 2), "float32"), y, given), TABLE)
        shape = np.shape(factor) + (1,) * (expected.ndim - np.ndim(factor))
        np.testing.assert_allclose(sample.sample_weight, expected * np.reshape(factor, shape))


def test_class_weight_by_output():
    x = keras.Input((2,))
    model = keras.Model(x, [layers.Dense(3, name="kind")(x), layers.Dense(1, name="size")(x)])
    sample = Sample(np.ones((4, 2), "float32"), [LABELS, np.ones(4)], None)
    kind, size = with_class_weight(model, sample, {"kind": TABLE}).sample_weight
    np.testing.assert_allclose(kind, OF_LABELS)
    assert size is None
    both = with_class_weight(model, sample._replace(sample_weight={"size": np.full(4, 2.0)}), {"kind": TABLE})
    np.testing.assert_allclose(both.sample_weight[1], np.full(4, 2.0))
    with pytest.raises(ValueError, match=r"class_weight names the output 'kid'; the model's are 'kind', 'size'"):
        with_class_weight(model, sample, {"kid": TABLE})
    with pytest.raises(TypeError, match="class_weight must be a dict"):
        with_class_weight(model, sample, [1.0, 2.0])
