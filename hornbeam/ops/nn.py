"""What neural networks add to NumPy."""

# Names in paragraphs:
# isort: off
# fmt: off

from hornbeam.ops._activation import (
    celu, elu, gelu, glu, hard_shrink, hard_sigmoid, hard_silu, hard_swish, hard_tanh, leaky_relu, log_sigmoid,
    log_softmax, relu, relu6, selu, sigmoid, silu, soft_shrink, softmax, softplus, softsign, sparse_plus,
    sparse_sigmoid, sparsemax, squareplus, swish, tanh_shrink, threshold,
)
from hornbeam.ops._attention import dot_product_attention
from hornbeam.ops._conv import conv, conv_transpose, depthwise_conv, separable_conv
from hornbeam.ops._ctc import ctc_decode, ctc_loss
from hornbeam.ops._nn import (
    batch_normalization, binary_crossentropy, categorical_crossentropy, layer_normalization, multi_hot, normalize,
    one_hot, polar, psnr, rms_normalization, sparse_categorical_crossentropy,
)
from hornbeam.ops._patches import depth_to_space, fold, space_to_depth, unfold
from hornbeam.ops._pool import adaptive_average_pool, adaptive_max_pool, average_pool, max_pool
from hornbeam.ops._reduce import moments

__all__ = [
    "adaptive_average_pool", "adaptive_max_pool", "average_pool", "batch_normalization", "binary_crossentropy",
    "categorical_crossentropy", "celu", "conv", "conv_transpose", "ctc_decode", "ctc_loss", "depth_to_space",
    "depthwise_conv", "dot_product_attention", "elu", "fold", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu",
    "hard_swish", "hard_tanh", "layer_normalization", "leaky_relu", "log_sigmoid", "log_softmax", "max_pool", "moments",
    "multi_hot", "normalize", "one_hot", "polar", "psnr", "relu", "relu6", "rms_normalization", "selu",
    "separable_conv", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign", "space_to_depth",
    "sparse_categorical_crossentropy", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish",
    "tanh_shrink", "threshold", "unfold",
]
