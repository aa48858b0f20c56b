"""Tables of vectors, looked up by whole numbers."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from hornbeam import ops
from hornbeam.layers._checks import refusal, whole
from hornbeam.layers._views import Adaptable, refuse_quantization
from hornbeam.layers._weights import ruled_weight, store_rules


class Embedding(Adaptable):
    """Turns each whole number into a vector that is learned.

    Input `(batch, ...)` of whole numbers from 0 to `input_dim - 1`, of any dtype, output `(batch, ..., output_dim)`.
    Outside of a compiled step other numbers raise ValueError; inside one, a number that is too large gives NaN.

    Args:
        input_dim: how many numbers there are.
        output_dim: the length of a vector.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint: rules of the table
            `(input_dim, output_dim)`.
        mask_zero: whether 0 is padding, which the layers after it are to skip.
        weights: the table's first value, in a list or as an array.
        lora_rank, lora_alpha: see `enable_lora`, which is then called when the layer is built.
        quantization_config: None; weights are stored in a float type.

    >>> import hornbeam as keras
    >>> layer = keras.layers.Embedding(10, 4, mask_zero=True)
    >>> layer(keras.ops.convert_to_tensor([[1, 2, 0]])).shape
    (1, 3, 4)
    """

    adapted = "embeddings"

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.input_dim = whole(self, "input_dim", input_dim)
        self.output_dim = whole(self, "output_dim", output_dim)
        store_rules(
            self,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
        )
        self._store_lora(lora_rank, lora_alpha)
        refuse_quantization(self, quantization_config)
        self.quantization_config = quantization_config
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self.autocast = False
        if weights is not None:
            self.build()
            self.built = True
            self.set_weights(weights if isinstance(weights, list) else [weights])

    def build(self, input_shape: Any = None) -> None:
        """Make the table."""
        self.embeddings = ruled_weight(self, "embeddings", (self.input_dim, self.output_dim))
        self._adapt_if_asked()

    def call(self, inputs: Any) -> Any:
        """Return `(batch, ..., output_dim)`."""
        if not isinstance(inputs, Tracer):
            self._check_numbers(np.asarray(inputs))
        return jnp.take(self.embeddings.value, inputs.astype("int32"), axis=0).astype(self.compute_dtype)

    def _check_numbers(self, inputs: np.ndarray) -> None:
        whole_numbers = inputs.astype("int64")
        bad = (whole_numbers != inputs) | (whole_numbers < -self.input_dim) | (whole_numbers >= self.input_dim)
        if bad.any():
            raise refusal(self, f"whole numbers from 0 to {self.input_dim - 1}", f"{inputs[bad].flat[0]}")

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return where the inputs are not 0, if 0 is padding."""
        return ops.not_equal(inputs, 0) if self.mask_zero else None
