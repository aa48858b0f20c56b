"""What compile() makes of its arguments: losses, metrics and weights per output, and their names and order in logs."""

import jax
import numpy as np
import pytest

import hornbeam
from tests.parity.oracle import keras

RNG = np.random.default_rng(0)
X = RNG.normal(size=(8, 4)).astype("float32")
ONE, TWO = X[:, :1].copy(), X[:, :2].copy()
BOTH, NAMED = [ONE, TWO], {"q": ONE, "p": TWO}
NEST = {"q": [ONE, TWO], "p": ONE}


def graph(outputs):
    """Return a builder of a model with the Dense layers a, b, c in the structure that `outputs` makes of them."""

    def build(k):
        x = k.Input((4,), name="x")
        a, b, c = (k.layers.Dense(n, name=name)(x) for n, name in ((1, "a"), (2, "b"), (1, "c")))
        return k.Model(x, outputs(a, b, c))

    return build


def subclass(outputs):
    def build(k):
        class Own(k.Model):
            def __init__(self):
                super().__init__()
                self.a, self.b, self.c = k.layers.Dense(1), k.layers.Dense(2), k.layers.Dense(1)

            def call(self, x):
                return outputs(self.a(x), self.b(x), self.c(x))

        return Own()

    return build


single = graph(lambda a, *_: a)
listed = graph(lambda a, b, _: [a, b])
named = graph(lambda a, b, _: {"q": a, "p": b})
nest = graph(lambda a, b, c: {"q": [a, b], "p": c})
deep = graph(lambda a, b, c: [a, [b, c]])
own_list = subclass(lambda a, b, _: [a, b])
own_dict = subclass(lambda a, b, _: {"q": a, "p": b})

CASES = {
    "one, in lists": (single, ONE, {"loss": ["mse"], "metrics": [["mae", "mse"]], "loss_weights": [0.5]}),
    "one, by name": (single, ONE, {"loss": {"a": "mse"}, "metrics": {"a": ["mae"]}, "loss_weights": {"a": 0.5}}),
    "one loss for all": (listed, BOTH, {"loss": "mse"}),
    "lists": (listed, BOTH, {"loss": ["mse", "mae"], "loss_weights": [1, 0.5], "metrics": ["mae", "mse"]}),
    "no metric for one": (listed, BOTH, {"loss": ["mse", "mae"], "metrics": [None, "mse"]}),
    "no loss for one": (listed, BOTH, {"loss": ["mse", None], "metrics": [["mse", "mae"], ["mae"]]}),
    "dicts": (
        listed,
        {"a": ONE, "b": TWO},
        {"loss": {"a": "mse", "b": "mae"}, "metrics": {"b": "mse"}, "loss_weights": {"a": 1.0, "b": 0.3}},
    ),
    "weighted": (
        listed,
        BOTH,
        {"loss": ["mse", "mae"], "metrics": [["mae"], ["mae"]], "weighted_metrics": [["mae"], ["mse"]]},
    ),
    "twice the same": (listed, BOTH, {"loss": ["mse", "mae"], "metrics": [["mae", "mae"], ["mae"]]}),
    "named outputs": (
        named,
        NAMED,
        {"loss": {"q": "mse", "p": "mae"}, "metrics": {"q": "mae", "p": ["mse", "mae"]}},
    ),
    "list for named outputs": (named, NAMED, {"loss": ["mse", "mae"]}),
    "a part of the targets": (named, {"q": ONE}, {"loss": {"q": "mse"}}),
    "nested": (
        nest,
        NEST,
        {"loss": {"q": ["mse", "mae"], "p": "mse"}, "metrics": {"q": ["mae", "mae"], "p": "mae"}},
    ),
    "nested lists": (deep, [ONE, [TWO, ONE]], {"loss": ["mse", ["mae", "mse"]], "metrics": ["mae", ["mae", "mse"]]}),
    "one loss for a nest": (deep, [ONE, [TWO, ONE]], {"loss": "mse"}),
    "outputs without names": (own_list, BOTH, {"loss": ["mse", "mae"], "metrics": [["mae"], ["mse"]]}),
    "outputs of a call, named": (
        own_dict,
        NAMED,
        {"loss": {"q": "mse", "p": "mae"}, "metrics": {"q": "mae", "p": ["mse"]}},
    ),
}


@pytest.mark.parametrize(("build", "y", "compiled"), CASES.values(), ids=CASES)
def test_logs(build, y, compiled):
    found = []
    for k in (hornbeam, keras):
        k.utils.set_random_seed(0)
        model = build(k)
        model.compile("sgd", **compiled)
        history = model.fit(X, y, verbose=0, shuffle=False).history
        names = [metric.name for metric in model.metrics]
        found.append((history, model.evaluate(X, y, verbose=0), names))
    (ours, scores, names), (theirs, expected, known) = found
    assert sorted(ours) == sorted(theirs)
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-5, err_msg=name)
    assert names == known
    if compiled.get("metrics") != [["mae", "mae"], ["mae"]]:
        np.testing.assert_allclose(scores, expected, rtol=1e-5)


def pure(k):
    """Return a model with a train_step of its own, as Keras's guide for JAX has it."""

    class Pure(k.Model):
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

    x = k.Input((4,))
    return Pure(x, [k.layers.Dense(1, name="a")(x), k.layers.Dense(2, name="b")(x)])


def own_hooks(k):
    class Hooks(k.Model):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.seen = k.metrics.Mean(name="seen")

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return super().compute_loss(x, y, y_pred, sample_weight, training) + k.ops.mean(k.ops.abs(y_pred[1]))

        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            results = super().compute_metrics(x, y, y_pred, sample_weight)
            self.seen.update_state(k.ops.max(y_pred[0]))
            return results | {"seen": self.seen.result(), "last": k.ops.sum(y[0])}

    x = k.Input((4,))
    return Hooks(x, [k.layers.Dense(1, name="a")(x), k.layers.Dense(2, name="b")(x)])


@pytest.mark.parametrize(
    ("build", "losses"), [(pure, ["mse", None]), (own_hooks, ["mse", "mae"])], ids=["step", "hooks"]
)
def test_models_with_steps_of_their_own(build, losses):
    found = []
    for k in (hornbeam, keras):
        k.utils.set_random_seed(0)
        model = build(k)
        model.compile("adam", losses, metrics=[["mae"], ["mse"]])
        history = model.fit(X, BOTH, batch_size=4, epochs=2, shuffle=False, verbose=0).history
        found.append((history, model.get_weights()))
    (ours, weights), (theirs, expected) = found
    assert sorted(ours) == sorted(theirs)
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-5, err_msg=name)
    for a, b in zip(weights, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_state_trees():
    found = []
    keras.utils.clear_session()  # what tests before it made has taken names
    for k in (hornbeam, keras):
        k.utils.clear_session()  # names are counted, in Keras over all tests
        k.utils.set_random_seed(0)
        layers = [
            k.Input((4,)),
            k.layers.Dense(2, name="d"),
            k.layers.Dropout(0.5),
            k.layers.BatchNormalization(name="n"),
        ]
        model = k.Sequential(layers, name="s")
        model.compile(k.optimizers.Adam(name="adam"), "mse", metrics=["mae"])
        model.fit(X, TWO, verbose=0, shuffle=False)
        found.append(model.get_state_tree("numpy_array"))
    ours, theirs = found
    assert jax.tree.structure(ours) == jax.tree.structure(theirs)
    for (path, a), b in zip(jax.tree_util.tree_leaves_with_path(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6, err_msg=str(path))
