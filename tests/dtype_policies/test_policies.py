"""Policies by name, and policies of layers by path."""

import numpy as np
import pytest

import hornbeam as keras
from hornbeam import dtype_policies

NAMES = "int8_from_float32 int4_from_mixed_bfloat16 int4/64_from_float32 int4/-1_from_bfloat16 float8_from_float16"


@pytest.mark.parametrize("name", [*NAMES.split(), "gptq/4/-1_from_float32", "awq/4/128_from_float32", "bfloat16"])
def test_policies_come_back(name):
    policy = dtype_policies.get(name)
    again = dtype_policies.deserialize(dtype_policies.serialize(policy))
    assert again == policy
    assert type(again) is type(policy)
    assert (again.name, again.quantization_mode) == (name, name.split("/")[0].split("_")[0] if "_" in name else None)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("int8_from_float16", "does not go with compute_dtype='float16'"),
        ("int8/3_from_float32", "int8/3_from_float32"),
        ("int4/0_from_float32", "in groups of -1 or a positive number"),
        ("int4/x_from_float32", "mode must be int4/<block_size>; got 'int4/x'"),
        ("gptq/5/128_from_float32", "2 or 3 or 4 or 8 bits"),
        ("awq/8/128_from_float32", "weights of 4 bits"),
    ],
)
def test_refusals(name, message):
    with pytest.raises(ValueError, match=r".") as error:
        dtype_policies.get(name)
    assert message in str(error.value)


def test_map():
    bfloat16, float16 = keras.DTypePolicy("bfloat16"), keras.DTypePolicy("float16")
    policies = dtype_policies.DTypePolicyMap(None, {"a/b": bfloat16, "a/c.*": "float16"})
    assert [policies[path].name for path in ("a/b", "a/c/d", "a")] == ["bfloat16", "float16", "float32"]
    assert (len(policies), list(policies), "a/b" in policies) == (2, ["a/b", "a/c.*"], True)
    assert dtype_policies.deserialize(dtype_policies.serialize(policies)) == policies
    with pytest.raises(ValueError, match="each path is set once"):
        policies["a/b"] = float16
    policies["a/.*"] = bfloat16
    with pytest.raises(ValueError, match="one key at most"):
        policies["a/cd"]
    del policies["a/.*"]
    assert len(policies) == 2
    with pytest.raises(TypeError, match="must be a dict"):
        dtype_policies.DTypePolicyMap(policy_map=[1])


class Block(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first, self.last = keras.layers.Dense(4, name="first"), keras.layers.Dense(4, name="last")

    def call(self, x):
        return self.last(self.first(x))


def test_a_map_reaches_the_layers_inside():
    policies = dtype_policies.DTypePolicyMap(None, {"block/first": "int8_from_float32", "block/last": "bfloat16"})
    block = Block(name="block", dtype=policies)
    assert block(np.ones((2, 4))).dtype == "bfloat16"
    assert [p.dtype_policy.name for p in (block, block.first, block.last)] == [
        "float32",
        "int8_from_float32",
        "bfloat16",
    ]
    again = Block.from_config(block.get_config())
    again(np.ones((2, 4)))
    assert [w.dtype for w in again.weights] == [w.dtype for w in block.weights]
