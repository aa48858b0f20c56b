"""Parts of datasets, and windows over time series."""

import numpy as np
import pytest

from hornbeam import utils

X = np.arange(10.0)[:, None]


@pytest.mark.parametrize(
    ("sizes", "left", "right"),
    [
        ({"left_size": 0.75}, range(8), range(8, 10)),
        ({"left_size": 0.33}, range(3), range(3, 10)),
        ({"right_size": 0.33}, range(7), range(7, 10)),
        ({"left_size": 3}, range(3), range(3, 10)),
        ({"left_size": 3, "right_size": 4}, range(3), range(6, 10)),
    ],
    ids=str,
)
def test_parts(sizes, left, right):
    for first, second in (utils.split_dataset(X, **sizes), utils.split_dataset(X.tolist(), **sizes)):
        np.testing.assert_array_equal(first[:, 0], left)
        np.testing.assert_array_equal(second[:, 0], right)
    (x, y), (x2, y2) = utils.split_dataset((X, X * 2), **sizes)
    assert (len(x), len(y), len(x2), len(y2)) == (len(left), len(left), len(right), len(right))
    parts = utils.split_dataset({"x": X}, **sizes)
    assert [len(part["x"]) for part in parts] == [len(left), len(right)]


def test_parts_of_what_gives_samples_by_number():
    class Rows:
        def __len__(self):
            return 10

        def __getitem__(self, index):
            return X[index], index

    left, right = utils.split_dataset(Rows(), left_size=0.5, shuffle=True, seed=3)
    found = [part[i][1] for part in (left, right) for i in range(len(part))]
    assert sorted(found) == list(range(10))
    assert found != list(range(10))


@pytest.mark.parametrize(
    ("sizes", "error", "says"),
    [
        ({}, ValueError, "needs left_size or right_size"),
        ({"left_size": 11}, ValueError, r"left_size must be .* 1\.\.9 or a fraction .* got 11"),
        ({"right_size": 1.5}, ValueError, "right_size must be .* got 1.5"),
        ({"left_size": "a"}, TypeError, "left_size must be a number of samples"),
        ({"left_size": 0.01}, ValueError, "parts of 0 and 10 of 10 samples"),
        ({"left_size": 0.8, "right_size": 0.8}, ValueError, "parts of 8 and 8 of 10"),
    ],
    ids=str,
)
def test_parts_that_cannot_be(sizes, error, says):
    with pytest.raises(error, match=says):
        utils.split_dataset(X, **sizes)


SERIES = np.arange(20)
WINDOWS = [  # arguments, where the windows begin
    ({}, range(17)),
    ({"start_index": 3}, range(3, 17)),
    ({"end_index": 12}, range(9)),
    ({"start_index": 3, "end_index": 12, "sequence_stride": 2}, range(3, 9, 2)),
    ({"sampling_rate": 2, "sequence_stride": 3}, range(0, 14, 3)),
    ({"targets": np.arange(4) * 10}, range(4)),
    ({"sequence_length": 50}, range(0)),
]


@pytest.mark.parametrize(("given", "begins"), WINDOWS, ids=[str(i) for i in range(len(WINDOWS))])
def test_windows(given, begins):
    given = {"targets": SERIES * 10, "sequence_length": 4, "batch_size": 5, **given}
    batches = list(utils.timeseries_dataset_from_array(SERIES, **given))
    steps = np.arange(given["sequence_length"]) * given.get("sampling_rate", 1)
    expected = np.asarray(begins, int)[:, None] + steps
    if len(begins):
        np.testing.assert_array_equal(np.concatenate([x for x, _ in batches]), expected)
        np.testing.assert_array_equal(np.concatenate([y for _, y in batches]), expected[:, 0] * 10)
        assert max(len(x) for x, _ in batches) <= 5
    else:
        assert batches == []


def test_single_windows_shuffled():
    windows = list(utils.timeseries_dataset_from_array(SERIES, None, 4, batch_size=None, shuffle=True, seed=1))
    assert sorted(w[0] for w in windows) == list(range(17))
    assert [w[0] for w in windows] != list(range(17))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"sequence_length": 0}, "sequence_length must be a whole number of 1"),
        ({"batch_size": 0}, "batch_size must be"),
        ({"start_index": -1}, r"start_index must lie in 0\.\.19"),
        ({"end_index": 40}, r"end_index must lie in 1\.\.20"),
        ({"start_index": 9, "end_index": 5}, r"end_index must lie in 10\.\.20, behind start_index; got 5"),
        ({"format": "csv"}, "format must be 'tf' or 'grain'"),
    ],
    ids=str,
)
def test_windows_that_cannot_be(given, says):
    with pytest.raises(ValueError, match=says):
        utils.timeseries_dataset_from_array(**{"data": SERIES, "targets": None, "sequence_length": 4, **given})
