"""Targets and predictions that a loss would make nonsense of."""

import warnings

import numpy as np
import pytest

from hornbeam import losses
from hornbeam.losses._checks import check_predictions, check_targets

SPARSE = losses.SparseCategoricalCrossentropy()
ONE_HOT = losses.CategoricalCrossentropy()
REFUSED = [
    (
        losses.get("mse"),
        np.zeros((5, 3)),
        (None, 1),
        r"^y for the loss 'mean_squared_error': shape \(batch, 1\) .* got \(5, 3\)",
    ),
    (
        losses.get("mse"),
        np.zeros((5, 1)),
        (None, 3),
        r"shape \(batch, 3\) expected, as the model's output has; got \(5, 1\)",
    ),
    (losses.get("mae"), np.zeros(5), (None, 3), r"shape \(batch, 3\) expected"),
    (losses.BinaryCrossentropy(), np.zeros((5, 2, 2)), (None, None, 3), r"shape \(batch, any, 3\) expected"),
    (
        SPARSE,
        np.array([0, 7, 1]),
        (None, 3),
        r"'sparse_categorical_crossentropy': labels 0..2 expected, found 7 at row 1\.$",
    ),
    (
        SPARSE,
        np.array([[0], [-1]]),
        (None, 3),
        r"found -1 at row 1. To leave .* SparseCategoricalCrossentropy\(ignore_class=-1\)",
    ),
    (SPARSE, np.array([[0, 1], [1, 9]]), (None, 2, 3), r"found 9 at row 1 \(index \[1, 1\]\)"),
    (SPARSE, np.array([0, 0.5]), (None, 3), r"labels 0..2 expected, found 0.5 at row 1"),
    (SPARSE, np.array([0, np.nan]), (None, 3), r"found nan at row 1"),
    (SPARSE, np.array([0, 1]), (None, 1), r"labels 0..0 expected, found 1 .* 'binary_crossentropy'"),
    (SPARSE, np.array([True, False]), (None, 1), r"found True at row 0"),
    (
        SPARSE,
        np.eye(3),
        (None, 3),
        r"class numbers of shape \(batch,\) expected; got \(3, 3\).*'categorical_crossentropy'",
    ),
    (losses.SparseCategoricalCrossentropy(ignore_class=-1), np.array([-1, 3]), (None, 3), r"found 3 at row 1"),
    (losses.sparse_categorical_crossentropy, np.array([5]), (None, 3), r"found 5 at row 0"),
    (
        ONE_HOT,
        np.array([0, 1]),
        (None, 3),
        r"one-hot .* \(batch, 3\) .* got \(2,\)\. .* 'sparse_categorical_crossentropy'",
    ),
    (
        ONE_HOT,
        np.array([[0], [1]]),
        (None, 3),
        r"got \(2, 1\)\. For class numbers use .* 'sparse_categorical_crossentropy'",
    ),
    (ONE_HOT, np.zeros((2, 2)), (None, 3), r"one-hot labels of shape \(batch, 3\) expected.*got \(2, 2\)\.$"),
]
ACCEPTED = [
    (losses.get("mse"), np.zeros(5), (None, 1)),
    (losses.get("mse"), np.zeros((5, 1)), (None,)),
    (losses.get("mse"), np.zeros((5, 4, 1)), (None, None, 1)),
    (losses.BinaryCrossentropy(), np.zeros((5, 4)), (None, 4)),
    (SPARSE, np.array([0, 2]), (None, 3)),
    (SPARSE, np.array([[0.0], [2.0]]), (None, 3)),
    (SPARSE, np.array([True, False]), (None, 2)),
    (SPARSE, np.array([0, 9]), (None, None)),
    (losses.SparseCategoricalCrossentropy(ignore_class=-1), np.array([-1, 2]), (None, 3)),
    (ONE_HOT, np.eye(3), (None, 3)),
    (losses.CTC(), np.zeros((2, 3)), (None, 7, 5)),
    (lambda _, y_pred: y_pred, np.zeros((5, 2)), (None, 3)),
]


@pytest.mark.parametrize(("loss", "y", "shape", "message"), REFUSED)
def test_refused(loss, y, shape, message):
    with pytest.raises(ValueError, match=message):
        check_targets(loss, y, shape, "y")


@pytest.mark.parametrize(("loss", "y", "shape"), ACCEPTED)
def test_accepted(loss, y, shape):
    check_targets(loss, y, shape, "y")


def test_names_the_target():
    with pytest.raises(ValueError, match=r"^y\['head'\] for the loss"):
        check_targets(losses.get("mse"), np.zeros((5, 3)), (None, 1), "y['head']")


def test_a_subclass_with_a_call_of_its_own_is_not_judged():
    class Own(losses.SparseCategoricalCrossentropy):
        def call(self, y_true, y_pred):
            return y_pred[:, 0]

    check_targets(Own(), np.array([7]), (None, 3), "y")


@pytest.mark.parametrize(
    ("loss", "y_pred", "fix"),
    [
        (losses.BinaryCrossentropy(), [[0.5], [3.0]], r"found 3 at row 1.*BinaryCrossentropy\(from_logits=True\)"),
        (losses.BinaryFocalCrossentropy(), [[-0.1]], r"found -0.1 at row 0.*BinaryFocalCrossentropy"),
        (losses.sparse_categorical_crossentropy, [[2.0, -1.0]], r"found -1 at row 0"),
    ],
)
def test_logits_are_warned_of(loss, y_pred, fix):
    with pytest.warns(UserWarning, match=fix):
        check_predictions(loss, np.array(y_pred))


@pytest.mark.parametrize(
    ("loss", "y_pred"),
    [
        (losses.BinaryCrossentropy(), [[0.0], [1.0]]),
        (losses.BinaryCrossentropy(from_logits=True), [[-3.0]]),
        (losses.CategoricalCrossentropy(), [[2.0, 1.0]]),
        (losses.MeanSquaredError(), [[-3.0]]),
    ],
)
def test_probabilities_are_not(loss, y_pred):
    with warnings.catch_warnings(action="error"):
        check_predictions(loss, np.array(y_pred))
