"""Batch hooks of fit, evaluate and predict with several steps per call: their numbers, and what logs say then."""

import numpy as np
import pytest

import hornbeam
from tests.parity.oracle import keras

X = np.random.default_rng(0).normal(size=(27, 4)).astype("float32")
Y = X.sum(1, keepdims=True)


def seen_by_hooks(k, source, per_call):
    """Return what batch hooks were called with in one run of each kind over 7 batches, and the history."""
    found = []

    class Watch(k.callbacks.Callback):
        pass

    def hook(name):
        def run(self, batch, logs=None):
            logs = logs or {}
            found.append((name, batch, logs.get("loss", 0.0), np.shape(logs.get("outputs"))))

        return run

    for name in (f"on_{kind}_batch_{when}" for kind in ("train", "test", "predict") for when in ("begin", "end")):
        setattr(Watch, name, hook(name))

    class Dataset(k.utils.PyDataset):
        def __len__(self):
            return 7

        def __getitem__(self, i):
            return X[4 * i : 4 * i + 4], Y[4 * i : 4 * i + 4]

    k.utils.set_random_seed(1)
    model = k.Sequential([k.Input((4,)), k.layers.Dense(1)])
    model.compile("sgd", "mse", steps_per_execution=per_call)
    given = {"verbose": 0, "callbacks": [Watch()]}
    data, inputs = ((X, Y), X) if source == "arrays" else ((Dataset(),), Dataset())
    if source == "generator":
        data, inputs = ((Dataset()[i] for i in range(7)),), ((X[4 * i : 4 * i + 4],) for i in range(7))
    sized = {"batch_size": 4} if source == "arrays" else {}
    model.fit(*data, **sized, shuffle=False, **given)
    if source != "generator":
        model.evaluate(*data, **sized, **given)
    model.predict(inputs, **sized, **given)
    return found


@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # what Keras says of fewer steps than per_call
@pytest.mark.parametrize(("source", "per_call"), [("arrays", 3), ("dataset", 3), ("generator", 10)])
def test_hooks_of_batches(source, per_call):
    ours, theirs = (seen_by_hooks(k, source, per_call) for k in (hornbeam, keras))
    if source == "generator":  # of which Keras does not know that it ended: it begins once more
        theirs = [call for call in theirs if call[1] != per_call]
    assert [call[:2] + call[3:] for call in ours] == [call[:2] + call[3:] for call in theirs]
    np.testing.assert_allclose([call[2] for call in ours], [call[2] for call in theirs], rtol=1e-5)
