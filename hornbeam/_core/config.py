"""The settings that the whole package reads: float type, epsilon, image data format, and the file that holds them."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

FLOAT_TYPES = ("float16", "bfloat16", "float32", "float64")
DATA_FORMATS = ("channels_last", "channels_first")


@dataclass
class _Settings:
    floatx: str = "float32"
    epsilon: float = 1e-7
    image_data_format: str = "channels_last"
    interactive_logging: bool = True
    value_checks: bool = True


def home() -> Path:
    """Return the folder of settings and caches: `$KERAS_HOME`, or `~/.keras`."""
    return Path(os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser())


def _from_file() -> _Settings:
    """Read `keras.json`; a file that is absent or not JSON leaves the defaults, a wrong value is an error."""
    settings = _Settings()
    path = home() / "keras.json"
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return settings
    if not isinstance(stored, dict):
        return settings
    try:
        settings.floatx = _one_of("floatx", stored.get("floatx", settings.floatx), FLOAT_TYPES)
        settings.epsilon = float(stored.get("epsilon", settings.epsilon))
        settings.image_data_format = standardize_data_format(stored.get("image_data_format", "channels_last"))
    except (TypeError, ValueError) as error:
        error.add_note(f"This value stands in {path}.")
        raise
    return settings


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        message = f"{name} must be one of {', '.join(map(repr, allowed))}; got {value!r}."
        raise ValueError(message)
    return str(value)


def standardize_data_format(data_format: str | None) -> str:
    """Return `data_format` checked, or the default image data format where it is None."""
    if data_format is None:
        return _SETTINGS.image_data_format
    lowered = data_format.lower() if isinstance(data_format, str) else data_format
    return _one_of("data_format", lowered, DATA_FORMATS)


def floatx() -> str:
    """Return the default float type, such as 'float32'.

    >>> import hornbeam as keras
    >>> keras.config.floatx()
    'float32'
    """
    return _SETTINGS.floatx


def set_floatx(value: str) -> None:
    """Set the default float type of weights and computations."""
    _SETTINGS.floatx = _one_of("floatx", value, FLOAT_TYPES)


def epsilon() -> float:
    """Return the small number that keeps divisions and logarithms finite (default 1e-7)."""
    return _SETTINGS.epsilon


def set_epsilon(value: float) -> None:
    """Set the small number that keeps divisions and logarithms finite."""
    _SETTINGS.epsilon = float(value)


def image_data_format() -> str:
    """Return the default order of an image's axes: 'channels_last' or 'channels_first'."""
    return _SETTINGS.image_data_format


def set_image_data_format(data_format: str) -> None:
    """Set the default order of an image's axes: 'channels_last' or 'channels_first'."""
    _SETTINGS.image_data_format = standardize_data_format(data_format)


def is_interactive_logging_enabled() -> bool:
    """Return whether progress bars may redraw their line."""
    return _SETTINGS.interactive_logging


def enable_interactive_logging() -> None:
    """Let progress bars redraw their line."""
    _SETTINGS.interactive_logging = True


def disable_interactive_logging() -> None:
    """Print each progress line once instead of redrawing it."""
    _SETTINGS.interactive_logging = False


def value_checks() -> bool:
    """Return whether fit looks at the values of its data: NaN, infinity, labels out of range."""
    return _SETTINGS.value_checks


def set_value_checks(enabled: bool) -> None:
    """Let fit look at the values of its data before training (the default), or skip that."""
    _SETTINGS.value_checks = bool(enabled)


def backend() -> str:
    """Return 'jax', the one engine."""
    return "jax"


_SETTINGS = _Settings()
_SETTINGS = _from_file()
