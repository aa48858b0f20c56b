import numpy as np
import pytest

import hornbeam as keras
from hornbeam.legacy.layers import merge

A, B = np.array([[1.0, 2.0]], "float32"), np.array([[3.0, 5.0]], "float32")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, A + B),
        ({"mode": "mul"}, A * B),
        ({"mode": "ave"}, (A + B) / 2),
        ({"mode": "max"}, np.maximum(A, B)),
        ({"mode": "concat"}, [[1, 2, 3, 5]]),
        ({"mode": "dot", "dot_axes": 1}, [[13]]),
        ({"mode": "cos", "dot_axes": 1}, [[13 / np.sqrt(5 * 34)]]),
        ({"mode": lambda tensors: tensors[0] - tensors[1]}, A - B),
    ],
)
def test_merge(options, expected):
    a, b = keras.Input((2,)), keras.Input((2,))
    model = keras.Model([a, b], merge([a, b], **options))
    assert model.layers[-1].name == "merge_1"
    np.testing.assert_allclose(model.predict([A, B], verbose=0), expected, rtol=1e-6)


def test_unknown_mode():
    with pytest.raises(ValueError, match=r"mode must be a function or one of 'sum', .* got 'add'"):
        merge([keras.Input((2,))], mode="add")
