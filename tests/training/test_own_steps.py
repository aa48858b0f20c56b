"""Models that define their own steps, loss or metrics: in Keras's pure style, and naturally, with state."""

import functools

import jax
import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers, ops

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4)).astype("float32")
Y = (X[:, :1] - 0.5 * X[:, 1:2]).astype("float32")


class Pure(keras.Model):
    """Keras's guide to a train_step of one's own in JAX."""

    def loss_and_updates(self, trainable, rest, x, y):
        y_pred, rest = self.stateless_call(trainable, rest, x, training=True)
        return self.compute_loss(x, y, y_pred), (y_pred, rest)

    def train_step(self, state, data):
        trainable, rest, optimizer, metrics = state
        x, y = data
        gradient = jax.value_and_grad(self.loss_and_updates, has_aux=True)
        (loss, (y_pred, rest)), grads = gradient(trainable, rest, x, y)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, grads, trainable)
        new, logs = [], {}
        for metric in self.metrics:
            own = metrics[len(new) : len(new) + len(metric.variables)]
            given = (loss,) if metric.name == "loss" else (y, y_pred)
            own = metric.stateless_update_state(own, *given)
            logs[metric.name] = metric.stateless_result(own)
            new += own
        return logs, (trainable, rest, optimizer, new)


class Natural(keras.Model):
    """The same with state."""

    def train_step(self, data):
        x, y = data

        def loss_of(x, y):
            y_pred = self(x, training=True)
            return self.compute_loss(x, y, y_pred), y_pred

        (loss, y_pred), grads = keras.value_and_grad(loss_of, self.trainable_variables, has_aux=True)(x, y)
        self.optimizer.apply(grads, self.trainable_variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=len(x))
            else:
                metric.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics}


class SuperPure(keras.Model):
    def train_step(self, state, data):
        logs, state = super().train_step(state, data)
        return logs | {"more": logs["loss"] + 1.0}, state

    def test_step(self, state, data):
        return super().test_step(state, data)

    def predict_step(self, state, data):
        return super().predict_step(state, data)


class SuperNatural(keras.Model):
    def train_step(self, data):
        logs = super().train_step(data)
        return logs | {"more": logs["loss"] + 1.0}

    def test_step(self, data):
        return super().test_step(data)

    def predict_step(self, data):
        return super().predict_step(data)


class ByParts(keras.Model):
    """The step as the base class has it, made of its parts."""

    def train_step(self, state, data):
        trainable, rest, optimizer, metrics = state
        x, y = data
        gradient = jax.value_and_grad(self.compute_loss_and_updates, has_aux=True)
        (_, (loss, y_pred, rest, metrics)), grads = gradient(
            trainable, rest, metrics, x, y, None, training=True, optimizer_variables=optimizer
        )
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, grads, trainable)
        tracked = self.metrics_variables
        counted = keras.metrics.Mean.stateless_update_state(self.metrics[0], metrics[:2], loss, sample_weight=len(x))
        own = self.metrics[1].stateless_update_state(metrics[2:], y, y_pred)
        assert len(tracked) == len(counted) + len(own)
        logs = {"loss": counted[0] / counted[1], **self.metrics[1].stateless_result(own)}
        return logs, (trainable, rest, optimizer, [*counted, *own])


def made(kind, **compiled):
    keras.utils.set_random_seed(2)
    x = keras.Input((4,))
    hidden = layers.Dropout(0.3)(layers.BatchNormalization()(layers.Dense(6, "tanh", kernel_regularizer="l2")(x)))
    model = kind(x, layers.Dense(1)(hidden))
    model.compile(**{"optimizer": "adam", "loss": "mse", "metrics": ["mae"], **compiled})
    return model


def trained(kind, **compiled):
    model = made(kind, **compiled)
    history = model.fit(X, Y, batch_size=16, epochs=2, shuffle=False, verbose=0, validation_split=0.2).history
    return model, history


@functools.cache
def plain():
    """Return what the plain step gives, once for all kinds: history, variables, predictions and scores."""
    model, history = trained(keras.Model)
    values = [v.numpy() for v in model.variables]
    return history, values, model.predict(X, verbose=0), model.evaluate(X, Y, verbose=0)


@pytest.mark.parametrize("eager", [False, True], ids=["compiled", "eager"])
@pytest.mark.parametrize("kind", [Natural, SuperPure, SuperNatural, ByParts], ids=lambda kind: kind.__name__)
def test_own_steps_do_what_the_plain_step_does(kind, eager):
    expected, variables, predictions, scores = plain()
    model, history = trained(kind, run_eagerly=eager)
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-5, err_msg=name)
    if "more" in history:
        np.testing.assert_allclose(history["more"], np.add(expected["loss"], 1), rtol=1e-5)
    for a, b in zip(model.variables, variables, strict=True):
        np.testing.assert_allclose(a.numpy(), b, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(model.predict(X, verbose=0), predictions, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(model.evaluate(X, Y, verbose=0), scores, rtol=1e-4)


def test_the_guides_pure_step():
    model, history = trained(Pure)
    assert sorted(history) == ["loss", "mae", "val_loss", "val_mae"]
    assert int(model.optimizer.iterations.value) == 4


@pytest.mark.parametrize("kind", [Pure, Natural], ids=lambda kind: kind.__name__)
def test_own_steps_on_streams_and_single_batches(kind):
    arrays, streamed = (made(kind) for _ in range(2))
    data = [(X[i : i + 10], Y[i : i + 10]) for i in (0, 10)]
    first = arrays.fit(X[:20], Y[:20], batch_size=10, shuffle=False, verbose=0).history
    second = streamed.fit((batch for batch in data), verbose=0).history
    np.testing.assert_allclose(first["loss"], second["loss"], rtol=1e-5)
    logs = arrays.train_on_batch(X, Y, return_dict=True)
    assert sorted(logs) == ["loss", "mae"]


class GAN(keras.Model):
    """Two networks against each other, with an optimizer each; `call` is not defined."""

    def __init__(self):
        super().__init__()
        self.generator = keras.Sequential([keras.Input((2,)), layers.Dense(4, "tanh"), layers.Dense(4)])
        self.discriminator = keras.Sequential([keras.Input((4,)), layers.Dense(8, "tanh"), layers.Dense(1)])
        self.d_loss, self.g_loss = keras.metrics.Mean(name="d_loss"), keras.metrics.Mean(name="g_loss")

    def compile(self, d_optimizer, g_optimizer):
        super().compile(optimizer=d_optimizer)
        self.g_optimizer = g_optimizer

    @property
    def metrics(self):
        return [self.d_loss, self.g_loss]


def bce(label, y_pred):
    return ops.mean(keras.losses.binary_crossentropy(ops.full_like(y_pred, label), y_pred, from_logits=True))


class NaturalGAN(GAN):
    def train_step(self, data):
        noise = data[:, :2]

        def d_loss():
            return bce(1.0, self.discriminator(data)) + bce(0.0, self.discriminator(self.generator(noise)))

        def g_loss():
            return bce(1.0, self.discriminator(self.generator(noise)))

        for network, optimizer, metric, loss_of in (
            (self.discriminator, self.optimizer, self.d_loss, d_loss),
            (self.generator, self.g_optimizer, self.g_loss, g_loss),
        ):
            loss, grads = keras.value_and_grad(loss_of, network.trainable_variables)()
            optimizer.apply(grads, network.trainable_variables)
            metric.update_state(loss)
        return self.get_metrics_result()


class PureGAN(GAN):
    def compile(self, d_optimizer, g_optimizer):
        super().compile(d_optimizer, g_optimizer)
        d_optimizer.build(self.discriminator.trainable_variables)
        g_optimizer.build(self.generator.trainable_variables)

    def train_step(self, state, data):
        trainable, rest, optimizers, metrics = state
        count, place = len(self.generator.trainable_variables), len(self.optimizer.variables)
        g, d, noise = trainable[:count], trainable[count:], data[:, :2]

        def judged(d, x):
            return self.discriminator.stateless_call(d, [], x)[0]

        def made(g):
            return self.generator.stateless_call(g, [], noise)[0]

        d_loss, grads = jax.value_and_grad(lambda d: bce(1.0, judged(d, data)) + bce(0.0, judged(d, made(g))))(d)
        d, first = self.optimizer.stateless_apply(optimizers[:place], grads, d)
        g_loss, grads = jax.value_and_grad(lambda g: bce(1.0, judged(d, made(g))))(g)
        g, second = self.g_optimizer.stateless_apply(optimizers[place:], grads, g)
        counts = [
            *self.d_loss.stateless_update_state(metrics[:2], d_loss),
            *self.g_loss.stateless_update_state(metrics[2:], g_loss),
        ]
        logs = {"d_loss": counts[0] / counts[1], "g_loss": counts[2] / counts[3]}
        return logs, ([*g, *d], rest, [*first, *second], counts)


def test_gans_with_two_optimizers():
    found = []
    for kind in (NaturalGAN, PureGAN):
        keras.utils.set_random_seed(3)
        model = kind()
        model.compile(keras.optimizers.Adam(0.01), keras.optimizers.SGD(0.02))
        before = [v.numpy() for v in model.trainable_variables]
        found.append((model, model.fit(X, epochs=3, batch_size=8, shuffle=False, verbose=0).history))
        moved = [np.any(v.numpy() != b) for v, b in zip(model.trainable_variables, before, strict=True)]
        assert all(moved)
        assert int(model.optimizer.iterations.value) == int(model.g_optimizer.iterations.value) == 15
    (natural, history), (pure, expected) = found
    for name in ("d_loss", "g_loss"):
        np.testing.assert_allclose(history[name], expected[name], rtol=1e-5)
    for a, b in zip(natural.trainable_variables, pure.trainable_variables, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-4, atol=1e-6)


class VAE(keras.Model):
    """A variational autoencoder that draws inside the step, in both halves of the API: add_loss and train_step."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = layers.Dense(4), layers.Dense(4)
        self.seeds = keras.random.SeedGenerator(1)
        self.kl = keras.metrics.Mean(name="kl")

    def call(self, x):
        mean, spread = ops.split(self.encoder(x), 2, axis=-1)
        kl = -0.5 * ops.mean(1 + spread - mean**2 - ops.exp(spread))
        self.kl.update_state(kl)
        self.add_loss(0.1 * kl)
        return self.decoder(mean + ops.exp(spread / 2) * keras.random.normal(ops.shape(mean), seed=self.seeds))


class NaturalVAE(VAE):
    def train_step(self, data):
        x = data[0] if isinstance(data, tuple) else data

        def loss_of():
            return ops.mean((self(x) - x) ** 2) + sum(self.losses)

        loss, grads = keras.value_and_grad(loss_of, self.trainable_variables)()
        self.optimizer.apply(grads, self.trainable_variables)
        self.metrics[0].update_state(loss, sample_weight=len(x))
        return self.get_metrics_result()


def test_a_vae_by_itself_and_with_a_step_of_its_own():
    found = []
    for kind, loss, y in ((VAE, "mse", X), (NaturalVAE, None, None)):
        keras.utils.set_random_seed(4)
        model = kind()
        model.compile("adam", loss)
        found.append(model.fit(X, y, epochs=3, batch_size=16, shuffle=False, verbose=0).history)
        drawn = model.seeds.state.numpy()
        model.predict(X, verbose=0)
        assert sorted(found[-1]) == ["kl", "loss"]
        assert np.any(drawn != keras.random.SeedGenerator(1).state.numpy())
    for name in ("kl", "loss"):
        np.testing.assert_allclose(*(h[name] for h in found), rtol=1e-5)


class Contrastive(keras.Model):
    """Two views of each sample, and an optimizer for the head beside that for the trunk."""

    def __init__(self):
        super().__init__()
        self.trunk, self.head = layers.Dense(6, "tanh"), layers.Dense(3)

    def call(self, x):
        return self.head(self.trunk(x))

    def train_step(self, data):
        def loss_of():
            a, b = (ops.normalize(self(data + shift), axis=-1) for shift in (-0.01, 0.01))
            alike = ops.matmul(a, ops.transpose(b)) / 0.1
            return ops.mean(
                keras.losses.sparse_categorical_crossentropy(ops.arange(len(data)), alike, from_logits=True)
            )

        groups = [part.trainable_variables for part in (self.trunk, self.head)]
        loss, grads = keras.value_and_grad(loss_of, [*groups[0], *groups[1]])()
        self.optimizers[0].apply(grads[:2], groups[0])
        self.optimizers[1].apply(grads[2:], groups[1])
        return {"loss": loss}


def test_a_contrastive_model_with_optimizers_in_a_list():
    keras.utils.set_random_seed(5)
    model = Contrastive()
    model(X[:1])
    model.compile()
    model.optimizers = [keras.optimizers.Adam(0.01), keras.optimizers.SGD(0.1)]
    loss = model.fit(X, epochs=5, batch_size=20, verbose=0).history["loss"]
    assert loss[-1] < loss[0]
    assert [int(o.iterations.value) for o in model.optimizers] == [10, 10]
    assert not model.optimizer.built  # compile()'s own is not used, and has no state


class OwnLoss(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(ops.abs(y - y_pred)) + sum(self.losses)


class OldLoss(keras.Model):
    def compute_loss(self, x, y, y_pred, sample_weight):
        return super().compute_loss(x, y, y_pred, sample_weight) * 1.0


class OwnMetrics(keras.Model):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.largest = keras.metrics.Mean(name="largest")

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        results = super().compute_metrics(x, y, y_pred, sample_weight)
        self.largest.update_state(ops.max(y_pred))
        return results | {"largest": self.largest.result(), "rows": ops.shape(y)[0]}


def test_a_loss_of_ones_own():
    _, history = trained(OwnLoss, loss=None, metrics=None)
    _, expected = trained(keras.Model, loss="mae", metrics=None)
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(history[name], expected[name], rtol=1e-5)
    np.testing.assert_allclose(trained(OldLoss)[1]["val_loss"], plain()[0]["val_loss"], rtol=1e-5)


def test_metrics_of_ones_own():
    model, history = trained(OwnMetrics)
    expected, *_ = plain()
    np.testing.assert_allclose(history["val_mae"], expected["val_mae"], rtol=1e-5)
    assert history["rows"] == [16.0, 16.0]
    assert "val_largest" in history
    assert model.metrics_names == ["loss", "mae", "largest"]
    assert len(model.evaluate(X, Y, verbose=0)) == 4


class Counting(layers.Layer):
    """A layer with a metric, a loss and a regularizer of its activity."""

    def __init__(self):
        super().__init__(activity_regularizer="l2")
        self.mean = keras.metrics.Mean(name="mean_input")

    def call(self, x):
        self.mean.update_state(x)
        self.add_loss(0.1 * ops.mean(ops.abs(x)))
        return x


def test_metrics_and_losses_made_in_layers():
    x = keras.Input((4,))
    model = keras.Model(x, layers.Dense(1)(Counting()(x)))
    model.compile("sgd", "mse", metrics=["mae"])
    history = model.fit(X, Y, batch_size=40, verbose=0, validation_data=(X, Y)).history
    np.testing.assert_allclose(history["val_mean_input"], X.mean(), rtol=1e-5)
    scores = dict(zip(model.metrics_names, model.evaluate(X, Y, verbose=0), strict=True))
    penalty = 0.1 * np.abs(X).mean() + 0.01 * (X**2).sum() / 40
    np.testing.assert_allclose(scores["loss"], ((model.predict(X, verbose=0) - Y) ** 2).mean() + penalty, rtol=1e-5)
    assert scores["mean_input"] == pytest.approx(X.mean(), rel=1e-5)
    assert [metric.name for metric in model.metrics] == ["loss", "compile_metrics", "mean_input"]


def test_a_model_as_a_function():
    model = made(keras.Model)
    expected = model(X).__array__()
    np.testing.assert_allclose(jax.jit(model)(X), expected, rtol=1e-5)
    np.testing.assert_allclose(jax.vmap(lambda row: model(row[None])[0])(X), expected, rtol=1e-4, atol=1e-6)
    trainable, rest = ([v.value for v in vs] for vs in (model.trainable_variables, model.non_trainable_variables))

    def loss(trainable):
        return ops.mean((model.stateless_call(trainable, rest, X)[0] - Y) ** 2)

    grads = jax.jit(jax.grad(loss))(trainable)
    natural = keras.value_and_grad(lambda: ops.mean((model(X) - Y) ** 2), model.trainable_variables)()[1]
    for a, b in zip(grads, natural, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    inputs = jax.grad(lambda x: ops.sum(model(x)))(X)
    assert inputs.shape == X.shape
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.build(model.trainable_variables)
    state = [v.value for v in optimizer.variables]
    new, state = jax.jit(optimizer.stateless_apply)(state, grads, trainable)
    optimizer.apply(natural, model.trainable_variables)
    for value, variable in zip(new, model.trainable_variables, strict=True):
        np.testing.assert_allclose(value, variable.numpy(), rtol=1e-4, atol=1e-6)


def test_what_a_gradient_writes_is_kept():
    seen, v = keras.Variable(0.0), keras.Variable([1.0, 2.0])

    def loss(scale):
        seen.assign_add(1.0)
        return ops.sum(v * v) * scale, {"v": v}

    (value, more), grads = keras.value_and_grad(loss, [v], has_aux=True)(2.0)
    assert (float(value), grads[0].tolist(), float(seen.value)) == (10.0, [4.0, 8.0], 1.0)
    assert more["v"].tolist() == [1.0, 2.0]


REFUSED = [
    (lambda _self, state, _data: ({}, state[:2]), ValueError, r"must return \(logs, state\), with 4 lists"),
    (lambda _self, _data: (STRAY.assign_add(1.0), {})[1], RuntimeError, "'stray' is assigned inside a compiled step"),
]
STRAY = keras.Variable(0.0, name="stray")


@pytest.mark.parametrize(("step", "error", "says"), REFUSED, ids=["pure", "natural"])
def test_steps_that_lose_state_say_so(step, error, says):
    model = made(type("Wrong", (keras.Model,), {"train_step": step}))
    with pytest.raises(error, match=says):
        model.fit(X, Y, verbose=0)


def test_symbolic_losses_are_refused():
    x = keras.Input((4,))
    model = keras.Model(x, layers.Dense(1)(x))
    for wrong in (model.output, lambda: 1.0):
        with pytest.raises(NotImplementedError, match="a layer whose call"):
            model.add_loss(wrong)


def test_eager_steps_have_values(capsys):
    class Looking(layers.Layer):
        def call(self, x):
            print("sum", ops.sum(x).item() if ops.sum(x) > -1e9 else None)  # noqa: T201 - what is tested
            return x

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.parts = [layers.Dense(2), Looking(), layers.Dense(1)]

        def call(self, x):
            for part in self.parts:
                x = part(x)
            return x

    model = Net()
    model.compile("sgd", "mse", run_eagerly=True)
    model.fit(X, Y, batch_size=20, verbose=0)
    assert len(capsys.readouterr().out.splitlines()) == 3  # the look at the first batch, and two steps


def test_the_state_as_a_tree():
    model, _ = trained(keras.Model)
    tree = model.get_state_tree("numpy_array")
    assert sorted(tree) == [
        "metrics_variables",
        "non_trainable_variables",
        "optimizer_variables",
        "trainable_variables",
    ]
    other = made(keras.Model)
    with pytest.raises(ValueError, match=r"no variable .*'kernel'"):
        other.set_state_tree({"trainable_variables": {"kernel": 1.0}})
    for name, values in tree["trainable_variables"].items():
        assert "kernel" in values or "gamma" in values, name
    same = made(keras.Model)
    same.set_weights([w * 0 for w in same.get_weights()])
    same.set_state_tree(same.get_state_tree())
    with pytest.raises(ValueError, match="value_format"):
        model.get_state_tree("list")


def test_training_reaches_the_layers_of_a_call_that_does_not_take_it():
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.drop = layers.Dropout(0.5, seed=1)

        def call(self, x):
            return self.drop(x)

    model = Net()
    assert np.any(model(X, training=True) == 0)
    assert np.any(model.stateless_call([], [v.value for v in model.non_trainable_variables], X, training=True)[0] == 0)
    np.testing.assert_array_equal(model(X, training=False), X)
