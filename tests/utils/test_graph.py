import pytest

import hornbeam as keras
from hornbeam import layers
from hornbeam.utils import get_source_inputs, is_keras_tensor


def test_source_inputs():
    x, y, z = (keras.Input((3,)) for _ in range(3))
    summed = layers.Add()([x, layers.Dense(3)(y)])
    assert get_source_inputs(summed) == [x, y]
    assert get_source_inputs(x) == [x]
    assert get_source_inputs([summed, layers.Dense(1)(z)]) == [x, y, z]


@pytest.mark.parametrize("thing", [3, "text", None, [1.0]])
def test_what_is_no_symbolic_tensor(thing):
    assert not is_keras_tensor(thing)
    assert is_keras_tensor(keras.Input((3,)))
