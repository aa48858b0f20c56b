"""The masks of a layer's outputs: `compute_mask` has the say."""

from __future__ import annotations

import warnings
from typing import Any

from hornbeam._core import tree
from hornbeam._core.graph import attach_mask, mask_of
from hornbeam._core.state import forget_passed_masks
from hornbeam.layers._arguments import is_tensor, tensors_in


def mask_outputs(layer: Any, inputs: Any, outputs: Any) -> None:
    """Give the outputs of `layer` their masks, or say that one is dropped here."""
    flat = tensors_in(outputs)
    if layer._ops_carry_masks and not type(layer).compute_mask.__module__.startswith("hornbeam.models."):
        forget_passed_masks(flat, layer)
    masks = tree.map_structure(lambda x: mask_of(x) if is_tensor(x) else None, inputs)
    if layer.supports_masking:
        if all(mask_of(x) is None for x in flat):
            found = tree.flatten(layer.compute_mask(inputs, masks))
            for output, mask in zip(flat, found, strict=False):
                if mask is not None:
                    attach_mask(output, mask)
    elif any(m is not None for m in tree.flatten(masks)):
        message = (
            f"Layer {layer.path!r} ({type(layer).__name__}) got a mask but does not support masking: "
            "the layers after it will not see which steps to skip."
        )
        if layer.on_unsupported_mask == "raise":
            raise TypeError(message)
        warnings.warn(message, stacklevel=5)
