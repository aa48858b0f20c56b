"""Operations on arrays, Variables and KerasTensors: NumPy's names, and what neural networks add."""

from hornbeam.ops import _operators as _operators
from hornbeam.ops._activation import (
    celu as celu,
)
from hornbeam.ops._activation import (
    elu as elu,
)
from hornbeam.ops._activation import (
    gelu as gelu,
)
from hornbeam.ops._activation import (
    glu as glu,
)
from hornbeam.ops._activation import (
    hard_shrink as hard_shrink,
)
from hornbeam.ops._activation import (
    hard_sigmoid as hard_sigmoid,
)
from hornbeam.ops._activation import (
    hard_silu as hard_silu,
)
from hornbeam.ops._activation import (
    hard_swish as hard_swish,
)
from hornbeam.ops._activation import (
    hard_tanh as hard_tanh,
)
from hornbeam.ops._activation import (
    leaky_relu as leaky_relu,
)
from hornbeam.ops._activation import (
    log_sigmoid as log_sigmoid,
)
from hornbeam.ops._activation import (
    log_softmax as log_softmax,
)
from hornbeam.ops._activation import (
    relu as relu,
)
from hornbeam.ops._activation import (
    relu6 as relu6,
)
from hornbeam.ops._activation import (
    selu as selu,
)
from hornbeam.ops._activation import (
    sigmoid as sigmoid,
)
from hornbeam.ops._activation import (
    silu as silu,
)
from hornbeam.ops._activation import (
    soft_shrink as soft_shrink,
)
from hornbeam.ops._activation import (
    softmax as softmax,
)
from hornbeam.ops._activation import (
    softplus as softplus,
)
from hornbeam.ops._activation import (
    softsign as softsign,
)
from hornbeam.ops._activation import (
    sparse_plus as sparse_plus,
)
from hornbeam.ops._activation import (
    sparse_sigmoid as sparse_sigmoid,
)
from hornbeam.ops._activation import (
    sparsemax as sparsemax,
)
from hornbeam.ops._activation import (
    squareplus as squareplus,
)
from hornbeam.ops._activation import (
    swish as swish,
)
from hornbeam.ops._activation import (
    tanh_shrink as tanh_shrink,
)
from hornbeam.ops._activation import (
    threshold as threshold,
)
from hornbeam.ops._arithmetic import (
    add as add,
)
from hornbeam.ops._arithmetic import (
    arctan2 as arctan2,
)
from hornbeam.ops._arithmetic import (
    divide as divide,
)
from hornbeam.ops._arithmetic import (
    divide_no_nan as divide_no_nan,
)
from hornbeam.ops._arithmetic import (
    floor_divide as floor_divide,
)
from hornbeam.ops._arithmetic import (
    fmax as fmax,
)
from hornbeam.ops._arithmetic import (
    fmin as fmin,
)
from hornbeam.ops._arithmetic import (
    fmod as fmod,
)
from hornbeam.ops._arithmetic import (
    gcd as gcd,
)
from hornbeam.ops._arithmetic import (
    heaviside as heaviside,
)
from hornbeam.ops._arithmetic import (
    hypot as hypot,
)
from hornbeam.ops._arithmetic import (
    lcm as lcm,
)
from hornbeam.ops._arithmetic import (
    ldexp as ldexp,
)
from hornbeam.ops._arithmetic import (
    logaddexp as logaddexp,
)
from hornbeam.ops._arithmetic import (
    logaddexp2 as logaddexp2,
)
from hornbeam.ops._arithmetic import (
    maximum as maximum,
)
from hornbeam.ops._arithmetic import (
    minimum as minimum,
)
from hornbeam.ops._arithmetic import (
    mod as mod,
)
from hornbeam.ops._arithmetic import (
    multiply as multiply,
)
from hornbeam.ops._arithmetic import (
    nextafter as nextafter,
)
from hornbeam.ops._arithmetic import (
    power as power,
)
from hornbeam.ops._arithmetic import (
    subtract as subtract,
)
from hornbeam.ops._arithmetic import (
    true_divide as true_divide,
)
from hornbeam.ops._arrays import (
    cast as cast,
)
from hornbeam.ops._arrays import (
    convert_to_numpy as convert_to_numpy,
)
from hornbeam.ops._arrays import (
    convert_to_tensor as convert_to_tensor,
)
from hornbeam.ops._arrays import (
    dtype as dtype,
)
from hornbeam.ops._arrays import (
    is_tensor as is_tensor,
)
from hornbeam.ops._arrays import (
    ndim as ndim,
)
from hornbeam.ops._arrays import (
    saturate_cast as saturate_cast,
)
from hornbeam.ops._arrays import (
    shape as shape,
)
from hornbeam.ops._arrays import (
    size as size,
)
from hornbeam.ops._arrays import (
    stop_gradient as stop_gradient,
)
from hornbeam.ops._arrays import (
    view as view,
)
from hornbeam.ops._attention import (
    dot_product_attention as dot_product_attention,
)
from hornbeam.ops._contract import (
    cross as cross,
)
from hornbeam.ops._contract import (
    dot as dot,
)
from hornbeam.ops._contract import (
    einsum as einsum,
)
from hornbeam.ops._contract import (
    inner as inner,
)
from hornbeam.ops._contract import (
    kron as kron,
)
from hornbeam.ops._contract import (
    matmul as matmul,
)
from hornbeam.ops._contract import (
    outer as outer,
)
from hornbeam.ops._contract import (
    tensordot as tensordot,
)
from hornbeam.ops._contract import (
    trace as trace,
)
from hornbeam.ops._contract import (
    vdot as vdot,
)
from hornbeam.ops._control import (
    associative_scan as associative_scan,
)
from hornbeam.ops._control import (
    cond as cond,
)
from hornbeam.ops._control import (
    custom_gradient as custom_gradient,
)
from hornbeam.ops._control import (
    fori_loop as fori_loop,
)
from hornbeam.ops._control import (
    jvp as jvp,
)
from hornbeam.ops._control import (
    map as map,
)
from hornbeam.ops._control import (
    scan as scan,
)
from hornbeam.ops._control import (
    switch as switch,
)
from hornbeam.ops._control import (
    vectorize as vectorize,
)
from hornbeam.ops._control import (
    vectorized_map as vectorized_map,
)
from hornbeam.ops._control import (
    while_loop as while_loop,
)
from hornbeam.ops._conv import (
    conv as conv,
)
from hornbeam.ops._conv import (
    conv_transpose as conv_transpose,
)
from hornbeam.ops._conv import (
    depthwise_conv as depthwise_conv,
)
from hornbeam.ops._conv import (
    separable_conv as separable_conv,
)
from hornbeam.ops._create import (
    arange as arange,
)
from hornbeam.ops._create import (
    array as array,
)
from hornbeam.ops._create import (
    empty as empty,
)
from hornbeam.ops._create import (
    empty_like as empty_like,
)
from hornbeam.ops._create import (
    eye as eye,
)
from hornbeam.ops._create import (
    full as full,
)
from hornbeam.ops._create import (
    full_like as full_like,
)
from hornbeam.ops._create import (
    geomspace as geomspace,
)
from hornbeam.ops._create import (
    identity as identity,
)
from hornbeam.ops._create import (
    linspace as linspace,
)
from hornbeam.ops._create import (
    logspace as logspace,
)
from hornbeam.ops._create import (
    ones as ones,
)
from hornbeam.ops._create import (
    ones_like as ones_like,
)
from hornbeam.ops._create import (
    zeros as zeros,
)
from hornbeam.ops._create import (
    zeros_like as zeros_like,
)
from hornbeam.ops._index import (
    get_item as get_item,
)
from hornbeam.ops._index import (
    nonzero as nonzero,
)
from hornbeam.ops._index import (
    scatter as scatter,
)
from hornbeam.ops._index import (
    scatter_update as scatter_update,
)
from hornbeam.ops._index import (
    segment_max as segment_max,
)
from hornbeam.ops._index import (
    segment_min as segment_min,
)
from hornbeam.ops._index import (
    segment_prod as segment_prod,
)
from hornbeam.ops._index import (
    segment_sum as segment_sum,
)
from hornbeam.ops._index import (
    select as select,
)
from hornbeam.ops._index import (
    slice as slice,
)
from hornbeam.ops._index import (
    slice_update as slice_update,
)
from hornbeam.ops._index import (
    take as take,
)
from hornbeam.ops._index import (
    take_along_axis as take_along_axis,
)
from hornbeam.ops._index import (
    unravel_index as unravel_index,
)
from hornbeam.ops._index import (
    where as where,
)
from hornbeam.ops._join import (
    append as append,
)
from hornbeam.ops._join import (
    array_split as array_split,
)
from hornbeam.ops._join import (
    concatenate as concatenate,
)
from hornbeam.ops._join import (
    dsplit as dsplit,
)
from hornbeam.ops._join import (
    dstack as dstack,
)
from hornbeam.ops._join import (
    hsplit as hsplit,
)
from hornbeam.ops._join import (
    hstack as hstack,
)
from hornbeam.ops._join import (
    split as split,
)
from hornbeam.ops._join import (
    stack as stack,
)
from hornbeam.ops._join import (
    unstack as unstack,
)
from hornbeam.ops._join import (
    vsplit as vsplit,
)
from hornbeam.ops._join import (
    vstack as vstack,
)
from hornbeam.ops._linalg import (
    cholesky as cholesky,
)
from hornbeam.ops._linalg import (
    cholesky_inverse as cholesky_inverse,
)
from hornbeam.ops._linalg import (
    det as det,
)
from hornbeam.ops._linalg import (
    eig as eig,
)
from hornbeam.ops._linalg import (
    eigh as eigh,
)
from hornbeam.ops._linalg import (
    inv as inv,
)
from hornbeam.ops._linalg import (
    logdet as logdet,
)
from hornbeam.ops._linalg import (
    lstsq as lstsq,
)
from hornbeam.ops._linalg import (
    lu_factor as lu_factor,
)
from hornbeam.ops._linalg import (
    matrix_rank as matrix_rank,
)
from hornbeam.ops._linalg import (
    norm as norm,
)
from hornbeam.ops._linalg import (
    pinv as pinv,
)
from hornbeam.ops._linalg import (
    qr as qr,
)
from hornbeam.ops._linalg import (
    slogdet as slogdet,
)
from hornbeam.ops._linalg import (
    solve as solve,
)
from hornbeam.ops._linalg import (
    solve_triangular as solve_triangular,
)
from hornbeam.ops._linalg import (
    svd as svd,
)
from hornbeam.ops._logic import (
    allclose as allclose,
)
from hornbeam.ops._logic import (
    bitwise_and as bitwise_and,
)
from hornbeam.ops._logic import (
    bitwise_invert as bitwise_invert,
)
from hornbeam.ops._logic import (
    bitwise_left_shift as bitwise_left_shift,
)
from hornbeam.ops._logic import (
    bitwise_not as bitwise_not,
)
from hornbeam.ops._logic import (
    bitwise_or as bitwise_or,
)
from hornbeam.ops._logic import (
    bitwise_right_shift as bitwise_right_shift,
)
from hornbeam.ops._logic import (
    bitwise_xor as bitwise_xor,
)
from hornbeam.ops._logic import (
    equal as equal,
)
from hornbeam.ops._logic import (
    greater as greater,
)
from hornbeam.ops._logic import (
    greater_equal as greater_equal,
)
from hornbeam.ops._logic import (
    isclose as isclose,
)
from hornbeam.ops._logic import (
    isfinite as isfinite,
)
from hornbeam.ops._logic import (
    isinf as isinf,
)
from hornbeam.ops._logic import (
    isnan as isnan,
)
from hornbeam.ops._logic import (
    isneginf as isneginf,
)
from hornbeam.ops._logic import (
    isposinf as isposinf,
)
from hornbeam.ops._logic import (
    isreal as isreal,
)
from hornbeam.ops._logic import (
    left_shift as left_shift,
)
from hornbeam.ops._logic import (
    less as less,
)
from hornbeam.ops._logic import (
    less_equal as less_equal,
)
from hornbeam.ops._logic import (
    logical_and as logical_and,
)
from hornbeam.ops._logic import (
    logical_not as logical_not,
)
from hornbeam.ops._logic import (
    logical_or as logical_or,
)
from hornbeam.ops._logic import (
    logical_xor as logical_xor,
)
from hornbeam.ops._logic import (
    not_equal as not_equal,
)
from hornbeam.ops._logic import (
    right_shift as right_shift,
)
from hornbeam.ops._logic import (
    signbit as signbit,
)
from hornbeam.ops._math import (
    arccos as arccos,
)
from hornbeam.ops._math import (
    arccosh as arccosh,
)
from hornbeam.ops._math import (
    arcsin as arcsin,
)
from hornbeam.ops._math import (
    arcsinh as arcsinh,
)
from hornbeam.ops._math import (
    arctan as arctan,
)
from hornbeam.ops._math import (
    arctanh as arctanh,
)
from hornbeam.ops._math import (
    cbrt as cbrt,
)
from hornbeam.ops._math import (
    cos as cos,
)
from hornbeam.ops._math import (
    cosh as cosh,
)
from hornbeam.ops._math import (
    deg2rad as deg2rad,
)
from hornbeam.ops._math import (
    erf as erf,
)
from hornbeam.ops._math import (
    erfc as erfc,
)
from hornbeam.ops._math import (
    erfinv as erfinv,
)
from hornbeam.ops._math import (
    exp as exp,
)
from hornbeam.ops._math import (
    exp2 as exp2,
)
from hornbeam.ops._math import (
    expm1 as expm1,
)
from hornbeam.ops._math import (
    i0 as i0,
)
from hornbeam.ops._math import (
    log as log,
)
from hornbeam.ops._math import (
    log1p as log1p,
)
from hornbeam.ops._math import (
    log2 as log2,
)
from hornbeam.ops._math import (
    log10 as log10,
)
from hornbeam.ops._math import (
    rad2deg as rad2deg,
)
from hornbeam.ops._math import (
    rsqrt as rsqrt,
)
from hornbeam.ops._math import (
    sin as sin,
)
from hornbeam.ops._math import (
    sinc as sinc,
)
from hornbeam.ops._math import (
    sinh as sinh,
)
from hornbeam.ops._math import (
    sqrt as sqrt,
)
from hornbeam.ops._math import (
    tan as tan,
)
from hornbeam.ops._math import (
    tanh as tanh,
)
from hornbeam.ops._matrix import (
    cdist as cdist,
)
from hornbeam.ops._matrix import (
    corrcoef as corrcoef,
)
from hornbeam.ops._matrix import (
    diag as diag,
)
from hornbeam.ops._matrix import (
    diagflat as diagflat,
)
from hornbeam.ops._matrix import (
    diagonal as diagonal,
)
from hornbeam.ops._matrix import (
    meshgrid as meshgrid,
)
from hornbeam.ops._matrix import (
    tri as tri,
)
from hornbeam.ops._matrix import (
    tril as tril,
)
from hornbeam.ops._matrix import (
    triu as triu,
)
from hornbeam.ops._matrix import (
    vander as vander,
)
from hornbeam.ops._nan import (
    nanargmax as nanargmax,
)
from hornbeam.ops._nan import (
    nanargmin as nanargmin,
)
from hornbeam.ops._nan import (
    nancumprod as nancumprod,
)
from hornbeam.ops._nan import (
    nancumsum as nancumsum,
)
from hornbeam.ops._nan import (
    nanmax as nanmax,
)
from hornbeam.ops._nan import (
    nanmean as nanmean,
)
from hornbeam.ops._nan import (
    nanmedian as nanmedian,
)
from hornbeam.ops._nan import (
    nanmin as nanmin,
)
from hornbeam.ops._nan import (
    nanpercentile as nanpercentile,
)
from hornbeam.ops._nan import (
    nanprod as nanprod,
)
from hornbeam.ops._nan import (
    nanquantile as nanquantile,
)
from hornbeam.ops._nan import (
    nanstd as nanstd,
)
from hornbeam.ops._nan import (
    nansum as nansum,
)
from hornbeam.ops._nan import (
    nanvar as nanvar,
)
from hornbeam.ops._nn import (
    batch_normalization as batch_normalization,
)
from hornbeam.ops._nn import (
    binary_crossentropy as binary_crossentropy,
)
from hornbeam.ops._nn import (
    categorical_crossentropy as categorical_crossentropy,
)
from hornbeam.ops._nn import (
    layer_normalization as layer_normalization,
)
from hornbeam.ops._nn import (
    multi_hot as multi_hot,
)
from hornbeam.ops._nn import (
    normalize as normalize,
)
from hornbeam.ops._nn import (
    one_hot as one_hot,
)
from hornbeam.ops._nn import (
    polar as polar,
)
from hornbeam.ops._nn import (
    psnr as psnr,
)
from hornbeam.ops._nn import (
    rms_normalization as rms_normalization,
)
from hornbeam.ops._nn import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from hornbeam.ops._patches import (
    depth_to_space as depth_to_space,
)
from hornbeam.ops._patches import (
    fold as fold,
)
from hornbeam.ops._patches import (
    space_to_depth as space_to_depth,
)
from hornbeam.ops._patches import (
    unfold as unfold,
)
from hornbeam.ops._pool import (
    adaptive_average_pool as adaptive_average_pool,
)
from hornbeam.ops._pool import (
    adaptive_max_pool as adaptive_max_pool,
)
from hornbeam.ops._pool import (
    average_pool as average_pool,
)
from hornbeam.ops._pool import (
    max_pool as max_pool,
)
from hornbeam.ops._rearrange import (
    rearrange as rearrange,
)
from hornbeam.ops._reduce import (
    all as all,
)
from hornbeam.ops._reduce import (
    amax as amax,
)
from hornbeam.ops._reduce import (
    amin as amin,
)
from hornbeam.ops._reduce import (
    any as any,
)
from hornbeam.ops._reduce import (
    argmax as argmax,
)
from hornbeam.ops._reduce import (
    argmin as argmin,
)
from hornbeam.ops._reduce import (
    average as average,
)
from hornbeam.ops._reduce import (
    count_nonzero as count_nonzero,
)
from hornbeam.ops._reduce import (
    logsumexp as logsumexp,
)
from hornbeam.ops._reduce import (
    max as max,
)
from hornbeam.ops._reduce import (
    mean as mean,
)
from hornbeam.ops._reduce import (
    median as median,
)
from hornbeam.ops._reduce import (
    min as min,
)
from hornbeam.ops._reduce import (
    moments as moments,
)
from hornbeam.ops._reduce import (
    percentile as percentile,
)
from hornbeam.ops._reduce import (
    prod as prod,
)
from hornbeam.ops._reduce import (
    ptp as ptp,
)
from hornbeam.ops._reduce import (
    quantile as quantile,
)
from hornbeam.ops._reduce import (
    std as std,
)
from hornbeam.ops._reduce import (
    sum as sum,
)
from hornbeam.ops._reduce import (
    var as var,
)
from hornbeam.ops._running import (
    cumprod as cumprod,
)
from hornbeam.ops._running import (
    cumsum as cumsum,
)
from hornbeam.ops._running import (
    diff as diff,
)
from hornbeam.ops._running import (
    trapezoid as trapezoid,
)
from hornbeam.ops._shape import (
    broadcast_to as broadcast_to,
)
from hornbeam.ops._shape import (
    expand_dims as expand_dims,
)
from hornbeam.ops._shape import (
    flip as flip,
)
from hornbeam.ops._shape import (
    fliplr as fliplr,
)
from hornbeam.ops._shape import (
    flipud as flipud,
)
from hornbeam.ops._shape import (
    moveaxis as moveaxis,
)
from hornbeam.ops._shape import (
    pad as pad,
)
from hornbeam.ops._shape import (
    ravel as ravel,
)
from hornbeam.ops._shape import (
    repeat as repeat,
)
from hornbeam.ops._shape import (
    reshape as reshape,
)
from hornbeam.ops._shape import (
    roll as roll,
)
from hornbeam.ops._shape import (
    rot90 as rot90,
)
from hornbeam.ops._shape import (
    squeeze as squeeze,
)
from hornbeam.ops._shape import (
    swapaxes as swapaxes,
)
from hornbeam.ops._shape import (
    tile as tile,
)
from hornbeam.ops._shape import (
    transpose as transpose,
)
from hornbeam.ops._signal import (
    bartlett as bartlett,
)
from hornbeam.ops._signal import (
    blackman as blackman,
)
from hornbeam.ops._signal import (
    correlate as correlate,
)
from hornbeam.ops._signal import (
    extract_sequences as extract_sequences,
)
from hornbeam.ops._signal import (
    fft as fft,
)
from hornbeam.ops._signal import (
    fft2 as fft2,
)
from hornbeam.ops._signal import (
    hamming as hamming,
)
from hornbeam.ops._signal import (
    hanning as hanning,
)
from hornbeam.ops._signal import (
    ifft2 as ifft2,
)
from hornbeam.ops._signal import (
    irfft as irfft,
)
from hornbeam.ops._signal import (
    istft as istft,
)
from hornbeam.ops._signal import (
    kaiser as kaiser,
)
from hornbeam.ops._signal import (
    rfft as rfft,
)
from hornbeam.ops._signal import (
    stft as stft,
)
from hornbeam.ops._sort import (
    argpartition as argpartition,
)
from hornbeam.ops._sort import (
    argsort as argsort,
)
from hornbeam.ops._sort import (
    bincount as bincount,
)
from hornbeam.ops._sort import (
    digitize as digitize,
)
from hornbeam.ops._sort import (
    histogram as histogram,
)
from hornbeam.ops._sort import (
    in_top_k as in_top_k,
)
from hornbeam.ops._sort import (
    isin as isin,
)
from hornbeam.ops._sort import (
    searchsorted as searchsorted,
)
from hornbeam.ops._sort import (
    sort as sort,
)
from hornbeam.ops._sort import (
    top_k as top_k,
)
from hornbeam.ops._sort import (
    unique as unique,
)
from hornbeam.ops._unary import (
    abs as abs,
)
from hornbeam.ops._unary import (
    absolute as absolute,
)
from hornbeam.ops._unary import (
    angle as angle,
)
from hornbeam.ops._unary import (
    ceil as ceil,
)
from hornbeam.ops._unary import (
    clip as clip,
)
from hornbeam.ops._unary import (
    conj as conj,
)
from hornbeam.ops._unary import (
    conjugate as conjugate,
)
from hornbeam.ops._unary import (
    copy as copy,
)
from hornbeam.ops._unary import (
    fabs as fabs,
)
from hornbeam.ops._unary import (
    floor as floor,
)
from hornbeam.ops._unary import (
    imag as imag,
)
from hornbeam.ops._unary import (
    nan_to_num as nan_to_num,
)
from hornbeam.ops._unary import (
    negative as negative,
)
from hornbeam.ops._unary import (
    real as real,
)
from hornbeam.ops._unary import (
    reciprocal as reciprocal,
)
from hornbeam.ops._unary import (
    round as round,
)
from hornbeam.ops._unary import (
    sign as sign,
)
from hornbeam.ops._unary import (
    square as square,
)
from hornbeam.ops._unary import (
    trunc as trunc,
)
from hornbeam.ops._unary import (
    view_as_complex as view_as_complex,
)
from hornbeam.ops._unary import (
    view_as_real as view_as_real,
)
