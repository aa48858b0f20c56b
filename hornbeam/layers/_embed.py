"""Tables of vectors, looked up by whole numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jax.core import Tracer

from hornbeam import ops
from hornbeam._core import dtypes
from hornbeam._core.serialize import serialize
from hornbeam.layers._checks import refusal, whole
from hornbeam.layers._views import Quantizable, rows
from hornbeam.layers._weights import ruled_weight, store_rules


class Embedding(Quantizable):
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
        quantization_config: how `quantize` is to keep the weights, when it is not told otherwise.

    >>> import hornbeam as keras
    >>> layer = keras.layers.Embedding(10, 4, mask_zero=True)
    >>> layer(keras.ops.convert_to_tensor([[1, 2, 0]])).shape
    (1, 3, 4)
    """

    adapted = "embeddings"
    embeddings_initializer: Any
    coded: Mapping[str, Any] = {"embeddings": {"inputs": (1,), "outputs": (0,), "turned": True}}

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
        quantization_config: Any = None,
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
        self._store_quantization(quantization_config)
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
        return rows(self.embeddings, inputs.astype("int32")).astype(self.compute_dtype)

    def _check_numbers(self, inputs: np.ndarray) -> None:
        whole_numbers = inputs.astype("int64")
        bad = (whole_numbers != inputs) | (whole_numbers < -self.input_dim) | (whole_numbers >= self.input_dim)
        if bad.any():
            raise refusal(self, f"whole numbers from 0 to {self.input_dim - 1}", f"{inputs[bad].flat[0]}")

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return where the inputs are not 0, if 0 is padding."""
        return ops.not_equal(inputs, 0) if self.mask_zero else None


class ReversibleEmbedding(Embedding):
    """An embedding that also goes back: from vectors to a score for each whole number (Press and Wolf 2016).

    `layer(ids)` turns whole numbers `(batch, ...)` into vectors `(batch, ..., output_dim)`; `layer(vectors,
    reverse=True)` turns these into logits `(batch, ..., input_dim)`, the products with each vector of the table.

    Args:
        input_dim: how many whole numbers there are.
        output_dim: the length of a vector.
        tie_weights: whether both ways use one table; otherwise the way back has its own, `(output_dim, input_dim)`.
        embeddings_initializer: first values of the tables.
        embeddings_regularizer, embeddings_constraint: rules of the table `(input_dim, output_dim)`.
        mask_zero: whether 0 is padding, which the layers after it are to skip; logits have no mask.
        reverse_dtype: the type in which logits are computed; by default that of vectors and table.
        logit_soft_cap: logits become `cap * tanh(logits / cap)`; None leaves them as they are.
        kwargs: the other arguments of Embedding.

    >>> import hornbeam as keras
    >>> layer = keras.layers.ReversibleEmbedding(100, 8)
    >>> vectors = layer(keras.ops.convert_to_tensor([[1, 2, 3]]))
    >>> vectors.shape, layer(vectors, reverse=True).shape
    ((1, 3, 8), (1, 3, 100))
    """

    coded: Mapping[str, Any] = {**Embedding.coded, "reverse_embeddings": {"packed": 0}}

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        reverse_dtype: Any = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ) -> None:
        self.tie_weights = tie_weights
        self.reverse_dtype = None if reverse_dtype is None else dtypes.canonical(reverse_dtype)
        self.logit_soft_cap = logit_soft_cap
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer,
            embeddings_regularizer,
            embeddings_constraint,
            mask_zero,
            **kwargs,
        )

    _went_back = False

    def build(self, input_shape: Any = None) -> None:
        """Make the tables."""
        super().build(input_shape)
        if not self.tie_weights:
            initializer, shape = self.embeddings_initializer, (self.output_dim, self.input_dim)
            self.reverse_embeddings = self.add_weight(shape, initializer, name="reverse_embeddings")

    def call(self, inputs: Any, reverse: bool = False) -> Any:
        """Return vectors `(batch, ..., output_dim)` or, in reverse, logits `(batch, ..., input_dim)`."""
        self._went_back = reverse  # what the mask of this output depends on
        if not reverse:
            return super().call(inputs)
        table = self.embeddings.value.T if self.tie_weights else self.reverse_embeddings.value
        dtype = self.reverse_dtype or self.compute_dtype
        logits = ops.matmul(inputs.astype(dtype), table.astype(dtype))
        cap = self.logit_soft_cap
        return logits if cap is None else ops.tanh(logits / cap) * cap

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return the mask of vectors; logits have none."""
        return None if self._went_back else super().compute_mask(inputs, previous_mask)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, with those of Embedding that were given."""
        names = ("lora_rank", "lora_alpha", "quantization_config")
        return super().get_config() | {n: serialize(v) for n in names if (v := getattr(self, n)) is not None}
