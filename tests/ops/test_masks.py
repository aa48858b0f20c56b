"""Masks through plain operations: symbolically, in a functional model's replay, and on arrays."""

import jax.numpy as jnp
import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers, ops
from hornbeam._core.graph import attach_mask, mask_of
from hornbeam._core.state import HERE

B, T, F = 2, 3, 4
W = np.random.default_rng(0).normal(size=(F, 5)).astype("float32")
KEPT = np.array([[True, False, True], [False, True, True]])
OTHER = np.array([[True, True, False], [False, True, True]])

# (name, function of x (batch, time, features) and of another such tensor, shape of the mask that must come out)
ROWS = [
    ("scalar", lambda x, _: x * 2, (B, T)),
    ("reflected", lambda x, _: 1 - x, (B, T)),
    ("relu", lambda x, _: ops.relu(x), (B, T)),
    ("activation", lambda x, _: keras.activations.gelu(x), (B, T)),
    ("both masked", lambda x, y: x + y, (B, T)),
    ("weight", lambda x, _: x * W[:, 0], (B, T)),
    ("compare", lambda x, _: x > 0, (B, T)),
    ("where", lambda x, y: ops.where(x > 0, x, y), (B, T)),
    ("cast", lambda x, _: ops.cast(x, "float16"), (B, T)),
    ("broadcast", lambda x, _: ops.broadcast_to(x, (5, B, T, F)), (5, B, T)),
    ("broadcast by another", lambda x, _: x + np.ones((5, 1, 1, 1), "float32"), (5, B, T)),
    ("clip", lambda x, _: ops.clip(x, -1.0, 1.0), (B, T)),
    ("softmax", lambda x, _: ops.softmax(x), (B, T)),
    ("softmax over time", lambda x, _: ops.softmax(x, axis=1), None),
    ("layer norm", lambda x, _: ops.layer_normalization(x), (B, T)),
    ("cumsum over time", lambda x, _: ops.cumsum(x, axis=1), None),
    ("cumsum of features", lambda x, _: ops.cumsum(x, axis=-1), (B, T)),
    ("top_k", lambda x, _: ops.top_k(x, 2)[0], (B, T)),
    ("sum of features", lambda x, _: ops.sum(x, axis=-1), (B, T)),
    ("mean, kept", lambda x, _: ops.mean(x, axis=2, keepdims=True), (B, T)),
    ("max over time", lambda x, _: ops.max(x, axis=1), None),
    ("sum of all", lambda x, _: ops.sum(x), None),
    ("norm", lambda x, _: ops.norm(x, axis=-1), (B, T)),
    ("moments", lambda x, _: ops.moments(x, axes=[2])[1], (B, T)),
    ("concatenate features", lambda x, y: ops.concatenate([x, y], axis=-1), (B, T)),
    ("concatenate time", lambda x, y: ops.concatenate([x, y], axis=1), (B, 2 * T)),
    ("concatenate with an unmasked", lambda x, _: ops.concatenate([x, np.ones((B, 2, F), "f")], axis=1), (B, T + 2)),
    ("stack in front", lambda x, y: ops.stack([x, y]), (2, B, T)),
    ("stack behind", lambda x, y: ops.stack([x, y], axis=-1), (B, T)),
    ("reshape features", lambda x, _: ops.reshape(x, (-1, T, 2, 2)), (B, T)),
    ("reshape steps", lambda x, _: ops.reshape(x, (-1, F)), (B * T,)),
    ("reshape between", lambda x, _: ops.reshape(x, (-1, 1, T, F)), (B, 1, T)),
    ("flatten", lambda x, _: ops.reshape(x, (-1, T * F)), None),
    ("transpose", lambda x, _: ops.transpose(x, (1, 0, 2)), (T, B)),
    ("transpose to the front", lambda x, _: ops.transpose(x, (2, 0, 1)), (F, B, T)),
    ("swapaxes", lambda x, _: ops.swapaxes(x, 1, 2), (B, F, T)),
    ("moveaxis", lambda x, _: ops.moveaxis(x, 1, 0), (T, B)),
    ("moveaxis of two", lambda x, _: ops.moveaxis(x, (0, 2), (2, 0)), (F, T, B)),
    ("expand behind", lambda x, _: ops.expand_dims(x, -1), (B, T)),
    ("expand between", lambda x, _: ops.expand_dims(x, (1, 3)), (B, 1, T)),
    ("squeeze", lambda x, _: ops.squeeze(ops.expand_dims(x, 1), 1), (B, T)),
    ("squeeze a step", lambda x, _: ops.squeeze(x[:, :1], 1), (B,)),
    ("flip time", lambda x, _: ops.flip(x, axis=1), (B, T)),
    ("flip all", lambda x, _: ops.flip(x), (B, T)),
    ("roll", lambda x, _: ops.roll(x, (1, 2), axis=(1, 2)), (B, T)),
    ("roll flat", lambda x, _: ops.roll(x, 1), None),
    ("slice of steps", lambda x, _: x[:, 1:], (B, T - 1)),
    ("last step", lambda x, _: x[:, -1], (B,)),
    ("features", lambda x, _: x[..., 0], (B, T)),
    ("two numbers", lambda x, _: x[:, 1, 2], (B,)),
    ("new axis", lambda x, _: x[:, None, ::2], (B, 1, 2)),
    ("array of places", lambda x, _: x[:, np.array([2, 0])], (B, 2)),
    ("array of features", lambda x, _: x[:, :, np.array([2, 0])], (B, T)),
    ("array and number", lambda x, _: x[0, :, np.array([2, 0])], None),
    ("truth values", lambda x, _: ops.where(x > 0, x, 0.0)[:, np.array([True, False, True])], None),
    ("take", lambda x, _: ops.take(x, np.array([2, 0]), axis=1), (B, 2)),
    ("take features", lambda x, _: ops.take(x, np.array([2, 0]), axis=-1), (B, T)),
    ("take flat", lambda x, _: ops.take(x, np.array([2, 0])), None),
    ("repeat", lambda x, _: ops.repeat(x, 2, axis=1), (B, 2 * T)),
    ("tile", lambda x, _: ops.tile(x, (1, 2, 1)), (B, 2 * T)),
    ("pad", lambda x, _: ops.pad(x, ((0, 0), (1, 2), (0, 0))), (B, T + 3)),
    ("pad by the edge", lambda x, _: ops.pad(x, ((0, 0), (1, 0), (0, 0)), mode="edge"), (B, T + 1)),
    ("slice", lambda x, _: ops.slice(x, (0, 1, 0), (B, 2, 1)), (B, 2)),
    ("split steps", lambda x, _: ops.split(x, [1], axis=1)[1], (B, T - 1)),
    ("split features", lambda x, _: ops.split(x, 2, axis=-1)[0], (B, T)),
    ("unstack", lambda x, _: ops.unstack(x, T, axis=1)[1], (B,)),
    ("matmul", lambda x, _: ops.matmul(x, W), (B, T)),
    ("operator", lambda x, _: ops.dot(x, W), (B, T)),
    ("scores", lambda x, y: ops.matmul(x, ops.swapaxes(y, 1, 2)), None),
    ("tensordot", lambda x, _: ops.tensordot(x, W, axes=[[2], [0]]), (B, T)),
    ("tensordot over time", lambda x, _: ops.tensordot(x, W[:T], axes=[[1], [0]]), None),
    ("einsum", lambda x, _: ops.einsum("btf,fu->btu", x, W), (B, T)),
    ("einsum ...", lambda x, _: ops.einsum("fu,...f->...u", W, x), (B, T)),
    ("einsum moves", lambda x, _: ops.einsum("btf,fu->tbu", x, W), None),
    ("one_hot", lambda x, _: ops.one_hot(ops.argmax(x, axis=-1), F), (B, T)),
    ("convolution", lambda x, _: ops.conv(x, np.ones((2, F, 1), "f")), None),
    ("zeros_like", lambda x, _: ops.zeros_like(x), None),
    ("nothing", lambda x, _: ops.reshape(x, (B, T, F)), (B, T)),
]
NAMES = [row[0] for row in ROWS]


def masked(values, mask):
    """Return a new array with a mask."""
    x = jnp.asarray(values)
    attach_mask(x, jnp.asarray(mask))
    return x


class Marked(layers.Layer):
    """Gives its input a mask."""

    def __init__(self, kept):
        super().__init__()
        self.kept = kept

    def call(self, inputs):
        return inputs + 0.0

    def compute_mask(self, inputs, previous_mask=None):
        return ops.convert_to_tensor(self.kept)


@pytest.fixture(scope="module")
def pairs():
    """Two arrays, and the same with other values where their masks do not hold."""
    rng = np.random.default_rng(1)
    x, y, noise = (rng.normal(size=(B, T, F)).astype("float32") for _ in range(3))
    return (x, y), (np.where(KEPT[..., None], x, 9 * noise), np.where(OTHER[..., None], y, -9 * noise))


@pytest.mark.parametrize(("fn", "shape"), [row[1:] for row in ROWS], ids=NAMES)
def test_functional(fn, shape, pairs):
    inputs = [keras.Input(batch_shape=(B, T, F)), keras.Input(batch_shape=(B, T, F))]
    output = fn(*(Marked(kept)(x) for x, kept in zip(inputs, (KEPT, OTHER), strict=True)))
    assert shape == (None if output.mask is None else output.mask.shape)
    model = keras.Model(inputs, output)
    first, second = (model([jnp.asarray(a) for a in given]) for given in pairs)
    mask = mask_of(first)
    assert shape == (None if mask is None else mask.shape)
    if mask is not None:
        assert first.shape[: mask.ndim] == mask.shape
        np.testing.assert_array_equal(first[np.asarray(mask)], second[np.asarray(mask)])  # padding reaches none of it


UNKNOWN = {
    "multiply": (lambda x: x * 2, (None, None)),
    "slice": (lambda x: x[:, 1:], (None, None)),
    "reshape": (lambda x: ops.reshape(x, (-1, F)), (None,)),
    "concatenate": (lambda x: ops.concatenate([x, x], axis=1), (None, None)),
    "sum": (lambda x: ops.sum(x, axis=-1), (None, None)),
    "reduced": (lambda x: ops.max(x, axis=1), None),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_lengths(name):
    fn, shape = UNKNOWN[name]
    x = layers.Embedding(5, F, mask_zero=True)(keras.Input((None,), dtype="int32"))
    mask = fn(x).mask
    assert shape == (None if mask is None else mask.shape)


EAGER = {
    "relu": ops.relu,
    "add": lambda x: ops.add(x, 1),
    "sum": lambda x: ops.sum(x, axis=-1),
    "last": lambda x: ops.get_item(x, (slice(None), -1)),
    "numpy": lambda x: ops.multiply(np.ones((B, T, F), "float32"), x),
}


@pytest.mark.parametrize("name", EAGER)
def test_eager(name):
    x = masked(np.ones((B, T, F), "float32"), KEPT)
    expected = KEPT[:, -1] if name == "last" else KEPT
    np.testing.assert_array_equal(mask_of(EAGER[name](x)), expected)
    assert mask_of(EAGER[name](jnp.ones((B, T, F)))) is None


def test_masks_go_with_their_arrays():
    before = len(HERE.masks)
    for _ in range(3):
        ops.relu(masked(np.ones((B, T, F)), KEPT) * 2)
    assert len(HERE.masks) == before


def test_masks_take_no_names():
    x = layers.Embedding(5, 2, mask_zero=True)(keras.Input((3,), dtype="int32"))
    first = x * 2
    second = first * 2
    numbers = [int(f"0{t.node.operation.name.removeprefix('multiply').strip('_')}") for t in (first, second)]
    assert numbers[1] - numbers[0] == 1


class Block(layers.Layer):
    """A layer of the user's, which keeps masks inside its call by plain operations."""

    def __init__(self, *, keeps, **kwargs):
        super().__init__(**kwargs)
        self.keeps, self.supports_masking = keeps, True
        self.lstm = layers.LSTM(2)

    def call(self, inputs):
        doubled = ops.multiply(inputs, 2.0)
        assert mask_of(doubled) is mask_of(inputs) or mask_of(doubled).tolist() == mask_of(inputs).tolist()
        self.state = self.lstm(doubled)
        return doubled

    def compute_mask(self, inputs, previous_mask=None):
        return previous_mask if self.keeps else None


@pytest.mark.parametrize("keeps", [True, False])
def test_a_layer_decides_about_its_outputs(keeps):
    layer, x = Block(keeps=keeps), masked(np.ones((B, T, F), "float32"), KEPT)
    y = layer(x)
    assert (mask_of(y) is not None) == keeps
    np.testing.assert_allclose(layer.state, layer.lstm(2 * np.ones((B, T, F), "float32"), mask=KEPT), rtol=1e-6)
    assert mask_of(x) is not None


def test_a_layer_that_does_not_support_masks_warns_and_drops():
    class Plain(layers.Layer):
        def call(self, inputs):
            return ops.relu(inputs)

    with pytest.warns(UserWarning, match="does not support masking"):
        y = Plain()(masked(np.ones((B, T, F), "float32"), KEPT))
    assert mask_of(y) is None


def test_a_model_of_the_users_passes_masks_on():
    class Tagger(keras.Model):
        def __init__(self):
            super().__init__()
            self.embed, self.dense = layers.Embedding(5, 4, mask_zero=True), layers.Dense(2)

        def call(self, x):
            return self.dense(ops.relu(ops.multiply(self.embed(x), 2.0)))

    model, x = Tagger(), np.array([[1, 2, 0, 0]])
    np.testing.assert_array_equal(mask_of(model(x)), x != 0)
    model.compile("sgd", "mse", metrics=["mae"])
    y = np.zeros((1, 4, 2))
    before = model.evaluate(x, y, verbose=0)
    y[0, 2:] = 100.0
    assert model.evaluate(x, y, verbose=0) == before


def test_a_symbolic_mask_can_be_used():
    x = keras.Input((3,), dtype="int32")
    y = layers.Embedding(5, 2, mask_zero=True)(x)[:, 1:] * 2
    model = keras.Model(x, [y, y.mask])
    assert model(np.array([[1, 0, 3]]))[1].tolist() == [[False, True]]
    twin = keras.Model.from_config(model.get_config())
    assert twin(np.array([[1, 0, 3]]))[1].tolist() == [[False, True]]
