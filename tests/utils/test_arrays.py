import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam import utils


@pytest.mark.parametrize(
    "x", [2, [0, 1, 2], [[0], [2]], [[0, 1], [2, 1]], [True, False], np.array([1.0, 2.0]), ["1", "0"]]
)
def test_to_categorical(x):
    ids = np.asarray(x).astype(int)
    expected = np.eye(ids.max() + 1)[ids[..., 0] if ids.shape[-1:] == (1,) and ids.ndim > 1 else ids]
    result = utils.to_categorical(x)
    assert result.dtype == "float64"
    np.testing.assert_array_equal(result, expected)


def test_to_categorical_of_nothing_and_of_jax_arrays():
    assert utils.to_categorical([], 3).shape == (0, 3)
    result = utils.to_categorical(jnp.array([0, 2]))
    assert isinstance(result, jax.Array)
    assert result.shape == (2, 3)
    assert result.dtype == "float32"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 5], 3), r"x must hold ids from 0 to num_classes - 1 = 2; got 5 at position 1 \(num_classes=3\)"),
        (([0, 1, -1], 3), "got -1 at position 2"),
        (([-1, 0],), "got -1 at position 0"),
        (([0.5, 1.0],), r"whole numbers.*0\.5"),
        (([np.nan],), "whole numbers"),
        ((["cat"],), "whole numbers, the ids of classes.*cat"),
        (([],), "num_classes must be given"),
    ],
)
def test_to_categorical_refuses(arguments, message):
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match=message):
        utils.to_categorical(*arguments)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("order", [1, 2, np.inf])
@pytest.mark.parametrize("convert", [list, np.array, jnp.array])
def test_normalize(convert, order, axis):
    x = convert([[3.0, 4.0], [0.0, -1.0]])
    result = utils.normalize(x, axis, order)
    np.testing.assert_allclose(np.linalg.norm(result, order, axis), 1, rtol=1e-6)
    assert isinstance(result, jax.Array) == isinstance(x, jax.Array)


def test_normalize_leaves_zeros():
    np.testing.assert_array_equal(utils.normalize([[0, 0]]), [[0, 0]])


@pytest.mark.parametrize(
    ("sequences", "options", "expected"),
    [
        ([[1], [2, 3]], {}, [[0, 1], [2, 3]]),
        ([[1], [2, 3]], {"padding": "post", "value": 9}, [[1, 9], [2, 3]]),
        ([[1, 2, 3]], {"maxlen": 2}, [[2, 3]]),
        ([[1, 2, 3]], {"maxlen": 2, "truncating": "post"}, [[1, 2]]),
        ([[1, 2]], {"maxlen": 0}, [[]]),
        ([[], [1]], {}, [[0], [1]]),
        ([[[1, 2]], [[3, 4], [5, 6]]], {}, [[[0, 0], [1, 2]], [[3, 4], [5, 6]]]),
        ([["a"], ["b", "c"]], {"dtype": "str", "value": "-"}, [["-", "a"], ["b", "c"]]),
        ([["a"], ["b", "c"]], {"dtype": object, "value": None}, [[None, "a"], ["b", "c"]]),
        ([], {}, np.zeros((0, 0))),
    ],
)
def test_pad_sequences(sequences, options, expected):
    result = utils.pad_sequences(sequences, **options)
    np.testing.assert_array_equal(result, expected)
    assert result.shape == np.shape(expected)


@pytest.mark.parametrize(
    ("sequences", "options", "message"),
    [
        (5, {}, "sequences must be a list"),
        ([[1], 2], {}, "number 1 is 2"),
        ([[1]], {"padding": "mid"}, "padding must be 'pre' or 'post'; got 'mid'"),
        ([[1]], {"truncating": "x"}, "truncating must be"),
        ([[[1, 2]], [[3]]], {}, r"\(2,\) in the first sequence and \(1,\) in sequence 1"),
        ([["a"]], {"dtype": "str"}, "value must be a text"),
    ],
)
def test_pad_sequences_refuses(sequences, options, message):
    with pytest.raises(ValueError, match=message):
        utils.pad_sequences(sequences, **options)
