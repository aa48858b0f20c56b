"""NumPy's functions."""

# Names in paragraphs:
# isort: off
# fmt: off

from hornbeam.ops._arithmetic import (
    add, arctan2, divide, divide_no_nan, floor_divide, fmax, fmin, fmod, gcd, heaviside, hypot, lcm, ldexp, logaddexp,
    logaddexp2, maximum, minimum, mod, multiply, nextafter, power, subtract, true_divide,
)
from hornbeam.ops._arrays import ndim, size, view
from hornbeam.ops._contract import cross, dot, einsum, inner, kron, matmul, outer, tensordot, trace, vdot
from hornbeam.ops._control import vectorize
from hornbeam.ops._create import (
    arange, array, empty, empty_like, eye, full, full_like, geomspace, identity, linspace, logspace, ones, ones_like,
    zeros, zeros_like,
)
from hornbeam.ops._index import get_item, nonzero, select, take, take_along_axis, unravel_index, where
from hornbeam.ops._join import (
    append, array_split, concatenate, dsplit, dstack, hsplit, hstack, split, stack, vsplit, vstack,
)
from hornbeam.ops._linalg import slogdet
from hornbeam.ops._logic import (
    allclose, bitwise_and, bitwise_invert, bitwise_left_shift, bitwise_not, bitwise_or, bitwise_right_shift,
    bitwise_xor, equal, greater, greater_equal, isclose, isfinite, isinf, isnan, isneginf, isposinf, isreal, left_shift,
    less, less_equal, logical_and, logical_not, logical_or, logical_xor, not_equal, right_shift, signbit,
)
from hornbeam.ops._math import (
    arccos, arccosh, arcsin, arcsinh, arctan, arctanh, cbrt, cos, cosh, deg2rad, exp, exp2, expm1, i0, log, log1p, log2,
    log10, rad2deg, sin, sinc, sinh, sqrt, tan, tanh,
)
from hornbeam.ops._matrix import corrcoef, diag, diagflat, diagonal, meshgrid, tri, tril, triu, vander
from hornbeam.ops._nan import (
    nanargmax, nanargmin, nancumprod, nancumsum, nanmax, nanmean, nanmedian, nanmin, nanpercentile, nanprod,
    nanquantile, nanstd, nansum, nanvar,
)
from hornbeam.ops._reduce import (
    all, amax, amin, any, argmax, argmin, average, count_nonzero, max, mean, median, min, percentile, prod, ptp,
    quantile, std, sum, var,
)
from hornbeam.ops._running import cumprod, cumsum, diff, trapezoid
from hornbeam.ops._shape import (
    broadcast_to, expand_dims, flip, fliplr, flipud, moveaxis, pad, ravel, repeat, reshape, roll, rot90, squeeze,
    swapaxes, tile, transpose,
)
from hornbeam.ops._signal import bartlett, blackman, correlate, hamming, hanning, kaiser
from hornbeam.ops._sort import argpartition, argsort, bincount, digitize, histogram, isin, searchsorted, sort, unique
from hornbeam.ops._unary import (
    abs, absolute, angle, ceil, clip, conj, conjugate, copy, fabs, floor, imag, nan_to_num, negative, real, reciprocal,
    round, sign, square, trunc,
)

__all__ = [
    "abs", "absolute", "add", "all", "allclose", "amax", "amin", "angle", "any", "append", "arange", "arccos",
    "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "argmax", "argmin", "argpartition", "argsort",
    "array", "array_split", "average", "bartlett", "bincount", "bitwise_and", "bitwise_invert", "bitwise_left_shift",
    "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "blackman", "broadcast_to", "cbrt", "ceil",
    "clip", "concatenate", "conj", "conjugate", "copy", "corrcoef", "correlate", "cos", "cosh", "count_nonzero",
    "cross", "cumprod", "cumsum", "deg2rad", "diag", "diagflat", "diagonal", "diff", "digitize", "divide",
    "divide_no_nan", "dot", "dsplit", "dstack", "einsum", "empty", "empty_like", "equal", "exp", "exp2", "expand_dims",
    "expm1", "eye", "fabs", "flip", "fliplr", "flipud", "floor", "floor_divide", "fmax", "fmin", "fmod", "full",
    "full_like", "gcd", "geomspace", "get_item", "greater", "greater_equal", "hamming", "hanning", "heaviside",
    "histogram", "hsplit", "hstack", "hypot", "i0", "identity", "imag", "inner", "isclose", "isfinite", "isin", "isinf",
    "isnan", "isneginf", "isposinf", "isreal", "kaiser", "kron", "lcm", "ldexp", "left_shift", "less", "less_equal",
    "linspace", "log", "log1p", "log2", "log10", "logaddexp", "logaddexp2", "logical_and", "logical_not", "logical_or",
    "logical_xor", "logspace", "matmul", "max", "maximum", "mean", "median", "meshgrid", "min", "minimum", "mod",
    "moveaxis", "multiply", "nan_to_num", "nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean",
    "nanmedian", "nanmin", "nanpercentile", "nanprod", "nanquantile", "nanstd", "nansum", "nanvar", "ndim", "negative",
    "nextafter", "nonzero", "not_equal", "ones", "ones_like", "outer", "pad", "percentile", "power", "prod", "ptp",
    "quantile", "rad2deg", "ravel", "real", "reciprocal", "repeat", "reshape", "right_shift", "roll", "rot90", "round",
    "searchsorted", "select", "sign", "signbit", "sin", "sinc", "sinh", "size", "slogdet", "sort", "split", "sqrt",
    "square", "squeeze", "stack", "std", "subtract", "sum", "swapaxes", "take", "take_along_axis", "tan", "tanh",
    "tensordot", "tile", "trace", "transpose", "trapezoid", "tri", "tril", "triu", "true_divide", "trunc", "unique",
    "unravel_index", "vander", "var", "vdot", "vectorize", "view", "vsplit", "vstack", "where", "zeros", "zeros_like",
]
