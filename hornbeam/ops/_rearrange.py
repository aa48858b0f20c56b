"""Axes named, split, joined and put in another order."""

from __future__ import annotations

import math
import re

import jax.numpy as jnp

from hornbeam._core.op import op
from hornbeam.ops._arrays import Tensor, as_array

_TOKEN = re.compile(r"\(|\)|\.\.\.|\w+")


def _groups(side: str) -> list[list[str]]:
    """Return the axes of one side of a pattern, each the list of the names that it joins."""
    groups: list[list[str]] = []
    inside = False
    for token in _TOKEN.findall(side):
        if token == "(":  # noqa: S105  # no password
            inside = True
            groups.append([])
        elif token == ")":  # noqa: S105
            inside = False
        elif inside:
            groups[-1].append(token)
        else:
            groups.append([] if token == "1" else [token])  # noqa: S105
    return groups


def _spread(left: list[list[str]], right: list[list[str]], ndim: int) -> tuple[list[list[str]], list[list[str]]]:
    """Return both sides with '...' replaced by as many names as it stands for."""
    hidden = [f"...{i}" for i in range(ndim - sum(group != ["..."] for group in left))]

    def replace(side: list[list[str]]) -> list[list[str]]:
        spread: list[list[str]] = []
        for group in side:
            if group == ["..."]:
                spread += [[name] for name in hidden]
            else:
                spread.append([n for name in group for n in (hidden if name == "..." else [name])])
        return spread

    return replace(left), replace(right)


def _lengths(groups: list[list[str]], shape: tuple[int, ...], known: dict[str, int]) -> dict[str, int]:
    """Return the length of each name on the left; one name of a group may be left to be found."""
    lengths = dict(known)
    for group, length in zip(groups, shape, strict=True):
        open_names = [name for name in group if name not in lengths]
        product = math.prod(lengths[name] for name in group if name in lengths)
        if len(open_names) > 1:
            message = f"all but one of {group} must be given as keyword arguments; missing {open_names}."
            raise ValueError(message)
        if open_names:
            lengths[open_names[0]] = length // product
            product *= length // product
        if product != length:
            message = f"the axes {group} must make up a length of {length}; got {product}."
            raise ValueError(message)
    return lengths


@op
def rearrange(tensor: Tensor, pattern: str, **axes_lengths: int) -> Tensor:
    """Return `tensor` with its axes named, split, joined and ordered as `pattern` says, in the notation of einops.

    '(h w)' is an axis made of two; '1' one of length 1; '...' any others. A split axis needs all lengths but one.

    >>> from hornbeam import ops
    >>> ops.rearrange(ops.ones((2, 3, 4)), "b h w -> b (w h)").shape
    (2, 12)
    >>> ops.rearrange(ops.ones((6, 4)), "(a b) c -> a c b", b=3).shape
    (2, 4, 3)
    """
    x = as_array(tensor)
    sides = pattern.split("->")
    if len(sides) != 2:
        message = f"pattern must have the form 'axes -> axes'; got {pattern!r}."
        raise ValueError(message)
    left, right = _spread(_groups(sides[0]), _groups(sides[1]), x.ndim)
    if len(left) != x.ndim:
        message = f"pattern {pattern!r} must name each axis of tensor, which has shape {x.shape}."
        raise ValueError(message)
    names = [name for group in left for name in group]
    wanted = [name for group in right for name in group]
    if sorted(names) != sorted(wanted) or len(set(names)) != len(names):
        message = f"pattern {pattern!r} must have the same names on both sides, each once."
        raise ValueError(message)
    try:
        lengths = _lengths(left, x.shape, axes_lengths)
    except ValueError as error:
        error.add_note(f"This happened in rearrange with pattern {pattern!r} and shape {x.shape}.")
        raise
    apart = jnp.reshape(x, [lengths[name] for name in names])
    ordered = jnp.transpose(apart, [names.index(name) for name in wanted])
    return jnp.reshape(ordered, [math.prod(lengths[name] for name in group) for group in right])
