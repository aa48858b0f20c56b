"""The functions of `keras.backend` in Keras 1 and 2, over arrays, Variables and symbolic tensors: usually named `K`."""

from hornbeam._core.config import (
    epsilon as epsilon,
)
from hornbeam._core.config import (
    floatx as floatx,
)
from hornbeam._core.config import (
    image_data_format as image_data_format,
)
from hornbeam._core.config import (
    set_epsilon as set_epsilon,
)
from hornbeam._core.config import (
    set_floatx as set_floatx,
)
from hornbeam._core.config import (
    set_image_data_format as set_image_data_format,
)
from hornbeam.backend import (
    clear_session as clear_session,
)
from hornbeam.backend import (
    get_uid as get_uid,
)
from hornbeam.backend import (
    is_keras_tensor as is_keras_tensor,
)
from hornbeam.legacy.backend._math import (
    abs as abs,
)
from hornbeam.legacy.backend._math import (
    all as all,
)
from hornbeam.legacy.backend._math import (
    any as any,
)
from hornbeam.legacy.backend._math import (
    argmax as argmax,
)
from hornbeam.legacy.backend._math import (
    argmin as argmin,
)
from hornbeam.legacy.backend._math import (
    batch_dot as batch_dot,
)
from hornbeam.legacy.backend._math import (
    cast as cast,
)
from hornbeam.legacy.backend._math import (
    cast_to_floatx as cast_to_floatx,
)
from hornbeam.legacy.backend._math import (
    clip as clip,
)
from hornbeam.legacy.backend._math import (
    cos as cos,
)
from hornbeam.legacy.backend._math import (
    cumprod as cumprod,
)
from hornbeam.legacy.backend._math import (
    cumsum as cumsum,
)
from hornbeam.legacy.backend._math import (
    dot as dot,
)
from hornbeam.legacy.backend._math import (
    elu as elu,
)
from hornbeam.legacy.backend._math import (
    equal as equal,
)
from hornbeam.legacy.backend._math import (
    exp as exp,
)
from hornbeam.legacy.backend._math import (
    greater as greater,
)
from hornbeam.legacy.backend._math import (
    greater_equal as greater_equal,
)
from hornbeam.legacy.backend._math import (
    hard_sigmoid as hard_sigmoid,
)
from hornbeam.legacy.backend._math import (
    l2_normalize as l2_normalize,
)
from hornbeam.legacy.backend._math import (
    less as less,
)
from hornbeam.legacy.backend._math import (
    less_equal as less_equal,
)
from hornbeam.legacy.backend._math import (
    log as log,
)
from hornbeam.legacy.backend._math import (
    logsumexp as logsumexp,
)
from hornbeam.legacy.backend._math import (
    max as max,
)
from hornbeam.legacy.backend._math import (
    maximum as maximum,
)
from hornbeam.legacy.backend._math import (
    mean as mean,
)
from hornbeam.legacy.backend._math import (
    min as min,
)
from hornbeam.legacy.backend._math import (
    minimum as minimum,
)
from hornbeam.legacy.backend._math import (
    not_equal as not_equal,
)
from hornbeam.legacy.backend._math import (
    pow as pow,
)
from hornbeam.legacy.backend._math import (
    prod as prod,
)
from hornbeam.legacy.backend._math import (
    relu as relu,
)
from hornbeam.legacy.backend._math import (
    round as round,
)
from hornbeam.legacy.backend._math import (
    sigmoid as sigmoid,
)
from hornbeam.legacy.backend._math import (
    sign as sign,
)
from hornbeam.legacy.backend._math import (
    sin as sin,
)
from hornbeam.legacy.backend._math import (
    softmax as softmax,
)
from hornbeam.legacy.backend._math import (
    softplus as softplus,
)
from hornbeam.legacy.backend._math import (
    softsign as softsign,
)
from hornbeam.legacy.backend._math import (
    sqrt as sqrt,
)
from hornbeam.legacy.backend._math import (
    square as square,
)
from hornbeam.legacy.backend._math import (
    std as std,
)
from hornbeam.legacy.backend._math import (
    stop_gradient as stop_gradient,
)
from hornbeam.legacy.backend._math import (
    sum as sum,
)
from hornbeam.legacy.backend._math import (
    tanh as tanh,
)
from hornbeam.legacy.backend._math import (
    var as var,
)
from hornbeam.legacy.backend._nn import (
    batch_normalization as batch_normalization,
)
from hornbeam.legacy.backend._nn import (
    bias_add as bias_add,
)
from hornbeam.legacy.backend._nn import (
    binary_crossentropy as binary_crossentropy,
)
from hornbeam.legacy.backend._nn import (
    categorical_crossentropy as categorical_crossentropy,
)
from hornbeam.legacy.backend._nn import (
    conv1d as conv1d,
)
from hornbeam.legacy.backend._nn import (
    conv2d as conv2d,
)
from hornbeam.legacy.backend._nn import (
    conv3d as conv3d,
)
from hornbeam.legacy.backend._nn import (
    depthwise_conv2d as depthwise_conv2d,
)
from hornbeam.legacy.backend._nn import (
    dropout as dropout,
)
from hornbeam.legacy.backend._nn import (
    in_top_k as in_top_k,
)
from hornbeam.legacy.backend._nn import (
    normalize_batch_in_training as normalize_batch_in_training,
)
from hornbeam.legacy.backend._nn import (
    pool2d as pool2d,
)
from hornbeam.legacy.backend._nn import (
    pool3d as pool3d,
)
from hornbeam.legacy.backend._nn import (
    separable_conv2d as separable_conv2d,
)
from hornbeam.legacy.backend._nn import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from hornbeam.legacy.backend._shapes import (
    arange as arange,
)
from hornbeam.legacy.backend._shapes import (
    batch_flatten as batch_flatten,
)
from hornbeam.legacy.backend._shapes import (
    concatenate as concatenate,
)
from hornbeam.legacy.backend._shapes import (
    constant as constant,
)
from hornbeam.legacy.backend._shapes import (
    count_params as count_params,
)
from hornbeam.legacy.backend._shapes import (
    dtype as dtype,
)
from hornbeam.legacy.backend._shapes import (
    expand_dims as expand_dims,
)
from hornbeam.legacy.backend._shapes import (
    eye as eye,
)
from hornbeam.legacy.backend._shapes import (
    flatten as flatten,
)
from hornbeam.legacy.backend._shapes import (
    gather as gather,
)
from hornbeam.legacy.backend._shapes import (
    int_shape as int_shape,
)
from hornbeam.legacy.backend._shapes import (
    is_placeholder as is_placeholder,
)
from hornbeam.legacy.backend._shapes import (
    is_sparse as is_sparse,
)
from hornbeam.legacy.backend._shapes import (
    is_tensor as is_tensor,
)
from hornbeam.legacy.backend._shapes import (
    ndim as ndim,
)
from hornbeam.legacy.backend._shapes import (
    one_hot as one_hot,
)
from hornbeam.legacy.backend._shapes import (
    ones as ones,
)
from hornbeam.legacy.backend._shapes import (
    ones_like as ones_like,
)
from hornbeam.legacy.backend._shapes import (
    permute_dimensions as permute_dimensions,
)
from hornbeam.legacy.backend._shapes import (
    repeat as repeat,
)
from hornbeam.legacy.backend._shapes import (
    repeat_elements as repeat_elements,
)
from hornbeam.legacy.backend._shapes import (
    reshape as reshape,
)
from hornbeam.legacy.backend._shapes import (
    resize_images as resize_images,
)
from hornbeam.legacy.backend._shapes import (
    reverse as reverse,
)
from hornbeam.legacy.backend._shapes import (
    shape as shape,
)
from hornbeam.legacy.backend._shapes import (
    slice as slice,
)
from hornbeam.legacy.backend._shapes import (
    spatial_2d_padding as spatial_2d_padding,
)
from hornbeam.legacy.backend._shapes import (
    spatial_3d_padding as spatial_3d_padding,
)
from hornbeam.legacy.backend._shapes import (
    squeeze as squeeze,
)
from hornbeam.legacy.backend._shapes import (
    stack as stack,
)
from hornbeam.legacy.backend._shapes import (
    temporal_padding as temporal_padding,
)
from hornbeam.legacy.backend._shapes import (
    tile as tile,
)
from hornbeam.legacy.backend._shapes import (
    transpose as transpose,
)
from hornbeam.legacy.backend._shapes import (
    zeros as zeros,
)
from hornbeam.legacy.backend._shapes import (
    zeros_like as zeros_like,
)
from hornbeam.legacy.backend._state import (
    backend as backend,
)
from hornbeam.legacy.backend._state import (
    batch_get_value as batch_get_value,
)
from hornbeam.legacy.backend._state import (
    batch_set_value as batch_set_value,
)
from hornbeam.legacy.backend._state import (
    eval as eval,
)
from hornbeam.legacy.backend._state import (
    function as function,
)
from hornbeam.legacy.backend._state import (
    get_value as get_value,
)
from hornbeam.legacy.backend._state import (
    identity as identity,
)
from hornbeam.legacy.backend._state import (
    image_dim_ordering as image_dim_ordering,
)
from hornbeam.legacy.backend._state import (
    in_test_phase as in_test_phase,
)
from hornbeam.legacy.backend._state import (
    in_train_phase as in_train_phase,
)
from hornbeam.legacy.backend._state import (
    learning_phase as learning_phase,
)
from hornbeam.legacy.backend._state import (
    map_fn as map_fn,
)
from hornbeam.legacy.backend._state import (
    moving_average_update as moving_average_update,
)
from hornbeam.legacy.backend._state import (
    name_scope as name_scope,
)
from hornbeam.legacy.backend._state import (
    placeholder as placeholder,
)
from hornbeam.legacy.backend._state import (
    print_tensor as print_tensor,
)
from hornbeam.legacy.backend._state import (
    random_binomial as random_binomial,
)
from hornbeam.legacy.backend._state import (
    random_normal as random_normal,
)
from hornbeam.legacy.backend._state import (
    random_normal_variable as random_normal_variable,
)
from hornbeam.legacy.backend._state import (
    random_uniform as random_uniform,
)
from hornbeam.legacy.backend._state import (
    random_uniform_variable as random_uniform_variable,
)
from hornbeam.legacy.backend._state import (
    reset_uids as reset_uids,
)
from hornbeam.legacy.backend._state import (
    set_image_dim_ordering as set_image_dim_ordering,
)
from hornbeam.legacy.backend._state import (
    set_learning_phase as set_learning_phase,
)
from hornbeam.legacy.backend._state import (
    set_value as set_value,
)
from hornbeam.legacy.backend._state import (
    switch as switch,
)
from hornbeam.legacy.backend._state import (
    truncated_normal as truncated_normal,
)
from hornbeam.legacy.backend._state import (
    update as update,
)
from hornbeam.legacy.backend._state import (
    update_add as update_add,
)
from hornbeam.legacy.backend._state import (
    update_sub as update_sub,
)
from hornbeam.legacy.backend._state import (
    variable as variable,
)
