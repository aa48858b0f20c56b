"""What the machine can do: the rate of a product of two large matrices."""

from collections.abc import Callable
from time import perf_counter

import jax

SIZE = 2048
REPEATS = 5


def products() -> Callable[[], float]:
    """Prepare products of float32 matrices: seconds per floating-point operation of the quickest."""
    product = jax.jit(lambda a, b: a @ b)
    a = jax.numpy.ones((SIZE, SIZE))

    def measure() -> float:
        least = float("inf")
        for _ in range(REPEATS):
            start = perf_counter()
            product(a, a).block_until_ready()
            least = min(least, perf_counter() - start)
        return least / (2 * SIZE**3)

    return measure
