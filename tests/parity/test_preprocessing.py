"""Pictures scaled without distortion, and objects in the older form of configurations: equal to Keras's."""

import numpy as np
import pytest

import hornbeam
from tests.parity.oracle import RELATIVE, keras

PICTURE = np.random.default_rng(0).random((5, 9, 3))


@pytest.mark.parametrize(
    ("x", "size", "options"),
    [
        (PICTURE, (2, 2), {}),
        (PICTURE, (7, 3), {}),
        (PICTURE, (10, 4), {"interpolation": "nearest"}),
        (PICTURE, (3, 5), {"interpolation": "bicubic"}),
        (np.stack([PICTURE, PICTURE + 1]), (3, 3), {}),
        (PICTURE.transpose(2, 0, 1), (3, 3), {"data_format": "channels_first"}),
        ((PICTURE * 255).astype("uint8"), (3, 3), {}),
    ],
    ids=lambda x: str(x.shape) if hasattr(x, "shape") else None,
)
def test_smart_resize(x, size, options):
    ours, theirs = (m.preprocessing.image.smart_resize(x, size, **options) for m in (hornbeam, keras))
    np.testing.assert_allclose(ours, theirs, rtol=RELATIVE, atol=1e-5)
    assert type(ours) is np.ndarray


@pytest.mark.parametrize(("x", "size"), [(PICTURE[0], (2, 2)), (PICTURE, (2,))])
def test_smart_resize_refuses(x, size):
    for module in (hornbeam, keras):
        with pytest.raises(ValueError, match=r"size|shape"):
            module.preprocessing.image.smart_resize(x, size)


@pytest.mark.parametrize(
    "make",
    [lambda m: m and None, lambda m: m.activations.relu, lambda m: m.regularizers.L2(0.5)],
    ids=["None", "function", "object"],
)
def test_older_configurations(make):
    ours, theirs = (m.legacy.saving.serialize_keras_object(make(m)) for m in (hornbeam, keras))
    assert ours == theirs


def test_older_configurations_come_back():
    config = {"class_name": "Dense", "config": {"units": 3, "name": "d"}}
    for module in (hornbeam, keras):
        layer = module.legacy.saving.deserialize_keras_object(config, {"Dense": module.layers.Dense})
        assert (type(layer).__name__, layer.units) == ("Dense", 3)
        with pytest.raises(ValueError, match="Unknown"):
            module.legacy.saving.deserialize_keras_object(config)
