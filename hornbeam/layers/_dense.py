"""Densely connected layers."""

from __future__ import annotations

from typing import Any

from hornbeam import activations, ops
from hornbeam._core.state import Variable
from hornbeam.layers._checks import known, whole
from hornbeam.layers._input_spec import InputSpec
from hornbeam.layers._views import Quantizable
from hornbeam.layers._weights import ruled_weight, store_rules
from hornbeam.native import is_large_product, product_relu


class Dense(Quantizable):
    """`activation(inputs @ kernel + bias)`: each output is a weighted sum of all features.

    Input `(batch, ..., features)` of rank 2 or more; output `(batch, ..., units)`. The kernel `(features, units)` is
    made at the first call, the bias `(units,)` with it.

    Args:
        units: the number of outputs, positive.
        activation: a name, a function or None for the sum itself.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: first values.
        kernel_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: a penalty on the output.
        kernel_constraint, bias_constraint: what the weights are put through after each step.
        lora_rank, lora_alpha: see `enable_lora`, which is then called when the layer is built.
        quantization_config: how `quantize` is to keep the weights, when it is not told otherwise.

    >>> import hornbeam as keras
    >>> layer = keras.layers.Dense(32, activation="relu")
    >>> layer(keras.ops.ones((2, 16))).shape
    (2, 32)
    >>> layer.count_params()
    544
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = whole(self, "units", units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        store_rules(
            self,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )
        self._store_lora(lora_rank, lora_alpha)
        self._store_quantization(quantization_config)
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True
        self.bias: Variable | None = None

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make kernel and bias for the last axis of `input_shape`."""
        features = known(self, "last axis", input_shape[-1], input_shape)
        self.kernel = ruled_weight(self, "kernel", (features, self.units))
        if self.use_bias:
            self.bias = ruled_weight(self, "bias", (self.units,))
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})
        self._adapt_if_asked()

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return `(batch, ..., units)`."""
        kernel = self.kernel.value
        if (
            self.bias is not None
            and self.activation is activations.relu
            and is_large_product(inputs, kernel, in_one_pass=True)
        ):
            return product_relu(inputs, kernel, self.bias.value)
        outputs = ops.matmul(inputs, kernel)
        if self.bias is not None:
            outputs = ops.add(outputs, self.bias)
        return self.activation(outputs)
