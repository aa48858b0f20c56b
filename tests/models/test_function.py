"""What a graph says of the data that it is given."""

import numpy as np
import pytest

import hornbeam as keras


@pytest.mark.parametrize(("dtype", "most"), [("float32", 2**24), ("float16", 2**11), ("bfloat16", 2**8)])
def test_whole_numbers_that_a_float_input_rounds(dtype, most):
    ids = keras.Input((1,), dtype=dtype, name="ids")
    model = keras.Model(ids, ids * 1)
    model(np.array([[most]]))
    for run in (model, lambda x: model.predict(x, verbose=0)):
        with pytest.warns(UserWarning, match=f"input 'ids' is {dtype}.*{most + 1}.*dtype='int32'"):
            run(np.array([[most + 1]]))


def test_a_whole_input_keeps_them():
    ids = keras.Input((1,), dtype="int32")
    assert keras.Model(ids, ids * 1).predict(np.array([[2**24 + 1]]), verbose=0).tolist() == [[2**24 + 1]]
