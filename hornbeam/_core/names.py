"""Names of layers and operations: snake case, counted per prefix."""

import re
from collections import Counter

MAX_NAME_LENGTH = 200  # a name becomes part of a path in files and of a line in tables

_counts: Counter[str] = Counter()


def snake_case(name: str) -> str:
    """Return `name` in snake case: 'MaxPooling2D' gives 'max_pooling2d'."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def auto_name(prefix: str) -> str:
    """Return 'prefix' the first time, then 'prefix_1', 'prefix_2', ..."""
    count = _counts[prefix]
    _counts[prefix] += 1
    return f"{prefix}_{count}" if count else prefix


def reset_names() -> None:
    """Start counting anew."""
    _counts.clear()


def clear_session(free_memory: bool = True) -> None:  # noqa: ARG001  # Keras's; without a name they are freed
    """Count automatic names anew: the next Dense layer is called 'dense'."""
    reset_names()


def check_name(name: object, owner: str) -> str:
    """Return `name` if it can name a layer; `owner` says whose it is in the error."""
    if not isinstance(name, str) or not name:
        message = f"{owner}: name must be a non-empty string; got {name!r}."
        raise ValueError(message)
    if "/" in name:
        message = f"{owner}: name must not contain '/', which separates the parts of a path; got {name!r}."
        raise ValueError(message)
    if len(name) > MAX_NAME_LENGTH:
        message = f"{owner}: name must have at most {MAX_NAME_LENGTH} characters; got {len(name)} ({name[:30]!r}...)."
        raise ValueError(message)
    return name
