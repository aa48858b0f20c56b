"""What every initializer is: a function of shape and dtype with a configuration."""

from collections.abc import Sequence
from typing import Any, Self

from hornbeam._core.serialize import Configurable


class Initializer(Configurable):
    """A function of (shape, dtype) that gives a weight its first value.

    Subclasses define `__call__` and store each constructor argument under its own name; `get_config`, `from_config` and
    `clone` follow from that.

    >>> import numpy as np
    >>> import hornbeam as keras
    >>> class Halves(keras.Initializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return np.full(shape, 0.5, dtype)
    >>> Halves()((2,)).tolist(), Halves().get_config()
    ([0.5, 0.5], {})
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """Return an array of `shape` and `dtype`."""
        message = f"{type(self).__name__} must define __call__(shape, dtype=None)."
        raise NotImplementedError(message)

    def clone(self) -> Self:
        """Return a new initializer with the same arguments; one without a seed draws another seed."""
        return self.from_config(self.get_config())
