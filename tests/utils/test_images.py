import io
import re

import numpy as np
import pytest
from PIL import Image

from hornbeam import config, utils

X = np.arange(24, dtype="float32").reshape(2, 4, 3)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.png"
    utils.save_img(path, X, scale=False)
    return path


def test_round_trip_through_a_file(path):
    np.testing.assert_array_equal(utils.img_to_array(utils.load_img(path)), X)
    np.testing.assert_array_equal(utils.img_to_array(utils.load_img(io.BytesIO(path.read_bytes()))), X)
    np.testing.assert_array_equal(utils.img_to_array(utils.load_img(str(path)), "channels_first"), X.transpose(2, 0, 1))


@pytest.mark.parametrize(("mode", "channels"), [("grayscale", 1), ("rgb", 3), ("rgba", 4)])
def test_color_modes(path, mode, channels):
    assert utils.img_to_array(utils.load_img(path, color_mode=mode)).shape == (2, 4, channels)


@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic", "hamming", "box", "lanczos"])
def test_scaling(path, method):
    assert utils.img_to_array(utils.load_img(path, target_size=(5, 7), interpolation=method)).shape == (5, 7, 3)


def test_scaling_keeps_the_ratio_of_what_is_cut_out(path):
    picture = utils.img_to_array(utils.load_img(path, target_size=(4, 4), keep_aspect_ratio=True))
    np.testing.assert_array_equal(picture[::2, ::2], X[:, 1:3])


def test_values_are_brought_to_the_range_of_pictures():
    picture = np.asarray(utils.array_to_img(X * 7 - 50))
    assert (picture.min(), picture.max()) == (0, 255)
    assert np.asarray(utils.array_to_img(np.full((2, 2, 3), 5.0))).max() == 0


@pytest.mark.parametrize(
    ("shape", "data_format", "mode", "size"),
    [
        ((2, 4, 1), None, "L", (4, 2)),
        ((2, 4, 3), "channels_last", "RGB", (4, 2)),
        ((3, 2, 4), "channels_first", "RGB", (4, 2)),
        ((2, 4, 4), None, "RGBA", (4, 2)),
    ],
)
def test_shapes_of_arrays(shape, data_format, mode, size):
    picture = utils.array_to_img(np.zeros(shape), data_format)
    assert (picture.mode, picture.size) == (mode, size)


def test_the_setting_decides_the_order_of_axes():
    config.set_image_data_format("channels_first")
    assert utils.img_to_array(np.zeros((4, 5, 3))).shape == (3, 4, 5)
    assert utils.img_to_array(np.zeros((4, 5)), dtype="uint8").dtype == "uint8"


def test_deep_grays_stay_deep(tmp_path):
    deep = np.arange(8).reshape(2, 4, 1) * 1000.0
    Image.fromarray(deep[..., 0].astype("uint16")).save(tmp_path / "deep.png")
    np.testing.assert_array_equal(utils.img_to_array(utils.load_img(tmp_path / "deep.png", "grayscale")), deep)
    assert utils.array_to_img(deep, scale=False).mode == "I"


def test_jpeg_has_no_transparency(tmp_path):
    utils.save_img(tmp_path / "a.jpg", np.zeros((2, 2, 4)))
    assert utils.load_img(tmp_path / "a.jpg").mode == "RGB"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda _: utils.array_to_img(np.zeros((2, 4))), "has 3 axes; got shape (2, 4)"),
        (lambda _: utils.array_to_img(np.zeros((2, 4, 5))), "1, 3 or 4 channels; got 5"),
        (lambda _: utils.img_to_array(np.zeros(3)), "got (3,)"),
        (lambda p: utils.load_img(p, color_mode="cmyk"), "one of 'grayscale', 'rgb', 'rgba'; got 'cmyk'"),
        (lambda p: utils.load_img(p, target_size=(3, 3), interpolation="best"), "'lanczos'; got 'best'"),
    ],
)
def test_what_is_refused(path, call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call(path)
