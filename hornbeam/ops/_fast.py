"""Convolutions on a CPU, written as products, sums and slices; chosen by static shapes, from measurements.

XLA's own convolution of two axes is fast on a CPU for many channels, but only outside of compiled loops, where it
costs up to seventy times as much. Its other forms are slow everywhere. In milliseconds of one core, forward and
backward (AVX-512; XLA's form, ours):

    8x8x1 -> 2, window 3, batch 32, in a loop       0.145   0.025   bands
    16x16x3 -> 16, window 3, batch 16, in a loop    3.1     0.60    patches
    32x32x64, a filter per channel, batch 32        300     7.1     taps
    16x16x16x16 -> 16, window 3, batch 8            68      13      planes
    16x16x64 -> 64 transposed, stride 2, batch 32   617     18      phases
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from hornbeam._core.state import HERE
from hornbeam.native import convolution, convolution_relu, is_native

LARGEST_BAND = 2048  # elements of a band matrix per tap of the other axes
FEW_CHANNELS = 4  # of inputs, for which patches win everywhere
MOST_PATCHES = 1 << 27  # elements: what patches may take in memory
PATCHES_IN_LOOPS = 1 << 20  # elements: beyond, a step is so long that it should not be in a loop
SMALL_VOLUME = 1 << 16  # elements of inputs with three axes
MOST_PHASES = 8  # convolutions that a transposed one is made of
LEAST_PRODUCTS = 1 << 20  # for which a kernel of our own is called: about 20 us of work
CONVOLVES = "convolves"  # the hint that a program has convolutions of XLA's in it


class Geometry(NamedTuple):
    """Where the taps of a window lie, for each spatial axis."""

    window: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    out: tuple[int, ...]


def places(geometry: Geometry, axis: int) -> list[slice]:
    """Return the padded places along a spatial axis that each tap reads."""
    stride, out = geometry.strides[axis], geometry.out[axis]
    starts = (tap * geometry.dilation[axis] for tap in range(geometry.window[axis]))
    return [slice(start, start + (out - 1) * stride + 1, stride) for start in starts]


def under_taps(x: jax.Array, geometry: Geometry, axes: Sequence[int], first: int = 1) -> list[jax.Array]:
    """Return what each tap of the window reads, in row-major order of the taps; `first` is the first spatial axis."""
    parts = [x]
    for axis in axes:
        cuts = [(where.start, where.stop, where.step) for where in places(geometry, axis)]
        parts = [jax.lax.slice_in_dim(part, *cut, first + axis) for part in parts for cut in cuts]
    return parts


def is_on_cpu(shape: Sequence[object]) -> bool:
    """Return whether a computation on arrays of a known shape will run on a CPU."""
    return jax.default_backend() == "cpu" and all(isinstance(n, int) for n in shape)


def fast_convolution(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> jax.Array | None:
    """Return the convolution of `x` (batch, *spatial, channels), or None where XLA's is to be preferred."""
    if not _is_known(x, kernel, geometry):
        return None
    channels = kernel.shape[-2]
    if channels == 1 < x.shape[-1]:
        return _by_taps(x, jnp.reshape(kernel, (*kernel.shape[:-2], x.shape[-1], -1)), geometry)
    if channels == x.shape[-1]:
        return _in_one_group(x, kernel, geometry)
    hint()
    return None


def _is_known(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> bool:
    on_cpu = is_on_cpu((*x.shape, *kernel.shape))
    return on_cpu and x.dtype.kind not in "biuc" and 0 not in (*x.shape, *geometry.out)


def fast_relu_convolution(x: jax.Array, kernel: jax.Array, bias: jax.Array, geometry: Geometry) -> jax.Array | None:
    """Return relu(convolution + bias) where a kernel of our own takes it in one pass, over two axes; or None."""
    whole = len(geometry.out) == 2 and kernel.shape[-2] == x.shape[-1] and bias.dtype == x.dtype
    if not whole or not _is_known(x, kernel, geometry) or _is_for_bands(x, kernel, geometry):
        return None
    if not _is_for_kernels(x, kernel, geometry):
        return None
    where = {"strides": geometry.strides, "dilation": geometry.dilation, "pads": geometry.pads}
    return convolution_relu(x, kernel, bias, **where)


def _is_for_bands(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> bool:
    return x.shape[-2] * geometry.out[-1] * kernel.shape[-2] * kernel.shape[-1] <= LARGEST_BAND


def _in_one_group(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> jax.Array | None:
    """Return the convolution in which each filter sees all channels, or None for XLA's."""
    taps, out, channels = math.prod(geometry.window), math.prod(geometry.out), kernel.shape[-2]
    if _is_for_bands(x, kernel, geometry):
        return _by_bands(x, kernel, geometry)
    if _is_for_kernels(x, kernel, geometry):
        return _by_kernels(x, kernel, geometry)
    size = x.shape[0] * out * taps * channels
    if taps == 1 or size <= (PATCHES_IN_LOOPS if HERE.looped else MOST_PATCHES if channels <= FEW_CHANNELS else 0):
        return _by_patches(x, kernel, geometry)
    if len(geometry.out) == 3:
        return _by_planes(x, kernel, geometry)
    hint()
    return None


def _is_for_kernels(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> bool:
    """Return whether a kernel of our own pays: a window of one place is a product, which XLA is good at."""
    products = x.shape[0] * math.prod(geometry.out) * kernel.size
    moves = math.prod(geometry.window) * math.prod(geometry.strides) > 1
    fits = len(geometry.out) < 3 and x.dtype == kernel.dtype == jnp.float32
    return fits and moves and products >= LEAST_PRODUCTS and is_native()


def _by_kernels(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> jax.Array:
    """Return the convolution over one or two axes by the kernels in C++."""
    if len(geometry.out) == 2:
        return convolution(x, kernel, geometry.strides, geometry.dilation, geometry.pads)
    rows = (1, *geometry.strides), (1, *geometry.dilation), ((0, 0), *geometry.pads)
    return convolution(x[:, None], kernel[None], *rows)[:, 0]


def hint() -> None:
    """Tell who compiles that there is a convolution of XLA's in the program."""
    if HERE.hints is not None:
        HERE.hints.add(CONVOLVES)


def _padded(x: jax.Array, geometry: Geometry) -> jax.Array:
    return jax.lax.pad(x, jnp.zeros((), x.dtype), [(0, 0, 0), *((*pad, 0) for pad in geometry.pads), (0, 0, 0)])


@functools.partial(jax.jit, static_argnames="geometry")
def _by_patches(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> jax.Array:
    """Return the convolution as one product: the elements under each place of the window, times the kernel."""
    x = _padded(x, geometry)
    patches = jnp.concatenate(under_taps(x, geometry, range(len(geometry.window))), axis=-1)
    product = jnp.reshape(patches, (-1, patches.shape[-1])) @ jnp.reshape(kernel, (-1, kernel.shape[-1]))
    return jnp.reshape(product, (x.shape[0], *geometry.out, kernel.shape[-1]))


@functools.partial(jax.jit, static_argnames="geometry")
def _by_bands(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> jax.Array:
    """Return the convolution as one product of whole rows with band matrices, which hold the kernel's taps shifted."""
    batch, *spatial, channels = x.shape
    filters, out = kernel.shape[-1], geometry.out
    band = jnp.einsum("wot,...tcf->...wcof", jnp.asarray(_reach(spatial[-1], geometry), kernel.dtype), kernel)
    band = jnp.reshape(band, (-1, out[-1] * filters))
    rows = jnp.reshape(x, (batch, *spatial[:-1], spatial[-1] * channels))
    rows = jnp.pad(rows, [(0, 0), *geometry.pads[:-1], (0, 0)])
    rows = jnp.concatenate(under_taps(rows, geometry, range(len(spatial) - 1)), axis=-1)
    return jnp.reshape(jnp.reshape(rows, (-1, rows.shape[-1])) @ band, (batch, *out, filters))


def _reach(length: int, geometry: Geometry) -> np.ndarray:
    """Return (length, out, window): 1 where output o reads input w through tap t, along the last axis."""
    reach = np.zeros((length, geometry.out[-1], geometry.window[-1]))
    for tap, where in enumerate(places(geometry, -1)):
        for o, w in enumerate(range(where.start, where.stop, where.step)):
            if 0 <= w - geometry.pads[-1][0] < length:
                reach[w - geometry.pads[-1][0], o, tap] = 1
    return reach


@functools.partial(jax.custom_jvp, nondiff_argnums=(2,))
def _by_taps(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> jax.Array:
    """Return each channel convolved with filters of its own (*window, channels, multiplier): a sum over taps."""
    return _sum_of_taps(_padded(x, geometry), [*jnp.reshape(kernel, (-1, *kernel.shape[-2:]))], geometry)


@functools.partial(_by_taps.defjvp, symbolic_zeros=True)
def _by_taps_jvp(geometry: Geometry, primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    """Return the value and its change; the kernel's part goes sample by sample, to be added up so on the way back."""
    (x, kernel), (dx, dk) = primals, tangents
    change: Any = 0
    if not isinstance(dx, SymbolicZero):
        change = _by_taps(dx, kernel, geometry)
    if not isinstance(dk, SymbolicZero):
        taps = jnp.reshape(dk, (-1, *dk.shape[-2:]))
        everywhere = [jnp.broadcast_to(tap, (1, *geometry.out, *tap.shape)) for tap in taps]

        @jax.checkpoint  # what the taps read is cut out again on the way back, not kept
        def one(maps: list[jax.Array], sample: jax.Array) -> tuple[list[jax.Array], jax.Array]:
            return maps, _sum_of_taps(sample[None], maps, geometry)[0]

        change = change + jax.lax.scan(one, everywhere, _padded(x, geometry))[1]
    return _by_taps(x, kernel, geometry), change


def _sum_of_taps(x: jax.Array, taps: list[jax.Array], geometry: Geometry) -> jax.Array:
    parts = under_taps(x, geometry, range(len(geometry.window)))
    products = (part[..., None] * tap for part, tap in zip(parts, taps, strict=True))
    total = functools.reduce(jnp.add, products)
    return jnp.reshape(total, (*total.shape[:-2], -1))


def _by_planes(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> jax.Array:
    """Return the convolution over three axes as a sum of convolutions over the last two."""
    window, strides, dilation, pads, out = geometry
    plane = Geometry(window[1:], strides[1:], dilation[1:], pads[1:], out[1:])
    x = jnp.pad(x, [(0, 0), geometry.pads[0], *[(0, 0)] * 3])
    parts = under_taps(x, geometry, [0])
    if x.size <= SMALL_VOLUME:  # one product, of all planes that a window sees
        planes = jnp.concatenate(parts, -1)
        taps = jnp.reshape(jnp.moveaxis(kernel, 0, 2), (*window[1:], -1, kernel.shape[-1]))
        total = _over_planes(jnp.reshape(planes, (-1, *planes.shape[2:])), taps, plane)
    else:
        flat = (jnp.reshape(part, (-1, *part.shape[2:])) for part in parts)
        total: Any = sum(_over_planes(x, taps, plane) for x, taps in zip(flat, kernel, strict=True))
    return jnp.reshape(total, (-1, *out, kernel.shape[-1]))


def _over_planes(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> jax.Array:
    if _is_for_kernels(x, kernel, geometry):
        return _by_kernels(x, kernel, geometry)
    hint()
    return plain_convolution(x, kernel, geometry)


def transposed_by_phases(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> jax.Array | None:
    """Return a transposed convolution as several ordinary ones, or None where XLA's is to be preferred.

    `kernel` (*window, channels, filters) is already flipped; `geometry.pads` are those around `x` once spread by
    `strides`. Places of the result that are `strides` apart read the same taps: each such phase is a convolution.
    """
    known = is_on_cpu((*x.shape, *kernel.shape)) and x.dtype.kind not in "biuc" and 0 not in (*x.shape, *geometry.out)
    steps, out = geometry.strides, geometry.out
    if not known or math.prod(steps) > MOST_PHASES or set(geometry.dilation) != {1}:
        return None
    longest = [-(-n // s) for n, s in zip(out, steps, strict=True)]
    results = []
    for phases in itertools.product(*map(range, steps)):
        first, pads = [], []
        for phase, n, s, (before, _), q in zip(phases, x.shape[1:-1], steps, geometry.pads, longest, strict=True):
            first.append((before - phase) % s)
            start = (phase - before + first[-1]) // s
            pads.append((-start, q + start + len(range(first[-1], kernel.shape[len(pads)], s)) - 1 - n))
        part = kernel[tuple(slice(begin, None, s) for begin, s in zip(first, steps, strict=True))]
        results.append(
            _phase(x, part, Geometry(part.shape[:-2], (1,) * len(out), geometry.dilation, tuple(pads), tuple(longest)))
        )
    rank = len(out)
    y = jnp.reshape(jnp.stack(results, 1 + rank), (x.shape[0], *longest, *steps, kernel.shape[-1]))
    order = (0, *(axis for i in range(rank) for axis in (1 + i, 1 + rank + i)), 1 + 2 * rank)
    y = jnp.reshape(jnp.transpose(y, order), (x.shape[0], *(q * s for q, s in zip(longest, steps, strict=True)), -1))
    return y[(slice(None), *map(slice, out))]


def _phase(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> jax.Array:
    """Return one phase: zeros where no tap falls on it."""
    if 0 in geometry.window:
        return jnp.zeros((x.shape[0], *geometry.out, kernel.shape[-1]), x.dtype)
    if min(map(min, geometry.pads)) < 0:  # some of `x` falls outside of the result
        x, geometry = _padded(x, geometry), geometry._replace(pads=((0, 0),) * len(geometry.out))
    result = fast_convolution(x, kernel, geometry)
    return plain_convolution(x, kernel, geometry) if result is None else result


def plain_convolution(x: jax.Array, kernel: jax.Array, geometry: Geometry) -> jax.Array:
    """Return XLA's convolution of `x` (batch, *spatial, channels)."""
    spatial = "DHW"[-len(geometry.out) :]
    names = (f"N{spatial}C", f"{spatial}IO", f"N{spatial}C")
    return jax.lax.conv_general_dilated(
        x, kernel, geometry.strides, geometry.pads, None, geometry.dilation, dimension_numbers=names
    )
