"""Functions that follow a layer's sum: `keras.activations`."""

# Names in paragraphs:
# isort: off
# fmt: off

from hornbeam.activations._activations import exponential, gelu, linear, mish, relu
from hornbeam.activations._get import deserialize, get, serialize
from hornbeam.ops import (
    celu, elu, glu, hard_shrink, hard_sigmoid, hard_silu, hard_tanh, leaky_relu, log_sigmoid, log_softmax, relu6, selu,
    sigmoid, silu, soft_shrink, softmax, softplus, softsign, sparse_plus, sparse_sigmoid, sparsemax, squareplus, tanh,
    tanh_shrink, threshold,
)
from hornbeam.ops import hard_silu as hard_swish
from hornbeam.ops import silu as swish

__all__ = [
    "celu", "deserialize", "elu", "exponential", "gelu", "get", "glu", "hard_shrink", "hard_sigmoid", "hard_silu",
    "hard_swish", "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu",
    "serialize", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid",
    "sparsemax", "squareplus", "swish", "tanh", "tanh_shrink", "threshold",
]
