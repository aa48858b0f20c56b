"""The functions of `keras.backend` in Keras 1 and 2, over arrays, Variables and symbolic tensors: usually named `K`."""

# Names in paragraphs:
# isort: off
# fmt: off

from hornbeam._core.config import (epsilon, floatx, image_data_format, set_epsilon, set_floatx, set_image_data_format)
from hornbeam.backend import (clear_session, get_uid, is_keras_tensor)
from hornbeam.legacy.backend._math import (
    abs, all, any, argmax, argmin, batch_dot, cast, cast_to_floatx, clip, cos, cumprod, cumsum, dot, elu, equal, exp,
    greater, greater_equal, hard_sigmoid, l2_normalize, less, less_equal, log, logsumexp, max, maximum, mean, min,
    minimum, not_equal, pow, prod, relu, round, sigmoid, sign, sin, softmax, softplus, softsign, sqrt, square, std,
    stop_gradient, sum, tanh, var,
)
from hornbeam.legacy.backend._nn import (
    batch_normalization, bias_add, binary_crossentropy, categorical_crossentropy, conv1d, conv2d, conv3d,
    depthwise_conv2d, in_top_k, normalize_batch_in_training, pool2d, pool3d, separable_conv2d,
    sparse_categorical_crossentropy,
)
from hornbeam.legacy.backend._random import (
    dropout, random_binomial, random_normal, random_normal_variable, random_uniform, random_uniform_variable,
    truncated_normal,
)
from hornbeam.legacy.backend._shapes import (
    arange, batch_flatten, concatenate, constant, count_params, dtype, expand_dims, eye, flatten, gather, int_shape,
    is_placeholder, is_sparse, is_tensor, ndim, one_hot, ones, ones_like, permute_dimensions, repeat, repeat_elements,
    reshape, resize_images, reverse, shape, slice, spatial_2d_padding, spatial_3d_padding, squeeze, stack,
    temporal_padding, tile, transpose, zeros, zeros_like,
)
from hornbeam.legacy.backend._state import (
    backend, batch_get_value, batch_set_value, eval, function, get_value, identity, image_dim_ordering, in_test_phase,
    in_train_phase, learning_phase, map_fn, moving_average_update, name_scope, placeholder, print_tensor, reset_uids,
    set_image_dim_ordering, set_learning_phase, set_value, switch, update, update_add, update_sub, variable,
)

__all__ = [
    "abs", "all", "any", "arange", "argmax", "argmin", "backend", "batch_dot", "batch_flatten", "batch_get_value",
    "batch_normalization", "batch_set_value", "bias_add", "binary_crossentropy", "cast", "cast_to_floatx",
    "categorical_crossentropy", "clear_session", "clip", "concatenate", "constant", "conv1d", "conv2d", "conv3d", "cos",
    "count_params", "cumprod", "cumsum", "depthwise_conv2d", "dot", "dropout", "dtype", "elu", "epsilon", "equal",
    "eval", "exp", "expand_dims", "eye", "flatten", "floatx", "function", "gather", "get_uid", "get_value", "greater",
    "greater_equal", "hard_sigmoid", "identity", "image_data_format", "image_dim_ordering", "in_test_phase", "in_top_k",
    "in_train_phase", "int_shape", "is_keras_tensor", "is_placeholder", "is_sparse", "is_tensor", "l2_normalize",
    "learning_phase", "less", "less_equal", "log", "logsumexp", "map_fn", "max", "maximum", "mean", "min", "minimum",
    "moving_average_update", "name_scope", "ndim", "normalize_batch_in_training", "not_equal", "one_hot", "ones",
    "ones_like", "permute_dimensions", "placeholder", "pool2d", "pool3d", "pow", "print_tensor", "prod",
    "random_binomial", "random_normal", "random_normal_variable", "random_uniform", "random_uniform_variable", "relu",
    "repeat", "repeat_elements", "reset_uids", "reshape", "resize_images", "reverse", "round", "separable_conv2d",
    "set_epsilon", "set_floatx", "set_image_data_format", "set_image_dim_ordering", "set_learning_phase", "set_value",
    "shape", "sigmoid", "sign", "sin", "slice", "softmax", "softplus", "softsign", "sparse_categorical_crossentropy",
    "spatial_2d_padding", "spatial_3d_padding", "sqrt", "square", "squeeze", "stack", "std", "stop_gradient", "sum",
    "switch", "tanh", "temporal_padding", "tile", "transpose", "truncated_normal", "update", "update_add", "update_sub",
    "var", "variable", "zeros", "zeros_like",
]
