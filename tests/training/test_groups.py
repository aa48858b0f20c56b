"""Small batches of a stream share dispatches: the same steps, none lost, none held back."""

import time

import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers
from hornbeam.training import _filled
from hornbeam.training._step import Steps

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4, 3)).astype("float32")
Y = X.sum((1, 2))[:, None]


@pytest.fixture
def dispatches(monkeypatch):
    """Return the numbers of steps in each dispatch."""
    found = []
    group, batch = Steps.run_group, Steps.run_batch

    def run_group(self, kind, data, batch_size, count, rows):
        found.append(count)
        return group(self, kind, data, batch_size, count, rows)

    def run_batch(self, kind, data, rows=None):
        found.append(1)
        return batch(self, kind, data, rows)

    monkeypatch.setattr(Steps, "run_group", run_group)
    monkeypatch.setattr(Steps, "run_batch", run_batch)
    monkeypatch.setattr(_filled, "PATIENCE", 10)  # a slow machine is no slow source
    return found


def net(**compiled):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((None, 3)), layers.Dense(2), layers.GlobalAveragePooling1D(), layers.Dense(1)]
    )
    model.compile("sgd", "mse", **compiled)
    return model


def one_by_one(batches):
    model = net()
    for x, y in batches:
        model.train_on_batch(x, y)
    return model.get_weights()


def check(model, batches):
    for ours, expected in zip(model.get_weights(), one_by_one(batches), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)


BATCHES = [(X[i : i + 2], Y[i : i + 2]) for i in range(0, 40, 2)]


def test_many_steps_in_a_dispatch(dispatches):
    model = net()
    model.fit(iter(BATCHES), verbose=0)
    assert sum(dispatches) == 20
    assert len(dispatches) < 20
    dispatches.clear()
    check(model, BATCHES)


def test_batches_of_other_forms_in_between(dispatches):
    mixed = [*BATCHES[:5], (X[:2, :2], Y[:2]), *BATCHES[5:8], (X[:1], Y[:1]), *BATCHES[8:], (X[:7], Y[:7])]
    model = net()
    model.fit(iter(mixed), verbose=0)
    assert sum(dispatches) == len(mixed)
    check(model, mixed)


@pytest.mark.parametrize("fault", [OSError, KeyboardInterrupt])
def test_what_came_before_an_error_is_done(fault):
    def failing():
        yield from BATCHES[:11]
        raise fault

    model = net()
    with pytest.raises(fault):
        model.fit(failing(), verbose=0)
    check(model, BATCHES[:11])


def test_a_bad_batch_is_named_and_those_before_it_are_done():
    bad = [*BATCHES[:7], (X[:2, :, :2], Y[:2]), *BATCHES[7:]]
    model = net()
    with pytest.raises(ValueError, match=r"expects \(batch, None, 3\); got \(2, 4, 2\)") as caught:
        model.fit(iter(bad), verbose=0)
    assert any("batch 7 of the data" in note for note in caught.value.__notes__)
    check(model, BATCHES[:7])


def test_slow_batches_are_not_waited_for(dispatches, monkeypatch):
    monkeypatch.setattr(_filled, "PATIENCE", 1e-3)

    def slow():
        for batch in BATCHES[:4]:
            time.sleep(0.01)
            yield batch

    net().fit(slow(), verbose=0)
    assert dispatches == [2, 1, 1]  # the second was asked for before it was known how long one takes


def test_large_batches_go_alone(dispatches):
    large = np.zeros((2, 3000, 3), "float32")
    net().fit(iter([(large, Y[:2])] * 3), verbose=0)
    assert dispatches == [1, 1, 1]
