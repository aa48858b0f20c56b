"""The table of operations that test_ops.py checks against Keras: one row, or one line of names, each."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

FLOATS = ("float32", "bfloat16")
ALL = ("float32", "bfloat16", "int32", "bool")
WHOLE = ("int32", "bool")


class A(NamedTuple):
    """Stands for an array of the dtype under test, or of `dtype`, with elements from low to high."""

    shape: tuple[int, ...]
    low: float = -2
    high: float = 2
    dtype: str | None = None


class Row(NamedTuple):
    """One call of an operation. `keras` says what Keras 3.15.1 does otherwise, and switches that comparison off."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    dtypes: tuple[str, ...] = FLOATS
    grad: bool = True
    symbolic: bool = True
    eager: bool = False  # one of the two cannot be compiled
    tolerance: float = 1e-5
    keras: str = ""  # why the value differs
    free: bool = True  # whether the leading length of the first array may be None

    def arrays(self) -> list[A]:
        return [x for x in jax.tree.leaves((self.args, self.kwargs), is_leaf=_is_array) if _is_array(x)]

    def fill(self, make: Callable[[A], Any]) -> Any:
        """Return the arguments with `make(A)` for each array."""
        return jax.tree.map(
            lambda x: make(x) if _is_array(x) else x,
            (self.args, self.kwargs),
            is_leaf=lambda x: _is_array(x) or x is None,
        )

    def __repr__(self) -> str:
        arguments = [*map(_short, self.args), *(f"{k}={_short(v)}" for k, v in self.kwargs.items())]
        return f"{self.name}({','.join(arguments)})"


def _is_array(x: Any) -> bool:
    return isinstance(x, A)


def _short(x: Any) -> str:
    if isinstance(x, A):
        return f"{x.dtype or ''}{'x'.join(map(str, x.shape))}"
    if isinstance(x, np.ndarray):
        return "x".join(map(str, x.shape))
    if isinstance(x, list | tuple):
        return f"[{','.join(map(_short, x))}]"
    return str(x).replace(" ", "")


OPTIONS = {"dtypes", "grad", "symbolic", "eager", "tolerance", "keras", "free"}
ROWS: list[Row] = []
APART: dict[tuple[str, str], str] = {}  # what Keras does otherwise with a dtype that rows do not list, or a length


def otherwise(names: str, ways: str, reason: str) -> None:
    APART.update({(name, way): reason for name in names.split() for way in ways.split(", ")})


def row(name: str, *args: Any, **kwargs: Any) -> None:
    options = {key: kwargs.pop(key) for key in OPTIONS & kwargs.keys()}
    ROWS.append(Row(name, args, kwargs, **options))


def each(names: str, *calls: tuple[Any, ...], **options: Any) -> None:
    """Add the calls for each name; those after the first with the first dtype alone."""
    once = {**options, "dtypes": options.get("dtypes", FLOATS)[:1]}
    for name in names.split():
        for i, args in enumerate(calls):
            row(name, *args, **(once if i else options))


def spread(names: str, *calls: tuple[Any, ...], **options: Any) -> None:
    """Add the calls for each name; those after the first for their values alone."""
    for name in names.split():
        each(name, calls[0], **options)
        each(name, *calls[1:], **{**options, "grad": False, "symbolic": False})


def P(*shape: int) -> A:
    return A(shape, 0.1, 0.9)


def F(*shape: int) -> A:
    return A(shape)


def I(*shape: int, high: int = 3) -> A:  # noqa: E743
    return A(shape, 0, high, "int32")


def B(*shape: int) -> A:
    return A(shape, 0, 2, "bool")


def X(*shape: int) -> A:
    return A(shape, dtype="float32")


# fmt: off  # a row a line
SIZES = ((F(2, 3),),)
POSITIVE = ((P(2, 3),),)
PAIRS = ((P(2, 3), P(2, 3)), (P(2, 3), P(3)), (P(2, 1), P(1, 3)), (P(2, 3), 2), (2.0, P(2, 3)))

# Elementwise, one array
spread(
    "abs absolute negative sign square real conj conjugate copy nan_to_num",
    *SIZES,
    dtypes=("float32", "bfloat16", "int32"),
)
spread("isfinite isinf isnan isneginf isposinf isreal logical_not", *SIZES, dtypes=ALL, grad=False)
spread("signbit", *SIZES, dtypes=("float32", "bfloat16", "int32"), grad=False)
spread("bitwise_invert bitwise_not", *SIZES, dtypes=WHOLE, grad=False)
spread(
    "reciprocal sqrt cbrt exp exp2 expm1 log log10 log1p log2 sin cos tan sinh cosh tanh arctan", *POSITIVE, dtypes=ALL
)
spread("arcsin arccos arcsinh arctanh sinc i0 deg2rad rad2deg fabs", *POSITIVE, dtypes=("float32", "bfloat16", "bool"))
each("arccosh", (A((2, 3), 1.2, 3),), dtypes=("float32", "bfloat16", "int32"))
spread("rsqrt erf erfc erfinv", *POSITIVE)
spread("ceil floor trunc round", *SIZES, dtypes=("float32", "bfloat16", "int32"))
spread("imag angle", *SIZES, grad=False)
row("round", F(2, 3), decimals=1)
row("round", A((2, 3), -99, 99), decimals=-1, dtypes=("int32",))
each("clip", (F(2, 3), -1, 1), (F(2, 3), -0.5, 0.5), (F(2, 3), F(3), 1.0), (F(2, 3), None, 1), dtypes=FLOATS)
row("clip", A((2, 3), -9, 9), 0.5, 3, dtypes=("int32",))
row("nan_to_num", F(2, 3), nan=1.0, posinf=2.0, neginf=3.0)
row("view_as_complex", X(2, 2), dtypes=("float32",), grad=False)
row("view_as_real", A((2, 3), dtype="complex64"), dtypes=("float32",), grad=False)
row("real", A((2, 3), dtype="complex64"), dtypes=("float32",), grad=False)
row("conj", A((2, 3), dtype="complex64"), dtypes=("float32",), grad=False)
row("angle", A((2, 3), dtype="complex64"), dtypes=("float32",), grad=False)
row("polar", X(2, 3), X(2, 3), dtypes=("float32",), grad=False)

# Activations
spread(
    "relu relu6 leaky_relu elu selu celu gelu hard_sigmoid hard_silu hard_swish hard_tanh softplus softsign "
    "squareplus sparse_plus sparse_sigmoid tanh_shrink soft_shrink hard_shrink",
    *SIZES,
    dtypes=("float32", "bfloat16", "int32"),
)
spread("silu swish sigmoid log_sigmoid", *SIZES)
each("softmax log_softmax", (F(2, 3),), (F(2, 3), 0), (F(2, 3, 4), (1, 2)))
each("sparsemax glu", (F(2, 4),), (F(4, 3), 0))
row("leaky_relu", F(2, 3), negative_slope=0.05)
row("elu", F(2, 3), alpha=0.3)
row("celu", F(2, 3), alpha=0.3)
row("gelu", F(2, 3), approximate=False)
row("squareplus", F(2, 3), b=2)
row("soft_shrink", F(2, 3), threshold=1.0)
row("hard_shrink", F(2, 3), threshold=1.0)
row("threshold", F(2, 3), 0.5, 9.0)

# Elementwise, two arrays
spread("add multiply", *PAIRS, dtypes=ALL)
spread("subtract", *PAIRS, dtypes=("float32", "bfloat16", "int32"))
spread("divide true_divide maximum minimum fmax fmin", *PAIRS, dtypes=ALL)
spread("floor_divide mod fmod power", *PAIRS, dtypes=("float32", "bfloat16", "int32"), grad=False)
row("power", P(2, 3), P(2, 3))
row("mod", P(2, 3), 0.3)
spread("arctan2 logaddexp logaddexp2 hypot divide_no_nan", *PAIRS, dtypes=("float32", "bfloat16", "int32"))
spread("heaviside nextafter", *PAIRS, dtypes=("float32",), grad=False)
each("gcd lcm", (A((2, 3), 1, 9), A((2, 3), 1, 9)), (A((2, 3), 1, 9), 6), dtypes=("int32",), grad=False)
row("ldexp", F(2, 3), I(2, 3))
spread(
    "equal not_equal greater greater_equal less less_equal logical_and logical_or logical_xor",
    *PAIRS,
    dtypes=ALL,
    grad=False,
)
spread("bitwise_and bitwise_or bitwise_xor", *PAIRS[:3], dtypes=WHOLE, grad=False)
each(
    "bitwise_left_shift bitwise_right_shift left_shift right_shift",
    (A((2, 3), 0, 9), I(2, 3)),
    (A((2, 3), 0, 9), 2),
    dtypes=("int32",),
    grad=False,
)
spread("isclose allclose", *PAIRS, dtypes=("float32",), grad=False)
row("divide_no_nan", F(2, 3), [0.0, 1.0, 2.0])
each("add multiply maximum logical_or", (F(2, 3), I(2, 3)), (F(2, 3), B(3)), (F(2, 3), X(2, 3)), dtypes=ALL, grad=False)
each(
    "add multiply divide power", (2, 3), (2.0, 3), ([1, 2], [3.0, 4.0]), dtypes=("float32",), grad=False, symbolic=False
)
each("where", (B(2, 3), F(2, 3), F(2, 3)), (B(2, 3), F(2, 3), 1), (B(3), 1.5, F(2, 3)), dtypes=ALL)
row("where", B(2, 3), symbolic=False, eager=True, grad=False, dtypes=("float32",))
row("select", [B(2, 3), B(2, 3)], [F(2, 3), F(2, 3)], 7)

# Reductions
AXES = ((F(2, 3),), (F(2, 3), 0), (F(2, 3), -1), (F(2, 3, 4), (0, 2)))
each("sum prod all any count_nonzero nansum nanprod", *AXES, dtypes=ALL, grad=False)
each("mean var std logsumexp nanmean nanvar nanstd", *AXES, dtypes=ALL, grad=False)
each("sum prod mean var std logsumexp nansum nanmean nanvar", (P(2, 3), 1), (P(2, 3),))
each("max min amax amin ptp nanmax nanmin", *AXES, dtypes=("float32", "bfloat16", "int32"), tolerance=1e-5)
each("median nanmedian", (F(2, 3),), (F(2, 3), 1), dtypes=("float32", "int32"))
each("argmax argmin nanargmax nanargmin", (F(2, 3),), (F(2, 3), 0), (F(2, 3), -1), dtypes=ALL, grad=False)
each(
    "sum mean max min all any prod var std amax amin logsumexp median ptp argmax argmin nansum nanmean nanmax nanmedian",
    (F(2, 3), 1, True),
    dtypes=("float32",),
    grad=False,
)
each("max min", (F(2, 3), 1, False, 0.5), dtypes=("float32",), grad=False)
row("prod", P(2, 3), dtype="int32", dtypes=("float32",), grad=False)
row("average", P(2, 3))
row("average", P(2, 3), 1, P(3))
row("average", P(2, 3), None, P(2, 3))
each(
    "quantile nanquantile",
    (F(2, 3), 0.3),
    (F(2, 3), [0.2, 0.5], 1),
    (F(2, 3), 0.5, 0, "nearest"),
    (F(2, 3), 0.5, 1, "linear", True),
    dtypes=("float32",),
    grad=False,
)
each("percentile nanpercentile", (F(2, 3), 30), (F(2, 3), [20, 50], 1), dtypes=("float32",), grad=False)
row("moments", F(2, 3), [0])
row("moments", F(2, 3, 4), (0, 2), True)
row("norm", F(2, 3))
each(
    "norm",
    (F(2, 3), "fro"),
    (F(2, 3), 1, 1),
    (F(2, 3), "nuc"),
    (F(2, 3), 2, 0, True),
    (F(2, 3), None, (0, 1)),
    (F(3), 3),
    (F(2, 3), float("inf"), -1),
    dtypes=("float32",),
)

# Running
each("cumsum cumprod nancumsum nancumprod", (P(2, 3),), (P(2, 3), 1), dtypes=ALL, grad=False)
each("cumsum cumprod", (P(2, 3), 1))
row("cumsum", F(2, 3), 0, "float32", dtypes=("int32",), grad=False)
each("diff", (F(2, 4),), (F(2, 4), 2), (F(3, 4), 1, 0), dtypes=("float32", "int32"))
each("trapezoid", (F(2, 3),), (F(2, 3), None, 0.5), (F(2, 3), F(3)), dtypes=("float32",))

# Shape
row("reshape", F(2, 6), (2, 3, 2))
row("reshape", F(2, 6), (-1, 3), dtypes=ALL)
row("reshape", F(0, 6), (0, 3), symbolic=False)
each("transpose", (F(2, 3, 4),), (F(2, 3, 4), (0, 2, 1)), dtypes=ALL)
each("expand_dims", (F(2, 3), 0), (F(2, 3), -1), (F(2, 3), (0, 2)), dtypes=ALL)
each("squeeze", (F(2, 1, 3),), (F(2, 1, 3), 1), (F(2, 1, 1), (1, 2)))
spread("ravel", *SIZES)
row("swapaxes", F(2, 3, 4), 1, 2)
each("moveaxis", (F(2, 3, 4), 1, -1), (F(2, 3, 4), (0, 1), (1, 0)))
each("flip", (F(2, 3),), (F(2, 3), 1), (F(2, 3), (0, 1)), dtypes=ALL)
each("fliplr flipud", (F(2, 3),))
each("rot90", (F(2, 3),), (F(2, 3, 4), 1, (0, 2)), grad=False)
row("rot90", F(2, 3), 2)
each("roll", (F(2, 3), 1), (F(2, 3), 2, 1), (F(2, 3), (1, 1), (0, 1)))
each("repeat", (F(2, 3), 2), (F(2, 3), 2, 1), dtypes=ALL)
each("tile", (F(2, 3), 2), (F(2, 3), (1, 2)), (F(2, 3), (2, 1, 1)))
each(
    "pad",
    (F(2, 3), 1),
    (F(2, 3), ((0, 0), (1, 2))),
    (F(2, 3), ((0, 0), (1, 1)), "reflect"),
    (F(2, 3), 1, "constant", 7),
    (F(2, 3), ((1, 1), (0, 0)), "symmetric"),
    dtypes=("float32", "int32"),
)
row("broadcast_to", F(3), (2, 3), dtypes=ALL, free=False)
each(
    "concatenate",
    ([F(2, 3), F(2, 3)],),
    ([F(2, 3), F(2, 1)], 1),
    ([F(0, 3), F(2, 3)],),
    ([F(2, 3), I(2, 3)],),
    dtypes=ALL,
)
each("stack", ([F(2, 3), F(2, 3)],), ([F(2, 3), F(2, 3)], -1), dtypes=ALL)
each("hstack vstack dstack", ([F(2, 3), F(2, 3)],), dtypes=("float32", "int32"))
each("hstack vstack", ([F(3), F(3)],), dtypes=("float32",))
row("dstack", [F(3), F(3)], dtypes=("float32",))
each("append", (F(2, 3), F(2, 3)), (F(2, 3), F(2, 1), 1))
each("split", (F(4, 3), 2), (F(4, 3), [1, 3]), (F(2, 4), 2, 1))
each("array_split", (F(4, 3), 3), (F(2, 5), 2, 1))
row("hsplit", F(2, 4), 2)
row("vsplit", F(4, 2), 2, symbolic=False)
row("dsplit", F(2, 2, 4), 2)
each("unstack", (F(2, 3), None, 1), (F(2, 3), 2))

# Making
each("zeros ones empty", ((2, 3),), ((2,), "int32"), dtypes=("float32",), grad=False, symbolic=False)
each("full", ((2, 3), 7), ((2,), 1.5, "int32"), dtypes=("float32",), grad=False, symbolic=False)
each("zeros_like ones_like empty_like", (F(2, 3),), (F(2, 3), "int32"), dtypes=ALL, grad=False)
each("full_like", (F(2, 3), 7), (F(2, 3), 1.5, "float32"), dtypes=ALL, grad=False)
each(
    "arange",
    (3,),
    (1, 7, 2),
    (0.0, 1.0, 0.25),
    (3, None, None, "float32"),
    (5, 0, -2),
    dtypes=("float32",),
    grad=False,
    symbolic=False,
)
each(
    "linspace",
    (0, 1, 5),
    (0.0, 1.0, 5, False),
    (0, 10, 3, True, True),
    (0, 9, 4, True, False, "int32"),
    (X(2), 4.0, 3, True, False, None, 1),
    dtypes=("float32",),
    grad=False,
    symbolic=False,
)
each("logspace", (0, 2, 3), (0.0, 2.0, 3, True, 2), dtypes=("float32",), grad=False, symbolic=False)
each("geomspace", (1, 8, 4), (1.0, 8.0, 4, False), dtypes=("float32",), grad=False, symbolic=False)
each("eye", (3,), (2, 3, 1), (2, 2, 0, "int32"), dtypes=("float32",), grad=False, symbolic=False)
each("tri", (3,), (2, 3, 1), (2, 2, 0, "int32"), dtypes=("float32",), grad=False, symbolic=False)
each("identity", (3,), (2, "int32"), dtypes=("float32",), grad=False, symbolic=False)
each("array convert_to_tensor", (F(2, 3),), (F(2, 3), "float32"), dtypes=ALL)
each(
    "array convert_to_tensor",
    (1,),
    (2.5,),
    (True,),
    ([1, 2.5],),
    ([[1], [2]],),
    dtypes=("float32",),
    grad=False,
    symbolic=False,
)
each("cast", (F(2, 3), "float16"), (F(2, 3), "int32"), (F(2, 3), "bool"), dtypes=ALL, grad=False)
each(
    "saturate_cast",
    (A((2, 3), -400, 400), "uint8"),
    (A((2, 3), -400, 400), "int8"),
    (F(2, 3), "float16"),
    (F(2, 3), "bool"),
    dtypes=("float32", "bfloat16", "int32"),
    grad=False,
)
row("view", F(2, 4), "int8", dtypes=("float32",), grad=False)
row("view", F(2, 4), "int32", dtypes=("float32",), grad=False)
each("shape size ndim dtype", (F(2, 3),), grad=False, symbolic=False, eager=True, dtypes=ALL)
row("is_tensor", F(2, 3), grad=False, symbolic=False, eager=True)
row("stop_gradient", F(2, 3))
row("meshgrid", F(2), F(3), dtypes=("float32", "int32"), grad=False)
row("meshgrid", F(2), I(3), dtypes=("float32",), grad=False)
row("meshgrid", F(2), F(3), indexing="ij")
each("diag diagflat", (F(3),), (F(3), -1))
each("diag diagflat", (F(2, 3), 1), free=False)
each("diagonal trace", (F(2, 3, 4), 0, 1, 2), dtypes=("float32", "int32"))
each("diagonal trace", (F(2, 3),), (F(3, 3), 1), free=False)
each("tril triu", (F(3, 3),), (F(2, 3), 1), (F(2, 3, 3), -1), dtypes=ALL)
each("vander", (F(3),), (F(3), 2), (F(3), 4, True), dtypes=("float32", "int32"), grad=False)
row("corrcoef", P(3, 4))

# Choosing
each(
    "get_item",
    (F(2, 3), 1),
    (F(2, 3), (slice(None), slice(0, 3, 2))),
    (F(2, 3), (..., None)),
    (F(2, 3, 4), (0, ..., -1)),
)
each("take", (F(4, 3), I(2)), (F(4, 3), I(2, 2), 1), (F(4, 3), 1, 0), dtypes=ALL)
each("take_along_axis", (F(4, 3), I(4, 1), 1), (F(4, 3), I(2, 3), 0))
each("slice", (F(4, 3), (1, 0), (2, 2)), dtypes=ALL)
each("slice_update", (F(4, 3), (1, 0), F(2, 2)))
each("scatter", (I(4, 1), F(4), (5,)), (I(2, 2), F(2), (3, 4)), dtypes=("float32", "int32"), symbolic=False)
each(
    "scatter_update",
    (F(4, 3), [[0], [2]], F(2, 3)),
    (F(4, 3), [[0, 1], [2, 0]], F(2), "add"),
    (F(4), [[0], [2]], F(2), "max"),
)
each("scatter_update", (P(4), [[0], [2]], P(2), "min"), (P(4), [[0], [0]], P(2), "mul"), grad=False)
each(
    "segment_sum segment_max segment_min segment_prod",
    (F(4, 3), I(4), 5),
    (F(4), I(4, high=1), 3, True),
    dtypes=("float32", "int32"),
    grad=False,
    symbolic=False,
)
row("segment_sum", F(4, 3), I(4), 5, symbolic=False)
row("nonzero", F(2, 3), grad=False, symbolic=False, eager=True)
row("unravel_index", I(4, high=6), (2, 3), dtypes=("float32",), grad=False)
each("one_hot", (I(4), 3), (I(2, 2), 3, 1), (I(4), 2, -1, "int32"), dtypes=("float32",), grad=False)
each(
    "multi_hot",
    (I(2, 3), 4),
    (I(3), 4),
    (I(2, 2, 3), 4),
    (I(2, 3), 4, -1, "int32"),
    dtypes=("float32",),
    grad=False,
)

# Order
each("sort", (F(2, 3),), (F(2, 3), 0), dtypes=ALL)
each("argsort", (F(2, 3),), (F(2, 3), 0), dtypes=ALL, grad=False)
row("argpartition", F(2, 5), 2, grad=False)
each("top_k", (F(2, 5), 2), (F(5), 1), dtypes=("float32", "int32"), grad=False)
each("in_top_k", (I(2), F(2, 3), 2), (I(2), F(2, 3), 1), dtypes=("float32",), grad=False)
each(
    "searchsorted",
    ([1.0, 2.0, 3.0], F(4)),
    ([1.0, 2.0, 3.0], [2.0, 9.0], "right"),
    dtypes=("float32",),
    grad=False,
    symbolic=False,
)
row("digitize", F(2, 3), [-1.0, 0.0, 1.0], dtypes=("float32",), grad=False)
each(
    "unique",
    (I(6),),
    (I(6), True, True, True, True),
    (I(2, 3), True, False, False, False, 0),
    dtypes=("float32",),
    grad=False,
    symbolic=False,
    eager=True,
)
each("isin", (I(2, 3), [0, 1]), (I(2, 3), I(2), False, True), dtypes=("float32",), grad=False)
each(
    "bincount",
    (I(6),),
    (I(6), X(6)),
    (I(6), None, 9),
    (I(2, 6), X(2, 6)),
    dtypes=("float32",),
    grad=False,
    symbolic=False,
    eager=True,
)
each("histogram", (F(9),), (F(9), 3, (-1, 1)), dtypes=("float32", "int32"), grad=False, symbolic=False, eager=True)

# Products
each(
    "matmul",
    (F(2, 3), F(3, 4)),
    (F(5, 2, 3), F(3, 4)),
    (F(5, 2, 3), F(5, 3, 4)),
    (F(3), F(3)),
    (F(2, 3), F(3)),
    dtypes=("float32", "bfloat16", "int32"),
)
row("matmul", A((2, 3), dtype="int8"), A((3, 2), dtype="int8"), dtypes=("float32",), grad=False)
each("dot", (F(2, 3), F(3, 4)), (F(3), F(3)), (F(2, 3), 2), dtypes=("float32", "int32"))
each("tensordot", (F(2, 3), F(3, 4), 1), (F(2, 3, 4), F(4, 3), ((2, 1), (0, 1))), (F(2, 3), F(2, 3), 2))
each(
    "einsum",
    ("ij,jk->ik", F(2, 3), F(3, 4)),
    ("ij->ji", F(2, 3)),
    ("bij,bjk->bik", F(2, 3, 4), F(2, 4, 5)),
    ("ij,ij->", F(2, 3), F(2, 3)),
    ("...i,i->...", F(2, 3), F(3)),
)
row("inner", F(2, 3), F(4, 3))
each("outer", (F(2), F(3)), (F(2, 2), F(3)))
row("vdot", F(2, 3), F(2, 3))
row("kron", F(2, 2), F(3, 2))
each("cross", (F(2, 3), F(2, 3)), (F(2, 3), F(3)))
row("cdist", F(2, 3), F(4, 3))

# Linear algebra
SQUARE = A((3, 3), 0.1, 1, "float32")
each("det slogdet logdet inv", (SQUARE,), dtypes=("float32",), tolerance=1e-4, free=False)
row("lu_factor", SQUARE, dtypes=("float32",), tolerance=1e-4, free=False)
each("inv det", (A((2, 3, 3), 0.1, 1, "float32"),), dtypes=("float32",), tolerance=1e-3)
each("pinv", (X(2, 3),), (X(3, 2), 1e-3), dtypes=("float32",), tolerance=1e-4)
each("qr", (X(3, 2),), (X(3, 2), "complete"), dtypes=("float32",), grad=False, free=False)
each("svd", (X(3, 2),), (X(3, 2), False), (X(3, 2), True, False), dtypes=("float32",), grad=False, free=False)
each("solve", (SQUARE, X(3)), (SQUARE, X(3, 2)), dtypes=("float32",), tolerance=1e-3, free=False)
each("solve_triangular", (SQUARE, X(3)), (SQUARE, X(3, 2), True), dtypes=("float32",), tolerance=1e-3, free=False)
SYMMETRIC = np.array([[2, 0.5, 0.1], [0.5, 3, 0.2], [0.1, 0.2, 1]], "float32")
each("cholesky", (SYMMETRIC,), (SYMMETRIC, True), dtypes=("float32",), grad=False, symbolic=False)
each("eig eigh", (SYMMETRIC,), dtypes=("float32",), grad=False, symbolic=False, tolerance=1e-4)
row("lstsq", X(4, 2), X(4), dtypes=("float32",), tolerance=1e-4)
row("matrix_rank", X(3, 2), dtypes=("float32",), grad=False)
each("cholesky_inverse", (SQUARE,), (SQUARE, True), dtypes=("float32",), tolerance=1e-3, free=False)

# Cross-entropies and normalizations
each("binary_crossentropy", (P(2, 3), P(2, 3)), (P(2, 3), F(2, 3), True), dtypes=FLOATS)
each("categorical_crossentropy", (P(2, 3), P(2, 3)), (P(2, 3), F(2, 3), True), dtypes=FLOATS)
row("categorical_crossentropy", P(2, 3), P(2, 3), False, 0)
each("sparse_categorical_crossentropy", (I(2), P(2, 3)), (I(2, 1), P(2, 3)), (I(2), F(2, 3), True), dtypes=FLOATS)
row("batch_normalization", F(2, 3), P(3), P(3), -1)
row("batch_normalization", F(2, 3, 4), P(3), P(3), 1, F(3), F(3), 0.1)
each("normalize", (F(2, 3),), (F(2, 3), 0), (F(2, 3), -1, 1), (F(2, 3), -1, 3, 0.5))
each(
    "layer_normalization",
    (F(2, 3),),
    (F(2, 3), F(3), F(3)),
    (F(2, 3, 4), F(3, 4), F(3, 4), (1, 2)),
    (F(2, 3), None, None, -1, 0.1),
    tolerance=2e-5,
)
each("rms_normalization", (F(2, 3),), (F(2, 3), F(3)), (F(2, 3, 4), F(3, 4), (1, 2)), (F(2, 3), None, -1, 0.1))
row("psnr", P(2, 3), P(2, 3), 1.0)
row("dot_product_attention", F(2, 3, 4, 5), F(2, 6, 4, 5), F(2, 6, 4, 5))
row("dot_product_attention", F(2, 3, 4, 5), F(2, 3, 2, 5), F(2, 3, 2, 5), X(2, 4, 3, 3), B(2, 1, 3, 3), 0.3, True)
row(
    "ctc_loss",
    A((2, 3), 1, 5, "int32"),
    X(2, 8, 5),
    [2, 3],
    [8, 7],
    dtypes=("float32",),
    tolerance=1e-4,
    symbolic=False,
)
row(
    "ctc_loss",
    [[1, 1, 2], [3, 0, 0]],
    X(2, 6, 5),
    [3, 1],
    [6, 5],
    4,
    dtypes=("float32",),
    tolerance=1e-4,
    symbolic=False,
)
each(
    "ctc_decode",
    (X(2, 6, 4), [6, 4]),
    (X(2, 6, 4), [6, 4], "greedy", 100, 1, False, 3),
    dtypes=("float32",),
    grad=False,
    symbolic=False,
)
row("ctc_decode", X(2, 4, 3), [4, 3], "beam_search", 8, 3, dtypes=("float32",), grad=False, symbolic=False)
row("ctc_decode", X(2, 4, 3), [4, 3], "beam_search", 5, 2, True, 1, dtypes=("float32",), grad=False, symbolic=False)

# Convolutions and pooling
each("conv", (F(5, 8, 3), F(3, 3, 4)), (F(5, 8, 3), F(3, 3, 4), 2, "same"), dtypes=("float32",))
row(
    "conv",
    F(5, 8, 4),
    F(2, 2, 4),
    1,
    "valid",
    None,
    2,
    dtypes=("float32",),
    tolerance=2e-5,
)
row(
    "conv",
    F(5, 6, 6, 4),
    F(2, 2, 2, 6),
    1,
    "same",
    None,
    2,
    dtypes=FLOATS,
    tolerance=2e-5,
)
each(
    "conv",
    (F(5, 6, 6, 3), F(3, 3, 3, 4)),
    (F(5, 6, 7, 3), F(3, 2, 3, 4), (2, 1), "same"),
    (F(5, 3, 6, 6), F(3, 3, 3, 4), 2, "valid", "channels_first"),
    (F(5, 4, 4, 1), F(2, 2, 1, 3), 1, "same"),
    dtypes=FLOATS,
    tolerance=2e-5,
)
each(
    "conv",
    (F(5, 4, 4, 4, 2), F(2, 3, 2, 2, 3)),
    (F(5, 4, 4, 4, 2), F(2, 2, 2, 2, 3), 2, "same"),
    dtypes=("float32",),
    tolerance=2e-5,
)
each(
    "depthwise_conv",
    (F(5, 6, 6, 3), F(3, 3, 3, 2)),
    (F(5, 6, 6, 3), F(2, 2, 3, 1), 2, "same"),
    (F(5, 6, 3), F(3, 3, 2), 1, "same", None, 2),
    (F(5, 3, 6, 6), F(3, 3, 3, 2), 1, "valid", "channels_first"),
    dtypes=("float32",),
    tolerance=2e-5,
)
each(
    "separable_conv",
    (F(5, 6, 6, 3), F(3, 3, 3, 2), F(1, 1, 6, 4)),
    (F(5, 6, 3), F(3, 3, 2), F(1, 6, 4), 2, "same"),
    dtypes=("float32",),
    tolerance=2e-5,
)
each(
    "conv_transpose",
    (F(5, 5, 3), F(3, 4, 3)),
    (F(5, 5, 3), F(3, 4, 3), 2, "same"),
    (F(5, 5, 3), F(2, 4, 3), 3, "valid", 1),
    (F(5, 4, 4, 3), F(3, 2, 4, 3), 2, "same", 1),
    (F(5, 4, 4, 3), F(3, 3, 4, 3), 1, "valid", None, None, 2),
    (F(5, 3, 4, 4), F(3, 3, 4, 3), 2, "same", None, "channels_first"),
    (F(5, 3, 3, 3, 2), F(2, 2, 2, 3, 2), 2),
    dtypes=("float32",),
    tolerance=2e-5,
)
each(
    "max_pool average_pool",
    (F(5, 6, 3), 2, 2),
    (F(5, 7, 3), 3, 2, "same"),
    (F(5, 6, 6, 3), 2, 2),
    (F(5, 7, 6, 3), (3, 2), (3, 2), "same"),
    (F(5, 7, 5, 3), 3, 1, "same"),
    (F(5, 3, 6, 7), 2, 2, "valid", "channels_first"),
    (F(5, 4, 4, 5, 2), 2, 2, "same"),
    dtypes=FLOATS,
)
row("max_pool", F(2, 6, 6, 3), 2, keras="refuses strides=None with a whole pool_size")
row("max_pool", A((2, 6, 6, 3), -9, 9), 2, 2, dtypes=("int32",), grad=False)
each(
    "adaptive_average_pool adaptive_max_pool",
    (F(5, 7, 3), 3),
    (F(5, 7, 5, 3), (3, 2)),
    (F(5, 3, 6, 6), 2, "channels_first"),
    (F(5, 3, 4, 5, 2), 2),
    dtypes=("float32",),
)

# Space and channels
each("depth_to_space", (F(2, 2, 3, 8), 2), (F(2, 8, 2, 3), 2, "channels_first"))
each("space_to_depth", (F(2, 4, 6, 3), 2), (F(2, 3, 4, 6), 2, "channels_first"))
each(
    "unfold",
    (F(2, 3, 5, 6), 2),
    (F(2, 3, 5, 6), (2, 3), 1, 1, 2),
    (F(2, 3, 6, 6), 2, 2, (1, 0), 1),
    dtypes=("float32",),
)
each("fold", (F(2, 12, 20), (5, 6), 2), (F(2, 8, 9), (4, 4), 2, 1, 1, 2), dtypes=("float32",))
row("rearrange", F(2, 3, 4), "b h w -> b (h w)", dtypes=("float32",))
row(
    "rearrange",
    F(2, 6, 4),
    "b (h k) w -> h (b k) w",
    h=2,
    dtypes=("float32",),
    eager=True,
    grad=False,
)

# Signals
each("fft fft2 ifft2", ((X(2, 4), X(2, 4)),), dtypes=("float32",), grad=False, free=False)
each("rfft", (X(2, 6),), (X(2, 6), 8), (X(2, 6), 4), dtypes=("float32",), grad=False)
each("irfft", ((X(2, 4), X(2, 4)),), ((X(2, 4), X(2, 4)), 7), dtypes=("float32",), grad=False)
each("extract_sequences", (F(9), 3, 2), (F(2, 9), 4, 3))
each(
    "stft",
    (X(2, 16), 4, 2, 4),
    (X(2, 16), 3, 2, 6, "hamming"),
    (X(2, 16), 4, 3, 5, None, False),
    dtypes=("float32",),
    grad=False,
)
each(
    "istft",
    ((X(2, 5, 3), X(2, 5, 3)), 4, 2, 4),
    ((X(2, 5, 3), X(2, 5, 3)), 4, 2, 4, 7, "hamming", False),
    dtypes=("float32",),
    grad=False,
    tolerance=1e-4,
)
row(
    "istft",
    (X(2, 5, 3), X(2, 5, 3)),
    4,
    2,
    4,
    None,
    None,
    dtypes=("float32",),
    grad=False,
    keras="multiplies by fft_length / stride",
)
row(
    "istft",
    (X(2, 5, 4), X(2, 5, 4)),
    3,
    1,
    6,
    dtypes=("float32",),
    grad=False,
    keras="loses the last element",
)
each("correlate", (F(6), F(3)), (F(6), F(3), "same"), (F(6), F(3), "full"), dtypes=("float32", "int32"), symbolic=False)
each("bartlett blackman hamming hanning", (5,), (1,), dtypes=("float32",), grad=False, symbolic=False, eager=True)
row("kaiser", 5, 3.0, dtypes=("float32",), grad=False, symbolic=False, eager=True)

# Images
IMAGE = A((2, 6, 7, 3), 0, 1)
each(
    "image.rgb_to_grayscale image.rgb_to_hsv image.hsv_to_rgb",
    (IMAGE,),
    (A((6, 7, 3), 0.1, 1),),
    (A((2, 3, 6, 7), 0.1, 1), "channels_first"),
    dtypes=("float32",),
    grad=False,
)
row("image.rgb_to_grayscale", A((2, 6, 7, 3), 0, 200, "uint8"), dtypes=("float32",), grad=False)
each(
    "image.resize",
    (IMAGE, (3, 4)),
    (IMAGE, (9, 8), "nearest"),
    (IMAGE, (9, 5), "bicubic"),
    (IMAGE, (3, 4), "bilinear", True),
    (IMAGE, (4, 4), "bilinear", False, True),
    (IMAGE, (4, 4), "lanczos3", False, False, True),
    (A((6, 7, 3)), (3, 4)),
    (A((2, 3, 6, 7)), (3, 4), "bilinear", False, False, False, "constant", 0.0, "channels_first"),
    dtypes=("float32",),
)
row("image.resize", A((2, 6, 7, 3), 0, 200, "uint8"), (4, 9), dtypes=("float32",), grad=False)
row("image.resize", A((2, 6, 7, 3), 0, 200, "uint8"), (4, 9), "bicubic", dtypes=("float32",), grad=False)
each("image.pad_images", (IMAGE, 1, 2, 3, 0), (IMAGE, 1, None, None, 2, 9, 12), dtypes=("float32",))
each("image.crop_images", (IMAGE, 1, 2, 3, 0), (IMAGE, 1, None, None, 2, 3, 4), dtypes=("float32",))
each(
    "image.extract_patches",
    (IMAGE, 2),
    (IMAGE, (2, 3), 1, 1, "same"),
    (IMAGE, 2, 1, 2),
    (A((6, 7, 3)), 3),
    dtypes=("float32",),
)
row("image.extract_patches", A((2, 3, 6, 7)), 2, 1, 1, "valid", "channels_first", dtypes=("float32",))
each("image.extract_patches_3d", (F(2, 4, 5, 4, 3), 2), (F(4, 5, 4, 3), (2, 1, 2), 1, 1, "same"), dtypes=("float32",))
row("image.gaussian_blur", IMAGE, (3, 3), (1.0, 2.0), "channels_last", dtypes=("float32",))
row("image.gaussian_blur", A((2, 3, 6, 7)), (3, 5), (1.0, 2.0), "channels_first", dtypes=("float32",), tolerance=2e-5)
each("image.sobel_edges", (IMAGE,), (A((2, 3, 6, 7)), "channels_first"), dtypes=("float32",))
row("image.ssim", A((2, 12, 13, 3), 0, 1), A((2, 12, 13, 3), 0, 1), dtypes=("float32",), tolerance=1e-3)
row(
    "image.ssim",
    A((2, 12, 13, 3), 0, 255),
    A((2, 12, 13, 3), 0, 255),
    255.0,
    5,
    1.0,
    dtypes=("float32",),
    tolerance=1e-3,
)
TURN = np.array([0.8, 0.1, 0.3, -0.1, 0.9, 0.5, 0, 0], "float32")
TURNS = np.stack([TURN, TURN * 0.9])
each(
    "image.affine_transform",
    (IMAGE, TURNS),
    (IMAGE, TURNS, "nearest"),
    (A((6, 7, 3)), TURN),
    (IMAGE, TURNS, "bilinear", "constant", 0.5),
    *((IMAGE, TURNS, "bilinear", mode) for mode in ("nearest", "wrap", "mirror", "reflect")),
    dtypes=("float32",),
    tolerance=1e-4,
    free=False,
)
row(
    "image.affine_transform",
    IMAGE,
    TURNS + np.array([0, 0, 0, 0, 0, 0, 0.1, 0.1], "float32"),
    dtypes=("float32",),
    free=False,
    keras="is not projective: it adds c0 x + c1 y to the channel's number",
)
START = np.array([[0, 0], [0, 5], [6, 0], [6, 5]], "float32")
END = np.array([[0.5, 0], [0, 5], [5, 1], [6, 4]], "float32")
each(
    "image.perspective_transform",
    (IMAGE, np.stack([START] * 2), np.stack([END] * 2)),
    (IMAGE, np.stack([START] * 2), np.stack([END] * 2), "nearest", 0.5),
    (A((6, 7, 3)), START, END),
    dtypes=("float32",),
    grad=False,
    tolerance=1e-3,
    free=False,
)
each(
    "image.map_coordinates",
    (F(4, 5), A((2, 6), 0, 4), 1),
    (F(4, 5), A((2, 6), -2, 6), 0),
    *((F(4, 5), A((2, 6), -3, 7), 1, mode) for mode in ("constant", "nearest", "wrap", "mirror", "reflect")),
    dtypes=("float32",),
    grad=False,
)
row(
    "image.scale_and_translate",
    IMAGE,
    (2, 8, 9, 3),
    [1.5, 2.0],
    [0.0, 1.0],
    (1, 2),
    "linear",
    dtypes=("float32",),
    free=False,
)
each(
    "image.elastic_transform",
    (IMAGE, 20.0, 5.0, "bilinear", "reflect", 0.0, 3),
    (A((6, 7, 3)), 5.0, 1.0, "nearest", "constant", 0.5, 4),
    eager=True,
    dtypes=("float32",),
    grad=False,
    tolerance=1e-4,
)

# What differs in the cases that are derived from the rows
otherwise("layer_normalization rms_normalization image.ssim", "int32, bool", "rounds the result to whole numbers")
otherwise("stft", "none first", "gives two axes")
otherwise("istft", "one", "loses the last elements")
otherwise(
    "conv depthwise_conv unfold image.extract_patches", "none last", "gives nothing where the window does not fit"
)
otherwise("image.extract_patches image.extract_patches_3d", "none first", "gives nothing where the window does not fit")
otherwise("image.sobel_edges", "bool", "adds booleans")
otherwise("dot_product_attention", "none last", "takes heads of size 0")
otherwise("rfft", "none last", "makes a program that XLA refuses")
otherwise("ctc_loss", "none last", "gives numbers where there is no class")
