"""How functions are compiled: with a cache on disk, so that the second run of a program starts at once."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
from jax import lax

from hornbeam._core import config
from hornbeam._core.cache import cache_folder
from hornbeam._core.memory import give_back
from hornbeam._core.state import here
from hornbeam.ops._fast import CONVOLVES

CALLS_OUT = "calls out"  # the hint that a program runs what is not XLA's nor Hornbeam's, which may fail
OUTSIDE = frozenset({"pure_callback", "io_callback", "buffer_callback", "debug_callback", "debug_print", "ffi_call"})


def use_cache() -> None:
    """Switch JAX's compilation cache on, unless the program or the user has set one, or the folder can't be written."""
    folder = cache_folder("compiled")
    if folder is None or jax.config.jax_compilation_cache_dir is not None:  # type: ignore[attr-defined]
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    if os.access(folder, os.W_OK):
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.01)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
        _trim(folder)


CACHE_BYTES = 2 << 30  # the oldest programs go when the folder has grown beyond this


def _trim(folder: Path) -> None:
    """Remove the oldest files of a folder that has grown too large."""
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        found = sorted((entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in entries)
    excess = sum(size for _, size, _ in found) - CACHE_BYTES
    for _, size, path in found:
        if excess <= 0:
            return
        with contextlib.suppress(OSError):
            Path(path).unlink()
        excess -= size


def compiled(fn: Callable[..., Any], spent: Sequence[int] = ()) -> Callable[..., Any]:
    """Return `fn` compiled by XLA, with the options that suit what it computes.

    The arrays of the arguments numbered `spent` may be overwritten by the results: on a CPU, where only a
    program that calls Python can fail once it runs, and such a program spends nothing.
    """
    use_cache()
    chosen: list[Callable[..., Any]] = []

    def run(*args: Any) -> Any:
        if not chosen:
            hints = hints_of(fn, *args)
            safe = CALLS_OUT not in hints and jax.default_backend() == "cpu"
            chosen.append(jax.jit(fn, donate_argnums=spent if safe else (), compiler_options=_options(hints)))
        return chosen[0](*args)

    return run


def hints_of(fn: Callable[..., Any], *args: Any) -> set[str]:
    """Return what the operations in `fn` tell who compiles it; the trace is kept for the compilation."""
    found: set[str] = set()
    with here(hints=found):
        program = jax.jit(fn).trace(*args).jaxpr
    if any(eqn.primitive.name in OUTSIDE for eqn in equations(program.jaxpr)):
        found.add(CALLS_OUT)
    return found


def equations(program: Any) -> Iterator[Any]:
    """Return all equations of a program, and of those that it runs."""
    for eqn in program.eqns:
        yield eqn
        for part in jax.tree.leaves(list(eqn.params.values())):
            inner = getattr(part, "jaxpr", part)
            if hasattr(inner, "eqns"):
                yield from equations(inner)


def _options(hints: set[str]) -> dict[str, Any] | None:
    """Return XLA's options: for convolutions a library that takes half the time on a CPU; equal bits if asked for."""
    options: dict[str, Any] = {}
    if CONVOLVES in hints:
        options = {"xla_cpu_experimental_ynn_fusion_type": "LIBRARY_FUSION_TYPE_DOT,LIBRARY_FUSION_TYPE_REDUCE"}
    if config.is_op_determinism_enabled() and jax.default_backend() == "gpu":
        options["xla_gpu_deterministic_ops"] = True
    return options or None


def compiled_loop(
    step: Callable[..., Any],
    goes_on: Callable[[Any], Any],
    complete: Callable[[Any, Any], Any] = lambda state, _: state,
    *,
    spends: bool = False,
) -> Callable[..., Any]:
    """Return (start, stop, guarded, state, *fixed) -> (reached, state): `state = step(i, state, *fixed)` for each i.

    With `spends` the arrays of `state` may be overwritten, as `compiled` says.

    A guarded loop ends after a step whose state `goes_on` refuses. `complete(state, shapes)` gives the first state the
    form that a step returns. All is one program, except that on a CPU a step with XLA's convolutions is compiled
    alone: inside of a loop they take many times as long.
    """

    def many(start: Any, stop: Any, guarded: Any, state: Any, *fixed: Any) -> Any:
        def body(carry: Any) -> Any:
            with here(looped=True):
                return carry[0] + 1, step(*carry, *fixed)

        def again(carry: Any) -> Any:
            i, state = carry
            return (i < stop) & (~guarded | (i == start) | goes_on(state))

        state = complete(state, lambda: jax.eval_shape(body, (start, state))[1])
        return lax.while_loop(again, body, (start, state))

    def one_by_one(start: int, stop: int, guarded: bool, state: Any, *fixed: Any) -> Any:
        i = start
        while i < stop and (i == start or not guarded or bool(goes_on(state))):
            state = alone(i, state, *fixed)
            i += 1
        return i, jax.block_until_ready(state)

    alone, loop = compiled(step, [1] if spends else []), compiled(many, [3] if spends else [])
    chosen: list[Callable[..., Any]] = []
    calls = itertools.count()

    def run(*args: Any) -> Any:
        call = next(calls)
        if not chosen:
            chosen.append(one_by_one if CONVOLVES in hints_of(many, *args) else loop)
        if call == 1:  # the first call compiled; by now its own memory is free, too
            give_back()
        return chosen[0](*args)

    return run
