"""Pictures in files, as Pillow's objects, and as arrays."""

import io
import os
from typing import Any

import numpy as np

from hornbeam import ops
from hornbeam._core.config import floatx, standardize_data_format
from hornbeam._core.lazy import lazy

pillow = lazy("PIL.Image", extra="draw")

_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
_DEEP_GRAYS = ("I;16", "I;16B", "I", "L")  # what Pillow calls pictures of one channel
_METHODS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """Return the picture in a file, as a Pillow image.

    Args:
        path: a path, or a BytesIO.
        color_mode: 'grayscale', 'rgb' or 'rgba'; deep grays stay deep.
        target_size: (height, width) to which the picture is scaled.
        interpolation: 'nearest', 'bilinear', 'bicubic', 'hamming', 'box' or 'lanczos'.
        keep_aspect_ratio: cut the picture's middle out in the ratio of `target_size` before it is scaled.

    Raises:
        ValueError: `color_mode` or `interpolation` is unknown.
        FileNotFoundError: there is no such file.
    """
    if isinstance(path, io.BytesIO):
        picture = pillow.open(path)
    else:
        with open(os.fspath(path), "rb") as file:  # noqa: PTH123  # takes bytes, texts and Paths
            picture = pillow.open(io.BytesIO(file.read()))
    _check("color_mode", color_mode, tuple(_MODES))
    if picture.mode != _MODES[color_mode] and not (color_mode == "grayscale" and picture.mode in _DEEP_GRAYS):
        picture = picture.convert(_MODES[color_mode])
    if target_size is None or picture.size == (target_size[1], target_size[0]):
        return picture
    _check("interpolation", interpolation, _METHODS)
    height, width = target_size
    method = getattr(pillow.Resampling, interpolation.upper())
    return picture.resize((width, height), method, box=_middle(picture, height, width) if keep_aspect_ratio else None)


def _check(argument: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        message = f"{argument} must be one of {', '.join(map(repr, known))}; got {value!r}."
        raise ValueError(message)


def _middle(picture: Any, height: int, width: int) -> tuple[int, int, int, int]:
    """Return the box in the middle of a picture that has the ratio of `height` to `width`."""
    full_width, full_height = picture.size
    box_height = min(full_height, full_width * height // width)
    box_width = min(full_width, full_height * width // height)
    top, left = (full_height - box_height) // 2, (full_width - box_width) // 2
    return left, top, left + box_width, top + box_height


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """Return a picture as an array `(height, width, channels)`, or `(channels, height, width)` for 'channels_first'.

    Args:
        img: a Pillow image.
        data_format: 'channels_last' or 'channels_first', by default the setting.
        dtype: data type, by default the default float type; values keep their range, mostly 0 to 255.

    >>> import hornbeam as keras, numpy as np
    >>> keras.utils.img_to_array(np.zeros((4, 5))).shape
    (4, 5, 1)
    """
    data_format = standardize_data_format(data_format)
    x = np.asarray(img, dtype=dtype or floatx())
    if x.ndim == 2:
        return x[None] if data_format == "channels_first" else x[..., None]
    if x.ndim != 3:
        message = f"A picture has the shape (height, width) or (height, width, channels); got {x.shape}."
        raise ValueError(message)
    return x.transpose(2, 0, 1) if data_format == "channels_first" else x


def array_to_img(x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None) -> Any:
    """Return an array as a Pillow image.

    Args:
        x: numbers of shape `(height, width, channels)`, or as `data_format` says; 1, 3 or 4 channels.
        data_format: 'channels_last' or 'channels_first', by default the setting.
        scale: whether to bring the values to 0 to 255; otherwise they must be in it, or be deep grays.
        dtype: data type of the computation, by default the default float type.
    """
    data_format = standardize_data_format(data_format)
    x = np.asarray(x, dtype=dtype or floatx())
    if x.ndim != 3:
        message = f"An array of one picture has 3 axes; got shape {x.shape}."
        raise ValueError(message)
    if data_format == "channels_first":
        x = x.transpose(1, 2, 0)
    if x.shape[2] not in (1, 3, 4):
        message = f"A picture has 1, 3 or 4 channels; got {x.shape[2]}."
        raise ValueError(message)
    if scale:
        x = x - x.min()
        x = x * (255 / x.max()) if x.max() else x
    if x.shape[2] == 1:
        return pillow.fromarray(x[..., 0].astype("int32" if x.max() > 255 else "uint8"))
    return pillow.fromarray(x.astype("uint8"))


def save_img(
    path: Any, x: Any, data_format: str | None = None, file_format: str | None = None, scale: bool = True, **kwargs: Any
) -> None:
    """Write an array to a file as a picture.

    Args:
        path: a path, or a file open for writing.
        x: numbers of shape `(height, width, channels)`, or as `data_format` says.
        data_format: 'channels_last' or 'channels_first', by default the setting.
        file_format: such as 'png', by default what the name ends in.
        scale: whether to bring the values to 0 to 255.
        kwargs: passed on to Pillow's `save`.
    """
    picture = array_to_img(x, data_format=data_format, scale=scale)
    ending = (file_format or os.path.splitext(os.fspath(path))[1].removeprefix(".")).lower()  # noqa: PTH122
    if picture.mode == "RGBA" and ending in ("jpg", "jpeg"):
        picture = picture.convert("RGB")  # JPEG has no transparency
    picture.save(path, format="jpeg" if file_format == "jpg" else file_format, **kwargs)


def smart_resize(
    x: Any, size: tuple[int, int], interpolation: str = "bilinear", data_format: str = "channels_last", **kwargs: Any
) -> Any:
    """Return pictures scaled to `size` (height, width) without distortion: the middle in that ratio is cut out first.

    `x` is (height, width, channels) or (batch, height, width, channels), or has its channels first as `data_format`
    says; `interpolation` as in `ops.image.resize`. The result is float32, a NumPy array where `x` is one. Raises
    ValueError for another rank or size.

    >>> import hornbeam as keras
    >>> keras.preprocessing.image.smart_resize(keras.ops.ones((4, 8, 3)), (2, 2)).shape
    (2, 2, 3)
    """
    if kwargs:
        message = f"smart_resize() takes x, size, interpolation and data_format; got {', '.join(kwargs)}."
        raise TypeError(message)
    if len(size) != 2:
        message = f"smart_resize: size must be (height, width); got {size}."
        raise ValueError(message)
    if len(np.shape(x)) not in (3, 4):
        message = f"smart_resize: x must be (height, width, channels), or a batch of such; got shape {np.shape(x)}."
        raise ValueError(message)
    first = -3 if standardize_data_format(data_format) == "channels_last" else -2
    pictures, cut = ops.convert_to_tensor(x), [slice(None)] * len(np.shape(x))
    height, width = pictures.shape[first], pictures.shape[first + 1]
    for axis, length, wanted in (
        (first, height, int(width * size[0] / size[1])),
        (first + 1, width, int(height * size[1] / size[0])),
    ):
        kept = min(length, wanted)
        start = int((length - kept) / 2)
        cut[axis] = slice(start, start + kept)
    resized = ops.image.resize(
        pictures[tuple(cut)].astype("float32"), size, interpolation=interpolation, data_format=data_format
    )
    return np.array(resized) if isinstance(x, np.ndarray) else resized
