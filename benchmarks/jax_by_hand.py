"""The workloads in JAX by hand with optax: what an expert would write for one model."""

import resource
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

import jax
import numpy as np
import optax
from jax import lax
from jax import numpy as jnp

from benchmarks._workloads import EPOCHS, WORKLOADS, draw, per_call
from benchmarks.jax_models import MODELS

Measure = Callable[[], float]


class Training:
    """One model in training: `form` "loop" calls a compiled step for each batch, "scan" one program for an epoch."""

    def __init__(self, workload: str, form: str) -> None:
        self.batch, self.form = WORKLOADS[workload].batch, form
        params, self.apply = MODELS[workload]()
        self.adam = optax.adam(1e-3, eps=1e-7)
        rest = {name: params.pop(name) for name in ("moving",) if name in params}
        counts = (jnp.zeros(()), jnp.zeros((), "int32"))
        self.state = (params, rest, self.adam.init(params), jax.random.key(0), counts)
        self.data = jax.device_put(draw(workload))
        self.rng = np.random.default_rng(0)

    def step(self, state: Any, rows: Any, x: Any, y: Any) -> Any:
        """Return the state after one step of Adam."""
        params, rest, moments, key, (total, right) = state
        key, inner = jax.random.split(key)
        x, y = x[rows], y[rows]

        def loss(params: Any) -> Any:
            logits, new = self.apply(params | rest, x, inner)
            return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean(), (logits, new)

        (value, (logits, new)), gradients = jax.value_and_grad(loss, has_aux=True)(params)
        updates, moments = self.adam.update(gradients, moments)
        counts = (total + value, right + (logits.argmax(1) == y).sum())
        return optax.apply_updates(params, updates), rest | new, moments, key, counts

    @partial(jax.jit, static_argnums=0, donate_argnums=1)
    def _step(self, state: Any, rows: Any, x: Any, y: Any) -> Any:
        return self.step(state, rows, x, y)

    @partial(jax.jit, static_argnums=0, donate_argnums=1)
    def _scan(self, state: Any, rows: Any, x: Any, y: Any) -> Any:
        return lax.scan(lambda state, rows: (self.step(state, rows, x, y), None), state, rows)[0]

    def epoch(self) -> float:
        """Train on each row once, in a new order."""
        order = self.rng.permutation(len(self.data[0])).astype("int32").reshape(-1, self.batch)
        if self.form == "scan":
            self.state = self._scan(self.state, order, *self.data)
        else:
            for rows in order:
                self.state = self._step(self.state, rows, *self.data)
        return float(self.state[-1][0])


def fit(workload: str, form: str = "loop") -> Measure:
    """Prepare training: seconds per step, the first epoch excluded."""
    training, steps = Training(workload, form), WORKLOADS[workload].steps

    def measure() -> float:
        training.epoch()
        start = perf_counter()
        for _ in range(EPOCHS):
            training.epoch()
        return (perf_counter() - start) / EPOCHS / steps

    return measure


def predict(workload: str) -> Measure:
    """Prepare the call of a compiled function on one sample: seconds per call, from NumPy array to NumPy array."""
    (params, apply), (x, _) = MODELS[workload](), draw(workload, 1)
    function = jax.jit(lambda params, x: apply(params, x, None)[0])

    return lambda: per_call(lambda: np.asarray(function(params, x)))


def many(workload: str, method: str, rows: int) -> Measure:
    """Prepare predictions of many rows, for "evaluate" with loss and accuracy: seconds."""
    (params, apply), (x, y), batch = MODELS[workload](), draw(workload, rows), WORKLOADS[workload].batch
    forward = jax.jit(lambda params, x: apply(params, x, None)[0])

    @jax.jit
    def count(params: Any, x: Any, y: Any, total: Any, right: Any) -> Any:
        logits = apply(params, x, None)[0]
        total += optax.softmax_cross_entropy_with_integer_labels(logits, y).sum()
        return total, right + (logits.argmax(1) == y).sum()

    def predict() -> None:
        np.concatenate([forward(params, x[at : at + batch]) for at in range(0, rows, batch)])

    def evaluate() -> None:
        counts = (jnp.zeros(()), jnp.zeros((), "int32"))
        for at in range(0, rows, batch):
            counts = count(params, x[at : at + batch], y[at : at + batch], *counts)
        jax.block_until_ready(counts)

    run = predict if method == "predict" else evaluate

    def measure() -> float:
        start = perf_counter()
        run()
        return perf_counter() - start

    return measure


def peak(workload: str, form: str = "loop") -> Measure:
    """Prepare training for two epochs: MiB that the process took at its peak. Asked once of a process."""
    training = Training(workload, form)

    def measure() -> float:
        for _ in range(2):
            training.epoch()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    return measure
