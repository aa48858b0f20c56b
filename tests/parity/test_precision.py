"""Each layer obeys its policy: the types of its outputs, its weights, their gradients, and of what is inferred."""

import warnings

import jax
import jax.numpy as jnp
import pytest

import hornbeam
from hornbeam._core.state import pure
from tests.parity.test_layers import ROWS

FIRST = {row.values[0].name: row.values[0] for row in reversed(ROWS)}  # one call of each layer
INNER = {"Bidirectional", "TimeDistributed", "RNN"}  # made around a layer that has a policy of its own
OWN_WEIGHTS = {"SpectralNormalization"}


@pytest.fixture(autouse=True)
def switch_back():
    yield
    jax.config.update("jax_enable_x64", False)


@pytest.mark.parametrize("policy", ["float64", "mixed_float16"])
@pytest.mark.parametrize("name", sorted(set(FIRST) - INNER))
def test_types(name, policy):
    case, types = FIRST[name], hornbeam.DTypePolicy(policy)
    layer = case.make(hornbeam, dtype=policy)
    arrays = [jnp.asarray(x) for x in case.arrays()]
    inputs, options = case.given([hornbeam.KerasTensor(x.shape, x.dtype) for x in arrays])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inferred = jax.tree.leaves(layer(*inputs, **options))
        trained, others = layer.trainable_variables, layer.non_trainable_variables

        def loss(values, arrays):
            inputs, options = case.given(arrays)
            run = pure(lambda *x: layer(*x, **options), trained + others)
            outputs, _ = run([*values, *(v.value for v in others)], *inputs)
            return sum(jnp.sum(x.astype("float32")) for x in jax.tree.leaves(outputs)), outputs

        values = [v.value for v in trained]
        gradients, outputs = jax.eval_shape(jax.grad(loss, has_aux=True), values, arrays)
    kinds = {x.dtype.name for x in jax.tree.leaves(outputs)}
    assert kinds <= {types.compute_dtype, "int32"}
    assert {x.dtype for x in inferred} == kinds
    assert {x.dtype.name for x in gradients} == {v.dtype for v in trained}
    if name not in OWN_WEIGHTS:
        plain = [v for v in layer.weights if "lora" not in v.name]  # those are float32, as in Keras
        assert {v.dtype for v in plain} <= {types.variable_dtype}


def test_logits_of_a_reversed_embedding_are_computed_in_the_compute_dtype():
    layer = hornbeam.layers.ReversibleEmbedding(5, 3, dtype="mixed_bfloat16")
    assert layer(jnp.ones((2, 3)), reverse=True).dtype == "bfloat16"


def test_a_wrapper_leaves_the_inner_layer_its_policy():
    inner = hornbeam.layers.Dense(2, dtype="bfloat16")
    outer = hornbeam.layers.TimeDistributed(inner)
    assert outer(hornbeam.Input((3, 4))).dtype == "bfloat16"


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_compile_scales_the_loss_of_float16(policy):
    hornbeam.config.set_dtype_policy(policy)
    try:
        model = hornbeam.Sequential([hornbeam.Input((2,)), hornbeam.layers.Dense(1)])
        model.compile("sgd", "mse")
    finally:
        hornbeam.config.set_dtype_policy(None)
    assert isinstance(model.optimizer, hornbeam.optimizers.LossScaleOptimizer) == (policy == "mixed_float16")
