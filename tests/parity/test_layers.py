"""Each layer beside Keras's: outputs, gradients, symbolic shapes, configurations and first weights, row by row."""

import inspect
import re
from typing import Any, NamedTuple

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import hornbeam
from tests.parity.oracle import RELATIVE, keras
from tests.parity.programs import are_same, run, trace


class Row(NamedTuple):
    name: str
    inputs: tuple[Any, ...]  # shapes, drawn from a normal distribution, or arrays
    arguments: dict[str, Any]
    call: dict[str, Any]
    listed: bool  # whether the inputs go in as one list

    def make(self, module, **more):
        """Return the layer; an argument that is a function of `layers` is called with the module's."""
        given = {
            k: v(module.layers) if inspect.isfunction(v) and v.__name__ == "of_layers" else v
            for k, v in self.arguments.items()
        }
        return getattr(module.layers, self.name)(**given, **more)

    def arrays(self):
        rng = np.random.default_rng(0)
        return [x if isinstance(x, np.ndarray) else rng.normal(size=x).astype("float32") for x in self.inputs]

    def given(self, inputs):
        return ([list(inputs)] if self.listed else list(inputs)), self.call


def row(name, *inputs, call=None, listed=False, **arguments):
    shown = "-".join(
        [
            name,
            *(f"{k}={v}" for k, v in {**arguments, **(call or {})}.items() if isinstance(v, str | int | float | tuple)),
        ]
    )
    return pytest.param(Row(name, inputs, arguments, call or {}, listed), id=shown)


def of(build):
    """Mark an argument as a function of the layers module, such as `lambda m: m.LSTM(3)`."""

    def of_layers(layers):
        return build(layers)

    return of_layers


def mask(*rows):
    return np.array([[c == "1" for c in r] for r in rows])


IMAGE, VOLUME, STEPS, FLAT = (2, 7, 6, 4), (2, 4, 5, 4, 2), (2, 5, 3), (3, 4)
TRAIN = {"training": True}
HOLES = mask("11011", "01100")
PADDED = mask("11100", "11111")
NOTHING = mask("00000", "11111")
UNEVEN = {"kernel_initializer": "he_normal", "use_bias": True}

CORE = [
    row("Dense", FLAT, units=5),
    row("Dense", STEPS, units=2, activation="relu", use_bias=False),
    row("Dense", FLAT, units=3, lora_rank=2),
    row("Embedding", np.array([[1, 2, 0], [4, 0, 3]]), input_dim=5, output_dim=3, lora_rank=1),
    row("ReversibleEmbedding", np.array([[1, 2, 0], [4, 0, 3]]), input_dim=5, output_dim=3, mask_zero=True),
    row("ReversibleEmbedding", np.array([[1, 2, 0], [4, 0, 3]]), input_dim=5, output_dim=3, lora_rank=2),
    row("ReversibleEmbedding", np.array([1, 2]), input_dim=5, output_dim=3, tie_weights=False),
    row("ReversibleEmbedding", STEPS, input_dim=5, output_dim=3, logit_soft_cap=0.5, call={"reverse": True}),
    row("ReversibleEmbedding", STEPS, input_dim=5, output_dim=3, tie_weights=False, call={"reverse": True}),
    row("ReversibleEmbedding", STEPS, input_dim=5, output_dim=3, reverse_dtype="float16", call={"reverse": True}),
    row("Dense", (2, 3, 2, 4), units=3, activation="softmax", kernel_initializer="he_uniform", bias_initializer="ones"),
    row("Activation", FLAT, activation="tanh"),
    row("Identity", FLAT),
    row("Masking", STEPS),
    row("Masking", np.array([[[0, 0], [1, 0], [0, 0]]], "float32")),
    row("ReLU", FLAT),
    row("ReLU", FLAT, max_value=0.5, negative_slope=0.1, threshold=0.2),
    row("LeakyReLU", FLAT, negative_slope=0.2),
    row("PReLU", STEPS, alpha_initializer="ones"),
    row("PReLU", IMAGE, alpha_initializer="glorot_uniform", shared_axes=[1, 2]),
    row("ELU", FLAT, alpha=0.7),
    row("Softmax", STEPS),
    row("Softmax", STEPS, axis=[1, 2]),
    row("Softmax", (2, 5), call={"mask": HOLES}),
    row("Softmax", (2, 5), call={"mask": NOTHING}, axis=-1),
    row("Flatten", IMAGE),
    row("Flatten", IMAGE, data_format="channels_first"),
    row("Flatten", (3,)),
    row("Reshape", IMAGE, target_shape=(8, -1)),
    row("Reshape", FLAT, target_shape=(2, 2)),
    row("Permute", STEPS, dims=(2, 1)),
    row("Permute", IMAGE, dims=(3, 1, 2)),
    row("RepeatVector", FLAT, n=3),
    row("ActivityRegularization", FLAT, l1=0.1, l2=0.2),
    row("Embedding", np.array([[1, 2, 0], [4, 0, 3]]), input_dim=5, output_dim=3),
    row("Embedding", np.array([[1, 2, 0], [4, 0, 3]]), input_dim=5, output_dim=3, mask_zero=True),
]
RANDOM = [
    row("Dropout", FLAT, rate=0.4, call=TRAIN),
    row("Dropout", FLAT, rate=0.4),
    row("Dropout", FLAT, rate=0.0, call=TRAIN),
    row("Dropout", STEPS, rate=0.4, noise_shape=(None, 1, None), seed=3, call=TRAIN),
    row("SpatialDropout1D", STEPS, rate=0.5, call=TRAIN),
    row("SpatialDropout2D", IMAGE, rate=0.5, seed=1, call=TRAIN),
    row("SpatialDropout2D", IMAGE, rate=0.5, data_format="channels_first", call=TRAIN),
    row("SpatialDropout3D", VOLUME, rate=0.5, call=TRAIN),
    row("GaussianNoise", FLAT, stddev=0.3, seed=4, call=TRAIN),
    row("GaussianDropout", FLAT, rate=0.3, call=TRAIN),
    row("AlphaDropout", FLAT, rate=0.3, call=TRAIN),
    row("AlphaDropout", STEPS, rate=0.3, noise_shape=(2, 5, 1), seed=2, call=TRAIN),
]
CONV = [
    row("Conv1D", STEPS, filters=4, kernel_size=3),
    row("Conv1D", STEPS, filters=4, kernel_size=2, padding="causal", dilation_rate=2),
    row("Conv1D", STEPS, filters=4, kernel_size=3, padding="same", strides=2, activation="relu"),
    row("Conv1D", STEPS, filters=4, kernel_size=2, padding="causal", data_format="channels_first"),
    row("Conv2D", IMAGE, filters=3, kernel_size=3, **UNEVEN),
    row("Conv2D", IMAGE, filters=3, kernel_size=(2, 3), padding="same", strides=2, activation="relu"),
    row("Conv2D", IMAGE, filters=4, kernel_size=2, groups=2, dilation_rate=(2, 1), use_bias=False),
    row("Conv2D", IMAGE, filters=4, kernel_size=2, data_format="channels_first", strides=(1, 2)),
    row("Conv2D", IMAGE, filters=4, kernel_size=2, lora_rank=2, lora_alpha=3),
    row("Conv3D", VOLUME, filters=3, kernel_size=2),
    row("Conv3D", VOLUME, filters=3, kernel_size=(1, 2, 2), padding="same", strides=2),
    row("Conv1D", STEPS, filters=4, kernel_size=2, lora_rank=2),
    row("Conv3D", VOLUME, filters=2, kernel_size=2, lora_rank=1),
    row("ZeroPadding1D", STEPS, padding=(1, 2)),
    row("ZeroPadding2D", IMAGE, padding=((1, 0), (2, 3))),
    row("ZeroPadding2D", IMAGE, padding=(1, 2), data_format="channels_first"),
    row("ZeroPadding3D", VOLUME, padding=2),
    row("Cropping1D", STEPS, cropping=(1, 0)),
    row("Cropping2D", IMAGE, cropping=(1, 2)),
    row("Cropping2D", IMAGE, cropping=((1, 0), (0, 1)), data_format="channels_first"),
    row("Cropping3D", VOLUME, cropping=((1, 1), (2, 1), (0, 1))),
    row("UpSampling1D", STEPS, size=3),
    row("UpSampling2D", IMAGE, size=(2, 3)),
    row("UpSampling2D", IMAGE, size=2, interpolation="bilinear"),
    row("UpSampling2D", IMAGE, size=2, interpolation="bicubic", data_format="channels_first"),
    row("UpSampling3D", VOLUME, size=(1, 2, 3)),
]
CONV += [
    row(f"Conv{rank}DTranspose", shape, filters=2, kernel_size=3, **arguments)
    for rank, shape in ((1, STEPS), (2, IMAGE), (3, VOLUME))
    for arguments in (
        {"strides": 2, "padding": "same", "activation": "tanh"},
        {"strides": 2, "output_padding": 1, "use_bias": False},
        {"dilation_rate": 2, "data_format": "channels_first"},
    )
] + [
    row("DepthwiseConv1D", STEPS, kernel_size=2, depth_multiplier=2),
    row("DepthwiseConv2D", IMAGE, kernel_size=3, strides=2, padding="same", use_bias=False),
    row("DepthwiseConv2D", IMAGE, kernel_size=(1, 2), dilation_rate=2, data_format="channels_first"),
    row("SeparableConv1D", STEPS, filters=4, kernel_size=2, padding="same", depth_multiplier=2),
    row("SeparableConv2D", IMAGE, filters=3, kernel_size=3, activation="relu"),
    row("SeparableConv2D", IMAGE, filters=3, kernel_size=2, strides=2, data_format="channels_first", use_bias=False),
]
POOL = (
    [
        row(f"{kind}Pooling{rank}D", shape, **arguments)
        for kind in ("Max", "Average")
        for rank, shape in ((1, STEPS), (2, IMAGE), (3, VOLUME))
        for arguments in (
            {"pool_size": 2},
            {"pool_size": 3, "strides": 2, "padding": "same"},
            {"pool_size": 2, "strides": 1, "data_format": "channels_first"},
        )
    ]
    + [
        row(f"Global{kind}Pooling{rank}D", shape, **arguments)
        for kind in ("Max", "Average")
        for rank, shape in ((1, STEPS), (2, IMAGE), (3, VOLUME))
        for arguments in ({}, {"keepdims": True, "data_format": "channels_first"})
    ]
    + [
        row(f"Adaptive{kind}Pooling{rank}D", shape, **arguments)
        for kind in ("Max", "Average")
        for rank, shape in ((1, STEPS), (2, IMAGE), (3, VOLUME))
        for arguments in ({"output_size": 2}, {"output_size": 3, "data_format": "channels_first"})
    ]
)
POOL.append(row("GlobalAveragePooling1D", STEPS, call={"mask": HOLES}))
NORM = [
    row("BatchNormalization", FLAT),
    row("BatchNormalization", FLAT, call=TRAIN),
    row("BatchNormalization", IMAGE, axis=1, momentum=0.8, epsilon=1e-4, call=TRAIN),
    row("BatchNormalization", STEPS, scale=False, gamma_initializer="uniform", call=TRAIN),
    row("BatchNormalization", STEPS, center=False, moving_variance_initializer="uniform"),
    row("BatchNormalization", STEPS, call={"training": True, "mask": HOLES}),
    row("BatchNormalization", FLAT, renorm=True, renorm_clipping={"rmax": 1.5, "dmax": 0.5}, call=TRAIN),
    row("BatchNormalization", FLAT, renorm=True, renorm_momentum=0.5),
    row("LayerNormalization", STEPS),
    row("LayerNormalization", IMAGE, axis=[1, 3], epsilon=1e-5, scale=False),
    row("LayerNormalization", IMAGE, axis=2, center=False, gamma_initializer="uniform"),
]
NORM += [
    row("GroupNormalization", IMAGE, groups=2, gamma_initializer="uniform"),
    row("GroupNormalization", (2, 6, 3), groups=-1, axis=1, scale=False),
    row("RMSNormalization", STEPS),
    row("RMSNormalization", STEPS, axis=[1, 2], epsilon=1e-3),
    row("UnitNormalization", STEPS),
    row("UnitNormalization", STEPS, axis=[1, 2]),
    row("SpectralNormalization", FLAT, layer=of(lambda m: m.Dense(3, name="in")), power_iterations=2),
    row("SpectralNormalization", IMAGE, layer=of(lambda m: m.Conv2D(3, 2, name="in")), call=TRAIN),
]
MERGE = [
    row(name, *shapes, listed=True, **arguments)
    for name, arguments in (("Add", {}), ("Multiply", {}), ("Average", {}), ("Maximum", {}), ("Minimum", {}))
    for shapes in ((FLAT, FLAT), (STEPS, (2, 1, 3), (2, 3)))
] + [
    row("Subtract", FLAT, FLAT, listed=True),
    row("Concatenate", STEPS, (2, 5, 1), listed=True),
    row("Concatenate", STEPS, (2, 2, 3), STEPS, axis=1, listed=True),
    row("Dot", FLAT, FLAT, axes=1, listed=True),
    row("Dot", STEPS, (2, 3), axes=-1, listed=True),
    row("Dot", STEPS, STEPS, axes=2, normalize=True, listed=True),
    row("Dot", (2, 3, 4, 5), (2, 5, 3, 2), axes=(3, 1), listed=True),
]
LOOPS = (
    {},
    {"return_sequences": True, "go_backwards": True},
    {"return_state": True, "unroll": True, "use_bias": False},
    {"dropout": 0.3, "recurrent_dropout": 0.4, "seed": 5, "call": TRAIN},
    {"dropout": 0.3, "recurrent_dropout": 0.4, "return_sequences": True, "call": TRAIN},
    {"return_sequences": True, "call": {"mask": HOLES}},
    {"return_sequences": True, "return_state": True, "go_backwards": True, "call": {"mask": PADDED}},
    {"return_sequences": True, "zero_output_for_mask": True, "call": {"mask": HOLES}},
    {"zero_output_for_mask": True, "call": {"mask": HOLES}},
    {"unroll": True, "go_backwards": True, "return_sequences": True, "call": {"mask": NOTHING}},
)
RECURRENT = [row(name, STEPS, units=4, **loop) for name in ("SimpleRNN", "GRU", "LSTM") for loop in LOOPS] + [
    row("LSTM", STEPS, units=4, activation="relu", recurrent_activation="hard_sigmoid", unit_forget_bias=False),
    row("LSTM", STEPS, units=4, bias_initializer="glorot_normal", recurrent_initializer="he_normal"),
    row("GRU", STEPS, units=4, reset_after=False, bias_initializer="uniform"),
    row("GRU", STEPS, units=4, reset_after=False, use_bias=False, return_sequences=True, call={"mask": HOLES}),
    row(
        "LSTM",
        STEPS,
        units=3,
        call={"initial_state": [np.full((2, 3), 0.3, "float32"), np.full((2, 3), -0.4, "float32")]},
    ),
    row("LSTM", STEPS, units=3, stateful=True),
    row("RNN", STEPS, cell=of(lambda m: m.LSTMCell(4)), return_state=True, call={"mask": HOLES}),
    row("RNN", STEPS, cell=of(lambda m: [m.LSTMCell(4), m.GRUCell(2)]), return_sequences=True, return_state=True),
    row("RNN", STEPS, cell=of(lambda m: [m.GRUCell(4), m.SimpleRNNCell(2)]), call={"mask": HOLES}),
    row("RNN", STEPS, cell=of(lambda m: [m.LSTMCell(4, dropout=0.4), m.GRUCell(2, recurrent_dropout=0.4)]), call=TRAIN),
]
TWICE = [
    row("Bidirectional", STEPS, layer=of(lambda m: m.LSTM(3, return_sequences=True))),
    row("Bidirectional", STEPS, layer=of(lambda m: m.GRU(3, return_sequences=True)), call={"mask": HOLES}),
    row("Bidirectional", STEPS, layer=of(lambda m: m.LSTM(3)), merge_mode="mul", call={"mask": PADDED}),
    row("Bidirectional", STEPS, layer=of(lambda m: m.LSTM(3, return_state=True)), merge_mode="sum"),
    row("Bidirectional", STEPS, layer=of(lambda m: m.SimpleRNN(3, return_state=True)), merge_mode=None),
    row(
        "Bidirectional",
        STEPS,
        layer=of(lambda m: m.GRU(3, name="one")),
        backward_layer=of(lambda m: m.GRU(3, go_backwards=True, activation="relu", name="two")),
        merge_mode="ave",
    ),
    row("TimeDistributed", STEPS, layer=of(lambda m: m.Dense(2))),
    row("TimeDistributed", (2, 3, 6, 6, 1), layer=of(lambda m: m.Conv2D(2, 3))),
    row("TimeDistributed", (7, 3, 2), layer=of(lambda m: m.BatchNormalization()), call=TRAIN),
    row("TimeDistributed", STEPS, layer=of(lambda m: m.Dropout(0.4)), call=TRAIN),
    row("ConvLSTM1D", (2, 3, 5, 2), filters=2, kernel_size=2, strides=2, padding="same", return_sequences=True),
    row("ConvLSTM2D", (2, 3, 5, 4, 2), filters=2, kernel_size=2, return_state=True, unit_forget_bias=False),
    row("ConvLSTM2D", (2, 3, 5, 4, 2), filters=2, kernel_size=2, go_backwards=True, dilation_rate=2, use_bias=False),
    row(
        "ConvLSTM2D",
        (2, 3, 2, 5, 4),
        filters=3,
        kernel_size=2,
        data_format="channels_first",
        bias_initializer="uniform",
    ),
    row("ConvLSTM2D", (2, 3, 4, 4, 1), filters=2, kernel_size=2, dropout=0.3, recurrent_dropout=0.3, call=TRAIN),
    row("ConvLSTM2D", (2, 3, 4, 4, 1), filters=2, kernel_size=2, dropout=0.3, seed=3, call=TRAIN),
    row("ConvLSTM3D", (2, 2, 3, 3, 3, 1), filters=2, kernel_size=2),
]
SEEN = np.random.default_rng(3).random((2, 4, 5)) < 0.7
HEADS = {"num_heads": 2, "key_dim": 3}
QUERY, KEYS = (2, 4, 6), (2, 5, 6)
ATTENTION = [
    row("Attention", QUERY, KEYS, listed=True),
    row("Attention", QUERY, KEYS, KEYS, listed=True, use_scale=True, score_mode="concat"),
    row("Attention", QUERY, KEYS, listed=True, dropout=0.3, seed=2, call=TRAIN),
    row("Attention", KEYS, KEYS, listed=True, call={"use_causal_mask": True, "return_attention_scores": True}),
    row("Attention", KEYS, KEYS, listed=True, call={"mask": [HOLES, PADDED], "use_causal_mask": True}),
    row("AdditiveAttention", QUERY, KEYS, listed=True),
    row("AdditiveAttention", QUERY, KEYS, listed=True, use_scale=False, call={"mask": [None, HOLES]}),
    row("MultiHeadAttention", QUERY, KEYS, **HEADS),
    row(
        "MultiHeadAttention",
        QUERY,
        KEYS,
        KEYS,
        **HEADS,
        value_dim=4,
        use_bias=False,
        output_shape=5,
        call={"return_attention_scores": True},  # without them Keras refuses a value_dim of its own
    ),
    row("MultiHeadAttention", QUERY, KEYS, **HEADS, call={"attention_mask": SEEN}),
    row("MultiHeadAttention", KEYS, KEYS, **HEADS, call={"use_causal_mask": True}, sliding_window=2),
    row("MultiHeadAttention", QUERY, KEYS, **HEADS, use_gate=True, call={"return_attention_scores": True}),
    row("MultiHeadAttention", QUERY, KEYS, **HEADS, dropout=0.4, seed=1, call={"training": True, "value_mask": HOLES}),
    row("MultiHeadAttention", (2, 3, 4, 6), (2, 3, 4, 6), **HEADS, attention_axes=2),
    row("MultiHeadAttention", QUERY, KEYS, **HEADS, output_shape=(2, 3)),
    row("GroupQueryAttention", QUERY, KEYS, head_dim=3, num_query_heads=4, num_key_value_heads=2),
    row(
        "GroupQueryAttention",
        QUERY,
        KEYS,
        head_dim=3,
        num_query_heads=4,
        num_key_value_heads=2,
        use_gate=True,
        call={"attention_mask": SEEN, "return_attention_scores": True},
    ),
    row("EinsumDense", STEPS, equation="abc,cd->abd", output_shape=(None, 4), bias_axes="d", activation="relu"),
    row("EinsumDense", STEPS, equation="abc,cde->abde", output_shape=(None, 4, 2), bias_axes="de", lora_rank=2),
    row("EinsumDense", IMAGE, equation="...x,xy->...y", output_shape=5, bias_axes="y"),
    row("EinsumDense", IMAGE, equation="ab...,bc->ac...", output_shape=5, bias_axes="c"),
    row("EinsumDense", STEPS, equation="abc,bcd->abd", output_shape=(5, 4), bias_axes="d"),
]
ROWS = ATTENTION + TWICE + CORE + RANDOM + CONV + POOL + NORM + MERGE + RECURRENT


def largest(arrays):
    """Return the largest finite number among `arrays`."""
    return max((float(np.abs(x[np.isfinite(x)]).max(initial=0)) for x in arrays if x.dtype.kind == "f"), default=0.0)


def close(ours, theirs, *, together=False):
    """Compare to RELATIVE of the largest element, of each array or of all `together`."""
    ours, theirs = (list(map(np.asarray, jax.tree.leaves(x))) for x in (ours, theirs))
    assert [(x.shape, x.dtype) for x in ours] == [(x.shape, x.dtype) for x in theirs]
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=RELATIVE, atol=RELATIVE * largest(theirs if together else [b]))


def pair(case, **more):
    """Return both layers, built from the same seed for the row's inputs."""
    built = []
    for module in (hornbeam, keras):
        module.utils.set_random_seed(7)
        layer = case.make(module, name="layer", **more)
        if any(isinstance(v, np.ndarray | list) for v in case.call.values()):
            args, kwargs = case.given(case.arrays())
            layer(*args, **{k: v for k, v in kwargs.items() if k != "training"})
        else:
            layer(*case.given([module.Input(batch_shape=x.shape, dtype=x.dtype) for x in case.arrays()])[0])
        built.append(layer)
    return built


def uncounted(path):
    return re.sub(r"_\d+\b", "", path)


def traced(layer, case, arrays, *, gradients):
    """Return outputs and the other variables' new values as a program, with gradients where they are asked for."""
    rng = np.random.default_rng(1)
    weights = [jnp.asarray(rng.uniform(0.1, 0.5, v.shape), v.dtype) for v in layer.trainable_variables]
    rest = [v.value for v in layer.non_trainable_variables]
    real = [i for i, x in enumerate(arrays) if x.dtype.kind == "f"]
    module = hornbeam if isinstance(layer, hornbeam.layers.Layer) else keras

    def forward(weights, floats):
        inputs = list(arrays)
        for i, x in zip(real, floats, strict=True):
            inputs[i] = x
        args, kwargs = case.given(inputs)
        values = zip([*layer.trainable_variables, *layer.non_trainable_variables], [*weights, *rest], strict=True)
        scope = module.StatelessScope(state_mapping=list(values))
        with scope:
            outputs = layer(*args, **kwargs)  # not stateless_call: Keras's does not apply the policy
        return outputs, [scope.get_current_value(v) for v in layer.non_trainable_variables]

    def loss(weights, floats):
        outputs, new = forward(weights, floats)
        return sum(jnp.sum(jnp.sin(y + i)) for i, y in enumerate(jax.tree.leaves(outputs))), (outputs, new)

    fn = jax.grad(loss, argnums=(0, 1), has_aux=True) if gradients else forward
    return trace(fn, weights, [jnp.asarray(arrays[i]) for i in real])


@pytest.mark.parametrize("case", ROWS)
def test_weights_values_and_gradients(case):
    ours, theirs = pair(case)
    assert [uncounted(w.path) for w in ours.weights] == [uncounted(w.path) for w in theirs.weights]
    assert [w.trainable for w in ours.weights] == [w.trainable for w in theirs.weights]
    for a, b in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_array_max_ulp(a.numpy(), np.asarray(b.value), maxulp=1)
    assert ours.supports_masking == theirs.supports_masking
    programs = tuple(traced(layer, case, case.arrays(), gradients=True) for layer in (ours, theirs))
    if not are_same(*programs):
        [(mine, other)] = run([programs])
        close(mine[1][0], other[1][0])
        close(mine[0], other[0], together=True)
        if case.name == "BatchNormalization":
            close(mine[1][1], other[1][1])


FIRST = {row.values[0].name: row for row in reversed(ROWS)}  # one row of each layer
POLICIES = ("mixed_bfloat16", "float16")


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")  # Keras's UnitNormalization in float16
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("case", FIRST.values())
def test_policies(case, policy):
    if policy == "float16" and "Attention" in case.name:
        pytest.skip("XLA has no such product on a CPU")
    for module in (hornbeam, keras):
        module.config.set_dtype_policy(policy)
    try:
        ours, theirs = pair(case)
    except NotImplementedError:
        pytest.skip("Keras draws no orthogonal matrix in half precision on a CPU")
    finally:
        for module in (hornbeam, keras):
            module.config.set_dtype_policy("float32")
    assert [(w.shape, w.dtype) for w in ours.weights] == [(w.shape, w.dtype) for w in theirs.weights]
    assert (ours.compute_dtype, ours.variable_dtype) == (theirs.compute_dtype, theirs.variable_dtype)
    programs = tuple(traced(layer, case, case.arrays(), gradients=False) for layer in (ours, theirs))
    if not are_same(*programs):
        [(mine, other)] = run([programs])
        assert [(y.shape, y.dtype) for y in jax.tree.leaves(mine[0])] == [
            (y.shape, y.dtype) for y in jax.tree.leaves(other[0])
        ]
        for a, b in zip(jax.tree.leaves(mine[0]), jax.tree.leaves(other[0]), strict=True):
            one, two = (np.asarray(y, "float32") for y in (a, b))
            np.testing.assert_allclose(one, two, rtol=HALF[policy], atol=HALF[policy] * largest([two]))


HALF = {"mixed_bfloat16": 2e-2, "float16": 4e-3}  # a few units of the last place


@pytest.mark.parametrize("size", [1, 0])
@pytest.mark.parametrize("case", FIRST.values())
def test_batches_of_one_and_of_none(case, size):
    ours, theirs = pair(case)
    arrays = [x[:size] for x in case.arrays()]
    try:
        expected = traced(theirs, case, arrays, gradients=False)
    except (TypeError, ValueError, ZeroDivisionError):
        pytest.skip("Keras refuses it")
    programs = (traced(ours, case, arrays, gradients=False), expected)
    assert programs[0].leaves() == programs[1].leaves()
    if not are_same(*programs):
        [(mine, other)] = run([programs])
        close(mine[0], other[0])


def partly(shape, unknown):
    """Return `shape` with None for the batch and for the axes in `unknown`, the last one excepted."""
    return [None if i == 0 or (i in unknown and i < len(shape) - 1) else n for i, n in enumerate(shape)]


@pytest.mark.parametrize("case", ROWS)
def test_symbolic_shapes(case):
    if case.call.keys() - {"training"} or case.arguments.get("stateful"):
        pytest.skip("arrays of a fixed batch are given")
    if case.name == "EinsumDense":
        pytest.skip("Keras takes None in output_shape for unknown, and misplaces axes behind dots")
    free = not case.arguments.get("unroll") and case.name not in ("PReLU", "LayerNormalization", "Reshape")
    for unknown in ({0}, {0, 1}) if free else ({0},):
        shapes = []
        for module in (hornbeam, keras):
            tensors = [module.Input(batch_shape=partly(x.shape, unknown)) for x in case.arrays()]
            layer = case.make(module)
            try:
                outputs = layer(*case.given(tensors)[0])
            except (TypeError, ValueError):
                assert module is keras or case.arguments.get("data_format") == "channels_first" or case.name in REFUSED
                shapes = None
                break
            shapes.append([tuple(t.shape) for t in jax.tree.leaves(outputs)])
        if shapes:
            assert shapes[0] == shapes[1]


REFUSED = (
    "BatchNormalization",
    "GroupNormalization",
    "RMSNormalization",
)  # an unknown number of features cannot be had


@pytest.mark.parametrize("case", ROWS)
def test_configurations(case):
    for first, second in ((hornbeam, keras), (keras, hornbeam)):
        layer = case.make(first, name="layer")
        there = second.layers.deserialize(first.layers.serialize(layer))
        back = first.layers.deserialize(second.layers.serialize(there))
        lost = ("seed",) if case.name == "SimpleRNN" else ()  # Keras does not write it
        assert plain(back.get_config(), lost) == plain(layer.get_config(), lost)


def plain(config, lost=()):
    """Return a configuration without what differs by nature: names that are counted, and keys that say None."""
    if isinstance(config, dict):
        return {
            k: plain(v, lost) for k, v in config.items() if v is not None and k not in ("name", "build_config", *lost)
        }
    if isinstance(config, list | tuple):
        return [plain(v, lost) for v in config]
    return config


@st.composite
def windows(draw):
    """Draw a convolution or pooling layer's name and arguments, and a shape that it may or may not fit."""
    rank = draw(st.integers(1, 3))
    name = draw(st.sampled_from(["Conv{}D", "Conv{}DTranspose", "MaxPooling{}D", "AveragePooling{}D"])).format(rank)
    sizes = st.one_of(st.integers(1, 4), st.tuples(*[st.integers(1, 4)] * rank))
    arguments = {
        "strides": draw(sizes),
        "padding": draw(st.sampled_from(["valid", "same"])),
        "data_format": draw(st.sampled_from(["channels_first", "channels_last"])),
    }
    if "Pooling" in name:
        arguments["pool_size"] = draw(sizes)
    else:
        arguments |= {"kernel_size": draw(sizes), "filters": draw(st.integers(1, 3)), "dilation_rate": draw(sizes)}
    lengths = draw(st.tuples(*[st.one_of(st.none(), st.integers(1, 9))] * rank))
    shape = (None, 2, *lengths) if arguments["data_format"] == "channels_first" else (None, *lengths, 2)
    return name, arguments, shape


@hypothesis.settings(max_examples=150, deadline=None, derandomize=True)
@hypothesis.given(windows())
def test_windows_give_keras_shapes_or_refuse(case):
    name, arguments, shape = case
    found = []
    for module in (hornbeam, keras):
        try:
            found.append(tuple(getattr(module.layers, name)(**arguments).compute_output_shape(shape)))
        except ValueError:
            found.append("refused")
    ours, theirs = found
    if "Pooling" in name and isinstance(theirs, tuple) and 0 in theirs:
        theirs = "refused"  # Keras returns nothing at all where a window does not fit
    assert ours == theirs
