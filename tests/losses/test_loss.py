"""The base of losses: what they take, masks, weights, and what they refuse."""

import jax.numpy as jnp
import numpy as np
import pytest

import hornbeam as keras
from hornbeam import losses
from hornbeam._core.graph import attach_mask


class Difference(losses.Loss):
    def call(self, y_true, y_pred):
        return y_true["a"] - y_pred["a"]


@pytest.mark.parametrize("wrap", [list, np.array, jnp.array, keras.Variable])
def test_what_is_taken(wrap):
    y_true, y_pred = wrap([[0.0, 1.0]]), wrap([[1.0, 3.0]])
    assert float(losses.MeanSquaredError()(y_true, y_pred)) == 2.5
    assert losses.mean_squared_error(y_true, y_pred).tolist() == [2.5]


def test_nests():
    assert float(Difference()({"a": [1.0, 3.0]}, {"a": np.array([1.0, 1.0])})) == 1.0


def test_symbolic():
    y = keras.KerasTensor((None, 5))
    assert losses.mean_squared_error(y, y).shape == (None,)
    assert losses.SparseCategoricalCrossentropy()(keras.KerasTensor((None,), dtype="int32"), y).shape == ()
    assert losses.Huber(reduction=None)(y, y).shape == (None,)


def test_weights_per_sample_belong_to_the_first_axis():
    y_true, y_pred = np.zeros((2, 2, 1)), np.array([[[1.0], [1.0]], [[3.0], [3.0]]])
    assert float(losses.MeanSquaredError(reduction="sum")(y_true, y_pred, [1.0, 0.0])) == 2.0
    y_pred = jnp.asarray(y_pred)
    attach_mask(y_pred, jnp.array([[True, False], [True, True]]))
    assert float(losses.MeanSquaredError(reduction="sum")(y_true, y_pred, [1.0, 1.0])) == 19.0


def test_weights_per_step_broadcast():
    y_true, y_pred = np.zeros((3, 2, 1)), np.ones((3, 2, 1))
    assert float(losses.MeanSquaredError(reduction="sum")(y_true, y_pred, [1.0, 0.0])) == 3.0


def test_ignored_class_does_not_count_in_the_mean():
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    y_pred = np.array([[0.5, 0.5], [0.9, 0.1], [0.5, 0.5]])
    np.testing.assert_allclose(loss([1, -1, 0], y_pred), -np.log(0.5), rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: losses.MeanSquaredError("summ"),
            "mean_squared_error: reduction must be .*; got 'summ'. Did you mean 'sum'",
        ),
        (lambda: losses.CategoricalGeneralizedCrossEntropy(q=1.0), "q must be between 0 and 1, both excluded; got 1.0"),
        (
            lambda: losses.ctc([1], [[[0.0]]]),
            r"ctc expects y_true \(batch, length\) .* got shapes \(1,\) and \(1, 1, 1\)",
        ),
        (lambda: losses.ctc([[1]], np.zeros((2, 3, 4))), "as many rows in y_true as in y_pred"),
    ],
)
def test_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_subclass_of_a_loss_of_functions_keeps_its_arguments():
    class Weighted(losses.BinaryCrossentropy):
        def __init__(self, by, **kwargs):
            super().__init__(**kwargs)
            self.by = by

        def call(self, y_true, y_pred):
            return self.by * super().call(y_true, y_pred)

    loss = Weighted(by=2.0, from_logits=True, name="w")
    twin = Weighted.from_config(loss.get_config())
    assert (twin.by, twin.from_logits, twin.name) == (2.0, True, "w")
    np.testing.assert_allclose(twin([[1.0]], [[0.0]]), 2 * np.log(2), rtol=1e-6)
