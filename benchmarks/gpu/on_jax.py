"""What the sides on JAX share, and the limit as JAX reaches it."""

from collections.abc import Callable
from importlib.metadata import version
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp

REPEATS = 20


def facts(*packages: str) -> dict[str, Any]:
    """Return the device, versions, and the most bytes taken; None on a CPU, where JAX does not count."""
    device = jax.local_devices()[0]
    versions = {package: version(package) for package in ("jax", *packages)}
    return {"device": device.device_kind, "versions": versions, "peak": (device.memory_stats() or {}).get(PEAK)}


PEAK = "peak_bytes_in_use"


def product(side: int) -> Callable[[], dict[str, Any]]:
    """Prepare products of two square matrices in bfloat16: seconds for one."""
    keys = jax.random.split(jax.random.key(0))
    a, b = (jax.random.normal(key, (side, side), jnp.bfloat16) for key in keys)
    multiply = jax.jit(jnp.matmul)

    def measure() -> dict[str, Any]:
        result = multiply(a, b).block_until_ready()
        start = perf_counter()
        for _ in range(REPEATS):
            result = multiply(a, b)
        result.block_until_ready()
        return {"value": (perf_counter() - start) / REPEATS} | facts()

    return measure
