"""Files of events, read back by TensorBoard's own reader."""

import json
import shutil

import numpy as np
import pytest

import hornbeam as keras
from hornbeam.callbacks._events import png_of
from tests.callbacks._models import X, Y, fit, small

pytest.importorskip("tensorboard")
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.graph import keras_util
from tensorboard.util.tensor_util import make_ndarray

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of TensorBoard


def events(folder):
    """Return a dict tag -> list of (step, array) of all files in a folder."""
    reader = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
    tags = reader.Tags()["tensors"]
    plugins = {tag: reader.SummaryMetadata(tag).plugin_data.plugin_name for tag in tags}
    return {tag: [(e.step, make_ndarray(e.tensor_proto)) for e in reader.Tensors(tag)] for tag in tags}, plugins


def numbers(found):
    return [(step, float(value)) for step, value in found]


def test_scalars_of_epochs(tmp_path):
    model = small("mae")
    board = keras.callbacks.TensorBoard(tmp_path, write_steps_per_second=True)
    history = fit(model, board, epochs=2, batch_size=2, validation_data=(X, Y)).history
    train, plugins = events(tmp_path / "train")
    assert set(train) == {"keras", "epoch_loss", "epoch_mae", "epoch_learning_rate", "epoch_steps_per_second"}
    assert {plugins[tag] for tag in train if tag != "keras"} == {"scalars"}
    np.testing.assert_allclose([v for _, v in numbers(train["epoch_loss"])], history["loss"])
    assert [step for step, _ in train["epoch_mae"]] == [0, 1]
    held_out, _ = events(tmp_path / "validation")
    assert set(held_out) == {"epoch_loss", "epoch_mae", "evaluation_loss_vs_iterations", "evaluation_mae_vs_iterations"}
    np.testing.assert_allclose([v for _, v in numbers(held_out["epoch_mae"])], history["val_mae"])
    assert [step for step, _ in held_out["evaluation_loss_vs_iterations"]] == [3, 6]


@pytest.mark.parametrize(("freq", "steps"), [("batch", [1, 2, 3, 4, 5, 6]), (2, [2, 4, 6])])
def test_scalars_of_batches(freq, steps, tmp_path):
    board = keras.callbacks.TensorBoard(tmp_path, update_freq=freq, write_steps_per_second=True, write_graph=False)
    fit(small(), board, epochs=2, batch_size=2)
    found, _ = events(tmp_path / "train")
    assert set(found) == {
        "batch_loss", "batch_steps_per_second", "epoch_learning_rate", "epoch_loss", "epoch_steps_per_second"
    }  # fmt: skip
    assert [step for step, _ in found["batch_loss"]] == steps


def test_only_batches_that_are_asked_for_slow_training():
    quick = keras.callbacks.CallbackList([keras.callbacks.TensorBoard("x")])
    slow = keras.callbacks.CallbackList([keras.callbacks.TensorBoard("x", update_freq=3)])
    assert (quick.wants_batches("train"), slow.wants_batches("train")) == (False, True)


def test_weights(tmp_path):
    layers = keras.layers
    model = keras.Sequential([keras.Input((6, 6, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(3)])
    model.compile("sgd", "mse")
    board = keras.callbacks.TensorBoard(tmp_path, histogram_freq=2, write_images=True)
    x, y = np.ones((2, 6, 6, 1)), np.ones((2, 3))
    model.fit(x, y, epochs=3, verbose=0, callbacks=[board])
    found, plugins = events(tmp_path / "train")
    tag = "sequential/conv2d/kernel/histogram"
    assert plugins[tag] == "histograms"
    assert [step for step, _ in found[tag]] == [0, 2]
    buckets = found[tag][-1][1]
    assert buckets.shape == (30, 3)
    assert buckets[:, 2].sum() == 18
    kernel = model.layers[0].kernel.numpy()
    np.testing.assert_allclose([buckets[0, 0], buckets[-1, 1]], [kernel.min(), kernel.max()], rtol=1e-6)
    width, height, *pictures = found["sequential/conv2d/kernel/image"][0][1]
    assert (width, height, len(pictures)) == (b"3", b"3", 2)
    assert plugins["sequential/dense/kernel/image"] == "images"


def test_a_picture_is_a_png(tmp_path):
    image = pytest.importorskip("PIL.Image")
    path = tmp_path / "a.png"
    path.write_bytes(png_of(np.array([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]])))
    assert np.asarray(image.open(path)).tolist() == [[0, 127, 255], [255, 127, 0]]


def test_the_graph(tmp_path):
    model = small()
    fit(model, keras.callbacks.TensorBoard(tmp_path))
    found, plugins = events(tmp_path / "train")
    assert plugins["keras"] == "graph_keras_model"
    text = found["keras"][0][1].item()
    assert json.loads(text) == json.loads(model.to_json())
    nodes = [node.name for node in keras_util.keras_model_to_graph_def(json.loads(text)).node]
    assert any("dense" in name for name in nodes)


class Scaled(keras.layers.Layer):
    """A layer that cannot be described: it does not keep its argument."""

    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.scale = [factor]

    def call(self, inputs):
        return inputs * self.scale[0]


class Own(keras.Model):
    """A model that `call` defines, with a block in it."""

    def __init__(self, parts):
        super().__init__(name="own")
        self.parts = parts

    def call(self, inputs):
        for part in self.parts:
            inputs = part(inputs)
        return inputs


def undescribed():
    x = keras.Input((2,), name="x")
    scaled = Scaled(2.0, name="scaled")(x)
    return keras.Model(x, keras.layers.Add(name="add")([keras.layers.Dense(2, name="dense")(scaled), x]), name="net")


def by_call():
    return Own([keras.layers.Dense(2, name="first"), Own([keras.layers.Dense(2, name="inner")])])


GRAPHS = [
    (
        undescribed,
        {"net/x": [], "net/scaled": ["net/x"], "net/dense": ["net/scaled"], "net/add": ["net/dense", "net/x"]},
    ),
    (by_call, {"own/first": [], "own/own/inner": []}),
]


@pytest.mark.parametrize(("make", "expected"), GRAPHS)
def test_the_graph_of_a_model_without_a_configuration(make, expected, tmp_path):
    model = make()
    model.compile("sgd", "mse")
    model.fit(np.ones((2, 2)), np.ones((2, 2)), verbose=0, callbacks=[keras.callbacks.TensorBoard(tmp_path)])
    found, _ = events(tmp_path / "train")
    drawn = keras_util.keras_model_to_graph_def(json.loads(found["keras"][0][1].item()))
    assert {node.name: list(node.input) for node in drawn.node} == expected


def test_a_model_without_layers_has_no_graph_and_says_so(tmp_path):
    class Bare(keras.Model):
        def build(self, input_shape):
            self.w = self.add_weight((), name="w")

        def call(self, inputs):
            return inputs * self.w

    model = Bare(name="bare")
    model.compile("sgd", "mse")
    board = keras.callbacks.TensorBoard(tmp_path)
    with pytest.warns(UserWarning, match="TensorBoard: model 'bare' holds no layers, so no graph is written"):
        model.fit(np.ones((2, 2)), np.ones((2, 2)), verbose=0, callbacks=[board])


def test_a_profile(tmp_path):
    board = keras.callbacks.TensorBoard(tmp_path, profile_batch=(2, 3))
    fit(small(), board, batch_size=2)
    assert list(tmp_path.glob("train/plugins/profile/*/*.xplane.pb"))


def test_embeddings(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Embedding(5, 3, name="words"), keras.layers.Flatten()])
    model.compile("sgd", "mse")
    board = keras.callbacks.TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"words": "words.tsv"})
    model.fit(np.ones((2, 2)), np.ones((2, 6)), verbose=0, callbacks=[board])
    settings = (tmp_path / "projector_config.pbtxt").read_text()
    assert 'tensor_path: "train/words-0.tsv"\n  metadata_path: "words.tsv"' in settings
    table = np.loadtxt(tmp_path / "train" / "words-0.tsv")
    np.testing.assert_allclose(table, model.layers[0].embeddings.numpy(), rtol=1e-5)


@pytest.mark.parametrize("options", [{"update_freq": 0}, {"update_freq": "never"}, {"profile_batch": (3, 2)}], ids=str)
def test_odd_arguments(options):
    with pytest.raises(ValueError, match="TensorBoard expects"):
        keras.callbacks.TensorBoard("x", **options)


@pytest.mark.parametrize("folder_too", [True, False])
def test_logs_that_are_removed_are_begun_anew(folder_too, tmp_path):
    def clear(epoch, _logs):
        if epoch == 1:
            shutil.rmtree(tmp_path / "train") if folder_too else next((tmp_path / "train").iterdir()).unlink()

    clearing = keras.callbacks.LambdaCallback(on_epoch_begin=clear)
    fit(small(), keras.callbacks.TensorBoard(tmp_path), clearing, epochs=3)
    assert [step for step, _ in events(tmp_path / "train")[0]["epoch_loss"]] == [1, 2]
