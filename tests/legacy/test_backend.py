"""The K functions against NumPy: value on arrays, and shape on symbolic tensors, one row each."""

import inspect

import numpy as np
import pytest

import hornbeam as keras
from hornbeam._core import config
from hornbeam.legacy import backend as K  # noqa: N812  # its name in every program

X = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(2, 3)).astype("float32")
IMAGES = np.arange(2 * 4 * 4 * 1, dtype="float32").reshape(2, 4, 4, 1)
STEPS = np.arange(2 * 3 * 2, dtype="float32").reshape(2, 3, 2)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda k: k.mean(X, axis=1, keepdims=True), X.mean(1, keepdims=True)),
        (lambda k: k.sum(X, axis=-1), X.sum(-1)),
        (lambda k: k.std(X), X.std()),
        (lambda k: k.var(X, axis=0), X.var(0)),
        (lambda k: k.max(X, axis=0), X.max(0)),
        (lambda k: k.min(X), X.min()),
        (lambda k: k.prod(X, axis=1), X.prod(1)),
        (lambda k: k.any(X > 0, axis=1), (X > 0).any(1)),
        (lambda k: k.all(X > 0), False),
        (lambda k: k.argmax(X), X.argmax(-1)),
        (lambda k: k.argmin(X, axis=0), X.argmin(0)),
        (lambda k: k.logsumexp(X, axis=1), np.log(np.exp(X).sum(1))),
        (lambda k: k.cumsum(X, axis=1), X.cumsum(1)),
        (lambda k: k.cumprod(X), X.cumprod(0)),
        (lambda k: k.sqrt(X), np.sqrt(np.maximum(X, 0))),
        (lambda k: k.square(X), X**2),
        (lambda k: k.pow(X, 3), X**3),
        (lambda k: k.clip(X, -0.1, 0.1), X.clip(-0.1, 0.1)),
        (lambda k: k.clip(X, None, 0.1), np.minimum(X, 0.1)),
        (lambda k: k.clip(X, 0.5, 0.1), np.full((2, 3), 0.5)),
        (lambda k: k.relu(X), np.maximum(X, 0)),
        (lambda k: k.relu(X, alpha=0.1, max_value=0.2), np.where(X > 0, np.minimum(X, 0.2), 0.1 * X)),
        (lambda k: k.relu(X, threshold=0.3), np.where(X >= 0.3, X, 0)),
        (lambda k: k.elu(X), np.where(X > 0, X, np.exp(X) - 1)),
        (lambda k: k.softmax(X), softmax(X)),
        (lambda k: k.sigmoid(X), 1 / (1 + np.exp(-X))),
        (lambda k: k.hard_sigmoid(X), np.clip(0.2 * X + 0.5, 0, 1)),
        (lambda k: k.l2_normalize(X, axis=1), X / np.linalg.norm(X, axis=1, keepdims=True)),
        (lambda k: k.l2_normalize(X), X / np.linalg.norm(X)),
        (lambda k: k.l2_normalize(np.zeros((1, 2), "float32"), axis=1), np.zeros((1, 2))),
        (lambda k: k.maximum(X, Y), np.maximum(X, Y)),
        (lambda k: k.equal(X, X), np.ones((2, 3), bool)),
        (lambda k: k.dot(X, Y.T), X @ Y.T),
        (lambda k: k.dot(STEPS, np.ones((2, 5), "float32")), STEPS @ np.ones((2, 5))),
        (lambda k: k.batch_dot(X, Y, axes=1), (X * Y).sum(1, keepdims=True)),
        (lambda k: k.batch_dot(STEPS, STEPS, axes=2), STEPS @ STEPS.transpose(0, 2, 1)),
        (lambda k: k.batch_dot(STEPS, STEPS.transpose(0, 2, 1)), STEPS @ STEPS.transpose(0, 2, 1)),
        (lambda k: k.batch_dot(STEPS, X, axes=(1, 1)), np.einsum("nts,nt->ns", STEPS, X)),
        (lambda k: k.cast(X > 0, "float32"), (X > 0).astype("float32")),
        (lambda k: k.concatenate([X, Y]), np.concatenate([X, Y], -1)),
        (lambda k: k.concatenate([X, Y], axis=0), np.concatenate([X, Y])),
        (lambda k: k.stack([X, Y], axis=1), np.stack([X, Y], 1)),
        (lambda k: k.reshape(X, (-1,)), X.ravel()),
        (lambda k: k.flatten(X), X.ravel()),
        (lambda k: k.batch_flatten(STEPS), STEPS.reshape(2, 6)),
        (lambda k: k.permute_dimensions(STEPS, (0, 2, 1)), STEPS.transpose(0, 2, 1)),
        (lambda k: k.transpose(X), X.T),
        (lambda k: k.expand_dims(X), X[..., None]),
        (lambda k: k.squeeze(X[:, None], 1), X),
        (lambda k: k.repeat(X, 4), np.repeat(X[:, None], 4, 1)),
        (lambda k: k.repeat_elements(X, 2, axis=1), np.repeat(X, 2, 1)),
        (lambda k: k.tile(X, (1, 2)), np.tile(X, (1, 2))),
        (lambda k: k.reverse(X, 1), X[:, ::-1]),
        (lambda k: k.slice(X, (0, 1), (2, -1)), X[:, 1:]),
        (lambda k: k.gather(X, np.array([1, 0])), X[[1, 0]]),
        (lambda k: k.one_hot(np.array([0, 2]), 3), np.eye(3)[[0, 2]]),
        (lambda k: k.arange(3), [0, 1, 2]),
        (lambda k: k.arange(1, 6, 2), [1, 3, 5]),
        (lambda k: k.constant(2.0, shape=(2,)), [2.0, 2.0]),
        (lambda k: k.zeros((2,)).numpy(), [0.0, 0.0]),
        (lambda k: k.ones((2,)).numpy(), [1.0, 1.0]),
        (lambda k: k.eye(2).numpy(), np.eye(2)),
        (lambda k: k.temporal_padding(STEPS, (1, 0)), np.pad(STEPS, ((0, 0), (1, 0), (0, 0)))),
        (lambda k: k.spatial_2d_padding(IMAGES), np.pad(IMAGES, ((0, 0), (1, 1), (1, 1), (0, 0)))),
        (lambda k: k.resize_images(IMAGES, 2, 1, "channels_last"), IMAGES.repeat(2, 1)),
        (lambda k: k.pool2d(IMAGES, (2, 2), (2, 2)), IMAGES.reshape(2, 2, 2, 2, 2, 1).max((2, 4))),
        (lambda k: k.pool2d(IMAGES, (2, 2), (2, 2), pool_mode="avg"), IMAGES.reshape(2, 2, 2, 2, 2, 1).mean((2, 4))),
        (lambda k: k.conv2d(IMAGES, np.ones((1, 1, 1, 1), "float32") * 2), IMAGES * 2),
        (lambda k: k.conv1d(STEPS, np.ones((1, 2, 1), "float32")), STEPS.sum(-1, keepdims=True)),
        (lambda k: k.bias_add(X, np.array([1.0, 2.0, 3.0])), np.add(X, [1, 2, 3])),
        (lambda k: k.bias_add(IMAGES, np.array([1.0] * 4), "channels_first"), IMAGES + 1),
        (lambda k: k.batch_normalization(X, 0.0, 1.0, 0.5, 2.0, epsilon=0.0), X * 2 + 0.5),
        (lambda k: k.batch_normalization(X, X[:, 0], 1.0, None, None, 0, 0.0), X - X[:, :1]),
        (lambda k: k.normalize_batch_in_training(X, None, None, [0], 0.0)[0], (X - X.mean(0)) / X.std(0)),
        (lambda k: k.in_top_k(X, X.argmax(1), 1), [True, True]),
        (lambda k: k.in_top_k(X, X.argmin(1), 2), [False, False]),
        (lambda k: k.binary_crossentropy(np.array([1.0]), np.array([0.25])), -np.log([0.25])),
        (lambda k: k.switch(np.array([True, False]), X, Y), np.stack([X[0], Y[1]])),
        (lambda k: k.switch(True, lambda: X, lambda: Y), X),
        (lambda k: k.map_fn(lambda row: row * 2, X), X * 2),
        (lambda k: k.identity(X), X),
        (lambda k: k.in_train_phase(X, Y), Y),
        (lambda k: k.in_train_phase(lambda: X, Y, training=1), X),
        (lambda k: k.in_test_phase(X, Y), X),
        (lambda k: k.stop_gradient(X), X),
        (lambda k: k.dropout(X, 0.0), X),
    ],
)  # fmt: skip
def test_values(call, expected):
    np.testing.assert_allclose(np.asarray(call(K)), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        (lambda x: K.mean(x, axis=-1), (None, 4)),
        (lambda x: K.l2_normalize(x, axis=1), (None, 4, 6)),
        (lambda x: K.relu(x, alpha=0.1), (None, 4, 6)),
        (lambda x: K.concatenate([x, x]), (None, 4, 12)),
        (K.batch_flatten, (None, 24)),
        (lambda x: K.batch_dot(x, x, axes=2), (None, 4, 4)),
        (lambda x: K.permute_dimensions(x, (0, 2, 1)), (None, 6, 4)),
        (lambda x: K.repeat(x[:, 0], 3), (None, 3, 6)),
        (lambda x: K.slice(x, (0, 1, 0), (-1, 2, 6)), (None, 2, 6)),
        (K.expand_dims, (None, 4, 6, 1)),
    ],
)
def test_symbolic_shapes(call, shape):
    x = keras.Input((4, 6))
    y = call(x)
    assert K.int_shape(y) == shape
    assert K.is_keras_tensor(y)
    data = np.ones((2, 4, 6), "float32")
    assert keras.Model(x, y).predict(data, verbose=0).shape == (2, *shape[1:])


def test_variables():
    x = K.variable([1.0, 2.0], name="x")
    K.set_value(x, [3.0, 4.0])
    K.update_add(x, 1.0)
    K.update_sub(x, [0.0, 1.0])
    assert K.get_value(x).tolist() == [4.0, 4.0]
    K.moving_average_update(x, 0.0, 0.75)
    K.batch_set_value([(y := K.zeros((2,)), [7.0, 8.0])])
    assert [v.tolist() for v in K.batch_get_value([x, y])] == [[3.0, 3.0], [7.0, 8.0]]
    assert (K.eval(x * 2).tolist(), K.count_params(x), K.dtype(x), K.ndim(x)) == ([6.0, 6.0], 2, "float32", 1)
    assert K.update(x, [0.0, 0.0]).tolist() == [0.0, 0.0]


def test_function_of_a_graph_and_the_learning_phase():
    x = keras.Input((3,))
    hidden = keras.layers.Dropout(0.5, seed=0)(x)
    outputs = K.function([x, K.learning_phase()], [hidden, hidden * 2])
    ones = np.ones((2, 3))
    still, double = outputs([ones, 0])
    assert (still.tolist(), double.tolist()) == (ones.tolist(), (2 * ones).tolist())
    assert 0.0 in K.function([x, K.learning_phase()], [hidden])([np.ones((8, 3)), 1])[0]
    assert K.is_placeholder(K.placeholder((None, 3)))
    assert K.int_shape(K.placeholder(ndim=2)) == (None, None)


def test_set_learning_phase(monkeypatch):
    monkeypatch.setattr("hornbeam.legacy.backend._state.HERE.training", None)
    K.set_learning_phase(1)
    assert K.learning_phase() == 1
    assert K.in_train_phase(1, 0) == 1


@pytest.mark.parametrize(
    "draw",
    [
        lambda: K.random_normal((300,), mean=1.0, stddev=0.5, seed=1),
        lambda: K.truncated_normal((300,), mean=1.0, stddev=0.5, seed=1),
        lambda: K.random_uniform((300,), 0.5, 1.5, seed=1),
        lambda: K.random_binomial((300,), p=0.999, seed=1),
        lambda: K.random_normal_variable((300,), 1.0, 0.5, seed=1).value,
        lambda: K.random_uniform_variable((300,), 0.5, 1.5, seed=1).value,
    ],
)
def test_random_numbers(draw):
    numbers = np.asarray(draw())
    assert numbers.shape == (300,)
    assert abs(numbers.mean() - 1.0) < 0.1


def test_a_layer_draws_anew_in_each_step():
    noise = keras.layers.Lambda(lambda x: x + K.random_normal((1, 1)))
    model = keras.Sequential([keras.Input((1,)), noise, keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    ones = np.ones((1, 1), "float32")
    losses = model.fit(ones, ones, epochs=4, verbose=0).history["loss"]
    assert len(set(losses)) == 4


def test_settings():
    assert (K.image_dim_ordering(), K.backend(), K.epsilon(), K.floatx()) == ("tf", "tensorflow", 1e-7, "float32")
    K.set_image_dim_ordering("th")
    assert (config.image_data_format(), K.image_dim_ordering()) == ("channels_first", "th")
    with pytest.raises(ValueError, match="dim_ordering must be 'tf' or 'th'; got 'x'"):
        K.set_image_dim_ordering("x")
    with pytest.raises(ValueError, match="covers interpolation='nearest'; got 'bilinear'"):
        K.resize_images(IMAGES, 2, 2, "channels_last", "bilinear")
    with K.name_scope("block"):
        assert not K.is_sparse(X)


def test_print_tensor(capfd):
    K.print_tensor(np.float32(2.5), message="x = ")
    assert "x = 2.5" in capfd.readouterr().out


SIGNATURES = """
batch_dot(x, y, axes=None)
batch_normalization(x, mean, var, beta, gamma, axis=-1, epsilon=0.001)
clip(x, min_value, max_value)
concatenate(tensors, axis=-1)
constant(value, dtype=None, shape=None, name=None)
expand_dims(x, axis=-1)
in_train_phase(x, alt, training=None)
l2_normalize(x, axis=None)
moving_average_update(x, value, momentum)
one_hot(indices, num_classes)
pool2d(x, pool_size, strides=(1, 1), padding='valid', data_format=None, pool_mode='max')
relu(x, alpha=0.0, max_value=None, threshold=0.0)
repeat(x, n)
switch(condition, then_expression, else_expression)
variable(value, dtype=None, name=None, constraint=None)
""".split("\n")[1:-1]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_signatures(signature):
    name = signature.split("(")[0]
    found = inspect.signature(getattr(K, name))
    plain = found.replace(
        parameters=[p.replace(annotation=p.empty) for p in found.parameters.values()], return_annotation=found.empty
    )
    assert f"{name}{plain}" == signature
