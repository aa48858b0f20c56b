"""`quantizers` and `dtype_policies` beside Keras's: values, dtypes, gradients and configurations, row by row."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import hornbeam
from tests.parity.oracle import RELATIVE, keras

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(4, 6)).astype("float32")
TALL = RANDOM.normal(size=(7, 3)).astype("float32")
FLAT = np.array([[5, 0, 1], [5, 0, 2], [-1, 0, 3]], "float32")  # groups without a range, groups far from 0
CODES = RANDOM.integers(-8, 8, size=(5, 3)).astype("int8")
LOW, HIGH = np.array([-1, -0.5, -1, -1, -0.2, -1], "float32"), np.ones(6, "float32")
E4, E5 = "float8_e4m3fn", "float8_e5m2"


def row(name, *args, **kwargs):
    shown = [f"{k}={v}" for k, v in kwargs.items() if not isinstance(v, np.ndarray)]
    arrays = ["x".join(map(str, a.shape)) + a.dtype.name if isinstance(a, np.ndarray) else str(a) for a in args]
    return pytest.param(name, args, kwargs, id=f"{name}({','.join([*arrays, *shown])})")


ROWS = [
    *(row("abs_max_quantize", X, axis) for axis in (0, -1, (0, 1), None)),
    row("abs_max_quantize", X, 0, value_range=(-8, 7), epsilon=0.1),
    row("abs_max_quantize", X, 0, value_range=(0, 255), dtype="uint8"),
    row("abs_max_quantize", X, -1, to_numpy=True),
    row("abs_max_quantize", np.zeros((2, 2), "float32"), 0),
    *(row("abs_max_quantize", X.astype(dtype), 0) for dtype in ("bfloat16", "float16")),
    *(row("abs_max_quantize_grouped_with_zero_point", TALL, size) for size in (1, 2, 3, 4, 128)),
    row("abs_max_quantize_grouped_with_zero_point", FLAT, 2),
    row("abs_max_quantize_grouped_with_zero_point", TALL, 2, to_numpy=True),
    row("abs_max_quantize_grouped_with_zero_point", TALL, 2, value_range=(0, 15), dtype="uint8"),
    *(row("pack_int4", CODES, axis) for axis in (0, 1, -1)),
    row("pack_int4", CODES.astype("uint8") & 15, dtype="uint8"),
    *(row("unpack_int4", CODES, length, axis) for length, axis in ((9, 0), (6, 1), (5, -1))),
    row("unpack_int4", CODES.astype("uint8"), 10, dtype="uint8"),
    *(row("quantize_and_dequantize", 300 * X, 2.0, narrow, "float32") for narrow in (E4, E5)),
    row("quantize_and_dequantize", X, np.float32(0.3), E4, "bfloat16"),
    row("compute_float8_amax_history", X, np.array([1, 2, 3], "float32")),
    *(row("compute_float8_scale", np.float32(a), np.float32(2), 448.0, m) for a in (3, 0, np.inf) for m in (0, 1)),
    row("fake_quant_with_min_max_vars", X, -1.0, 1.7),
    row("fake_quant_with_min_max_vars", X, 0.5, 1.7, num_bits=4),
    row("fake_quant_with_min_max_vars", X, -1.5, -0.7, narrow_range=True),
    row("fake_quant_with_min_max_vars", X, LOW, HIGH, axis=1),
    row("fake_quant_with_min_max_vars", X.astype("bfloat16"), -1.0, 1.0),
]


@pytest.mark.parametrize(("name", "args", "kwargs"), ROWS)
def test_values(name, args, kwargs):
    args = [jnp.asarray(a) if isinstance(a, np.ndarray | np.generic) else a for a in args]
    ours, theirs = (jax.tree.leaves(getattr(k.quantizers, name)(*args, **kwargs)) for k in (hornbeam, keras))
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert getattr(a, "dtype", int) == getattr(b, "dtype", int)
        np.testing.assert_allclose(np.asarray(a, "float32"), np.asarray(b, "float32"), rtol=RELATIVE)


@pytest.mark.parametrize("axis", [None, 1])
def test_gradients_of_fake_quantization(axis):
    limits = (jnp.array(-1.0), jnp.array(1.3)) if axis is None else (jnp.asarray(LOW), jnp.asarray(HIGH))

    def of(k):
        quantize = k.quantizers.fake_quant_with_min_max_vars
        return jax.grad(lambda x, a, b: (quantize(x, a, b, axis=axis) * X).sum(), argnums=(0, 1, 2))(X, *limits)

    for a, b in zip(of(hornbeam), of(keras), strict=True):
        np.testing.assert_allclose(a, b, rtol=RELATIVE, atol=1e-6)


CONFIGS = {
    "AbsMaxQuantizer": {"axis": 0, "value_range": (-8, 7)},
    "Int8QuantizationConfig": {},
    "Int4QuantizationConfig": {"block_size": 64},
    "Float8QuantizationConfig": {},
    "GPTQConfig": {"dataset": ["a"], "tokenizer": None, "symmetric": True},
    "AWQConfig": {"dataset": ["a"], "tokenizer": None, "num_samples": 3},
}


@pytest.mark.parametrize("name", CONFIGS)
def test_configurations(name):
    ours, theirs = (getattr(k.quantizers, name)(**CONFIGS[name]) for k in (hornbeam, keras))
    saved = hornbeam.saving.serialize_keras_object(ours)
    assert saved["config"] == keras.saving.serialize_keras_object(theirs)["config"]
    assert hornbeam.saving.deserialize_keras_object(saved).get_config() == ours.get_config()
    if name.endswith("QConfig"):
        assert (ours.mode, ours.dtype_policy_string()) == (theirs.mode, theirs.dtype_policy_string())


POLICIES = "int8_from_float32 int4_from_mixed_bfloat16 int4/64_from_float32 float8_from_float16 gptq/4/-1_from_float32"


@pytest.mark.parametrize("name", [*POLICIES.split(), "awq/4/128_from_mixed_bfloat16", "mixed_float16"])
def test_policies(name):
    ours, theirs = (k.dtype_policies.get(name) for k in (hornbeam, keras))
    for attribute in ("name", "compute_dtype", "variable_dtype", "quantization_mode"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    assert hornbeam.dtype_policies.serialize(ours) == keras.dtype_policies.serialize(theirs)


def test_policy_maps():
    maps = []
    for k in (hornbeam, keras):
        get = k.dtype_policies.get
        found = k.dtype_policies.DTypePolicyMap(
            get("float32"), {"a/b": get("bfloat16"), "c/.*": get("int8_from_float32")}
        )
        maps.append([found[path].name for path in ("a/b", "a", "c/d", "a/b/c")])
        maps.append(k.saving.serialize_keras_object(found)["config"]["policy_map"])
    assert maps[:2] == maps[2:]
