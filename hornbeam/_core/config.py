"""The settings that the whole package reads: float type, epsilon, image data format, and the file that holds them."""

import json
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax

FLOAT_TYPES = ("float16", "bfloat16", "float32", "float64")
DATA_FORMATS = ("channels_last", "channels_first")


@dataclass
class _Settings:
    floatx: str = "float32"
    epsilon: float = 1e-7
    image_data_format: str = "channels_last"
    interactive_logging: bool = True
    value_checks: bool = True
    op_determinism: bool = False
    flash_attention: bool | None = None  # None: where the device and the shapes allow it
    dtype_policy: Any = None  # of layers that are given none; None: the default float type
    max_epochs: int | None = None
    max_steps_per_epoch: int | None = None


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


def is_wide_allowed() -> bool:
    """Return whether JAX's types of 64 bits are switched on."""
    return jax.config.jax_enable_x64  # type: ignore[attr-defined]  # JAX makes its settings' attributes at run time


def allow_wide() -> None:
    """Switch on JAX's types of 64 bits."""
    if not is_wide_allowed():
        jax.config.update("jax_enable_x64", True)


def floatx() -> str:
    """Return the default float type, such as 'float32'.

    >>> import hornbeam as keras
    >>> keras.config.floatx()
    'float32'
    """
    return _SETTINGS.floatx


def set_floatx(value: str) -> None:
    """Set the default float type of weights and computations.

    'float64' switches on JAX's types of 64 bits for the whole program; what is float32 stays so.
    """
    _SETTINGS.floatx = _one_of("floatx", value, FLOAT_TYPES)
    if value == "float64":
        allow_wide()


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


def is_op_determinism_enabled() -> bool:
    """Return whether compiled steps give the same bits on every run, also on a GPU."""
    return _SETTINGS.op_determinism


def enable_op_determinism() -> None:
    """Let fit, evaluate and predict give the same bits on every run, also on a GPU, where that can be slower.

    Together with `utils.set_random_seed` two runs of a program on one machine end with equal weights. Call it before
    the first of them; on a CPU nothing changes.
    """
    _SETTINGS.op_determinism = True


def backend() -> str:
    """Return 'jax', the one engine."""
    return "jax"


def set_backend(backend: str) -> None:
    """Choose the engine: 'jax' is the one there is, another name raises ValueError."""
    _one_of("backend", backend, ("jax",))


def is_nnx_enabled() -> bool:
    """Return False: Variables are not those of Flax NNX."""
    return False


def is_flash_attention_enabled() -> bool | None:
    """Return whether attention uses cuDNN's fused kernel: True, False, or None for where it can."""
    return _SETTINGS.flash_attention


def enable_flash_attention() -> None:
    """Let attention use cuDNN's fused kernel where it can, on a GPU; this is the default."""
    _SETTINGS.flash_attention = None


def disable_flash_attention() -> None:
    """Keep attention from using cuDNN's fused kernel, unless a layer is made with `flash_attention=True`."""
    _SETTINGS.flash_attention = False


def is_traceback_filtering_enabled() -> bool:
    """Return whether an error's traceback leaves out JAX's own frames."""
    return jax.config.jax_traceback_filtering != "off"  # type: ignore[attr-defined]  # made at run time


def enable_traceback_filtering() -> None:
    """Leave JAX's own frames out of tracebacks (the default). Hornbeam's are few, and always shown."""
    jax.config.update("jax_traceback_filtering", "auto")


def disable_traceback_filtering() -> None:
    """Show JAX's own frames in tracebacks too."""
    jax.config.update("jax_traceback_filtering", "off")


def enable_unsafe_deserialization() -> None:
    """Change nothing, and warn of it: code in a file is never run here, so that every file is safe to open."""
    warnings.warn(
        "Code in a file is never run, so there is nothing to enable: pass your functions and classes as "
        "`custom_objects` when loading.",
        stacklevel=2,
    )


def max_epochs() -> int | None:
    """Return the most epochs that fit() runs, or None; `$KERAS_MAX_EPOCHS` sets it from outside."""
    return _SETTINGS.max_epochs


def set_max_epochs(max_epochs: int | None) -> None:
    """Let fit() run at most `max_epochs` epochs, for a quick trial of a long program; None lifts the limit."""
    _SETTINGS.max_epochs = _limit("max_epochs", max_epochs)


def max_steps_per_epoch() -> int | None:
    """Return the most batches of an epoch, or None; `$KERAS_MAX_STEPS_PER_EPOCH` sets it from outside."""
    return _SETTINGS.max_steps_per_epoch


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Let fit(), evaluate() and predict() take at most so many batches of their data; None lifts the limit."""
    _SETTINGS.max_steps_per_epoch = _limit("max_steps_per_epoch", max_steps_per_epoch)


def limited(what: str, asked: int | None, limit: int | None) -> int | None:
    """Return `asked`, or `limit` with a warning where that is less; None in either place is without end."""
    if limit is None or (asked is not None and asked <= limit):
        return asked
    warnings.warn(f"keras.config limits {what} to {limit}; asked for: {asked or 'all'}.", stacklevel=4)
    return limit


def _limit(name: str, value: object) -> int | None:
    if value is not None and (not isinstance(value, int) or value < 1):
        message = f"{name} must be a whole number above 0, or None; got {value!r}."
        raise ValueError(message)
    return value


def _from_environment() -> None:
    """Take the limits that the environment names."""
    for setter in (set_max_epochs, set_max_steps_per_epoch):
        name = setter.__name__.removeprefix("set_")
        if text := os.environ.get(f"KERAS_{name.upper()}"):
            setter(_limit(name, int(text) if text.isdecimal() else text))


_SETTINGS = _Settings()
_SETTINGS = _from_file()
_from_environment()
if _SETTINGS.floatx == "float64":
    allow_wide()


def dtype_policy() -> Any:
    """Return the policy of layers that are given none, or None for the default float type."""
    return _SETTINGS.dtype_policy


def set_dtype_policy(policy: Any) -> None:
    """Set the policy of layers that are given none."""
    _SETTINGS.dtype_policy = policy
