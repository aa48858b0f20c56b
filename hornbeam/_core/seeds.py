"""Where randomness comes from: seeds, and the generator that gives a new one at each draw."""

import random
import sys
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from jax.core import Tracer

from hornbeam._core.names import auto_name
from hornbeam._core.state import HERE, Variable

_STEP = np.array([0, 1], np.uint32)


def make_default_seed() -> int:
    """Return a seed drawn from Python's `random`, so that `random.seed` decides every seed that nobody gave."""
    return random.randint(1, 10**9)  # noqa: S311  # reproducible on purpose


def key_of(seed: Any) -> np.ndarray:
    """Return the key (2,) of a whole number from 0 to 2**32 - 1."""
    if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        message = f"seed must be a whole number from 0 to 2**32 - 1, or a SeedGenerator; got {seed!r}."
        raise ValueError(message)
    return np.array([seed, 0], np.uint32)


class SeedGenerator:
    """A source of keys for random draws, each different from the one before.

    Its `state` is a Variable of shape (2,) and dtype uint32: the seed, and a counter. Inside a compiled step the
    counter advances with the rest of the model's state, so a layer that draws keeps one as an attribute. Without a
    `seed` one is drawn from Python's `random`; one that is no whole number from 0 to 2**32 - 1 raises ValueError.

    >>> import hornbeam as keras
    >>> generator = keras.random.SeedGenerator(seed=42)
    >>> generator.next().tolist(), generator.next().tolist()
    ([42, 0], [42, 1])
    """

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        self.seed = seed
        self.name = name or auto_name("seed_generator")
        key = key_of(make_default_seed() if seed is None else seed)
        self.state = Variable(key, dtype="uint32", trainable=False, name="seed_generator_state")
        self.state.path = f"{self.name}/{self.state.name}"

    def next(self, ordered: bool = True) -> Any:
        """Return the present key (2,) and move on: by one, or to a number that looks unrelated."""
        key = self.state.value
        now = key if isinstance(key, Tracer) else np.asarray(key)  # NumPy: an eager draw compiles nothing
        self.state.assign(now + _STEP if ordered else (now + np.uint32(1)) * np.uint32(5387) % np.uint32(933199))
        return key

    def get_config(self) -> dict[str, Any]:
        """Return the seed as it was given, and the name."""
        return {"seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "SeedGenerator":
        """Return the generator that `get_config` described, at its start."""
        return cls(**config)


def draw_seed(seed: Any) -> Any:
    """Return the key (2,) for one draw: of a number always the same, of a SeedGenerator the next one.

    None draws from this thread's global generator, which must not happen while JAX traces: the draw would be made once
    and repeat at each step.
    """
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if isinstance(seed, jax.Array):
        return seed
    return _global_generator().next(ordered=False) if seed is None else key_of(seed)


def _global_generator() -> SeedGenerator:
    """Return the generator of draws without a seed; it lives on the ambient object, one per thread."""
    if _is_staged():
        message = (
            "A random draw inside a compiled function needs a seed: keep a SeedGenerator as an attribute of the layer "
            "or model and pass `seed=self.seed_generator`. Without one the draw would be made once and repeat."
        )
        raise ValueError(message)
    generator = HERE.__dict__.get("seed_generator")
    if generator is None:
        generator = HERE.__dict__["seed_generator"] = SeedGenerator(name="global_seed_generator")
    return generator


def _is_staged() -> bool:
    """Return whether JAX is recording what runs now instead of running it."""
    return isinstance(jax.numpy.zeros(()), Tracer)


def set_random_seed(seed: int) -> None:
    """Make all that is random from here on follow from `seed`: Python's `random`, NumPy's, initial weights, dropout.

    A `seed` that is not a whole number from 0 to 2**32 - 1 raises ValueError.

    >>> import hornbeam as keras
    >>> keras.utils.set_random_seed(42)
    >>> first = keras.random.normal((2,))
    >>> keras.utils.set_random_seed(42)
    >>> bool((first == keras.random.normal((2,))).all())
    True
    """
    key_of(seed)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  # the generator that users' programs draw from
    HERE.__dict__.pop("seed_generator", None)


def random_state() -> dict[str, Any]:
    """Return where the global generators stand: Python's, NumPy's, this thread's own, and torch's where it is used."""
    own, torch = HERE.__dict__.get("seed_generator"), sys.modules.get("torch")
    return {
        "python": random.getstate(),
        "numpy": np.random.get_state(),  # noqa: NPY002  # the generator that shuffling and users draw from
        "own": None if own is None else np.asarray(own.state.value),
        "torch": None if torch is None else torch.get_rng_state().numpy(),
    }


def set_random_state(state: Mapping[str, Any]) -> None:
    """Put the global generators where `random_state` found them."""
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])  # noqa: NPY002  # the generator that shuffling and users draw from
    HERE.__dict__.pop("seed_generator", None)
    if state["own"] is not None:
        HERE.__dict__["seed_generator"] = SeedGenerator(0, name="global_seed_generator")
        HERE.__dict__["seed_generator"].state.assign(state["own"])
    torch = sys.modules.get("torch")
    if torch is not None and state["torch"] is not None:
        torch.set_rng_state(torch.from_numpy(np.array(state["torch"])))
