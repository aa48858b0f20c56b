import pytest

from hornbeam import utils


@pytest.mark.parametrize(
    ("parts", "packed"),
    [((1,), 1), (([1],), ([1],)), (({"a": 1},), {"a": 1}), ((1, 2), (1, 2)), ((1, 2, 3), (1, 2, 3)), ((1, None, 3), 1)],
)
def test_pack(parts, packed):
    assert utils.pack_x_y_sample_weight(*parts) == packed


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        (1, (1, None, None)),
        ({"a": 1}, ({"a": 1}, None, None)),
        ((1,), (1, None, None)),
        ((1, 2), (1, 2, None)),
        ([1, 2], (1, 2, None)),
        ((1, 2, 3), (1, 2, 3)),
    ],
)
def test_unpack(data, parts):
    assert utils.unpack_x_y_sample_weight(data) == parts


@pytest.mark.parametrize("data", [(), (1, 2, 3, 4)])
def test_unpack_refuses(data):
    with pytest.raises(ValueError, match=f"tuple of {len(data)}"):
        utils.unpack_x_y_sample_weight(data)
