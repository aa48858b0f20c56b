"""Operations in a graph's configuration: Keras's files name a class and its options, a FunctionCall a function.

Keras splits the arguments of an operation into options, kept with the class, and data, kept with each call. Here all
arguments stay with the call.
"""

import inspect
from collections.abc import Mapping
from typing import Any

from hornbeam._core import registry
from hornbeam._core.names import snake_case

_CLASSES = {  # function -> class, where the one does not follow from the other
    "allclose": "AllClose",
    "batch_normalization": "BatchNorm",
    "cdist": "CDist",
    "ctc_decode": "CTCDecode",
    "ctc_loss": "CTCLoss",
    "fft": "FFT",
    "fft2": "FFT2",
    "ifft2": "IFFT2",
    "irfft": "IRFFT",
    "isin": "IsIn",
    "istft": "ISTFT",
    "layer_normalization": "LayerNorm",
    "psnr": "PSNR",
    "rfft": "RFFT",
    "rms_normalization": "RMSNorm",
    "searchsorted": "SearchSorted",
    "stft": "STFT",
    "svd": "SVD",
}
_FUNCTIONS = {cls: function for function, cls in _CLASSES.items()}
_MODULES = {  # the module of Keras's that a class is in; all others are in 'numpy'
    "core": (
        "associative_scan cast convert_to_tensor saturate_cast scatter scatter_update slice slice_update "
        "stop_gradient unstack"
    ),
    "linalg": (
        "cholesky cholesky_inverse det eig eigh inv jvp lstsq lu_factor matrix_rank norm pinv qr solve "
        "solve_triangular svd"
    ),
    "math": (
        "cdist erf erfc erfinv extract_sequences fft fft2 ifft2 in_top_k irfft istft logdet logsumexp rfft rsqrt "
        "segment_max segment_min segment_prod segment_sum stft top_k view_as_complex view_as_real"
    ),
    "nn": (
        "adaptive_average_pool adaptive_max_pool average_pool batch_normalization binary_crossentropy "
        "categorical_crossentropy celu conv conv_transpose ctc_decode ctc_loss depth_to_space depthwise_conv "
        "dot_product_attention elu fold gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh "
        "layer_normalization leaky_relu log_sigmoid log_softmax max_pool moments multi_hot normalize one_hot "
        "polar psnr relu relu6 rms_normalization selu separable_conv sigmoid silu soft_shrink softmax softplus "
        "softsign space_to_depth sparse_categorical_crossentropy sparse_plus sparse_sigmoid sparsemax squareplus "
        "tanh_shrink threshold unfold"
    ),
}
_MODULE_OF = {function: module for module, functions in _MODULES.items() for function in functions.split()}
_DATA = frozenset(  # names of arguments that are data in Keras's operations; all others are options
    (
        "a abs_ angle array axes_lengths b beta bias bins choicelist condition condlist constant_values "
        "coordinates data default depthwise_kernel elements elems fill_value gamma images index indices inputs "
        "kernel key mask mean offset operands output output_length pattern pointwise_kernel predictions q query "
        "scale segment_ids sequence_lengths sorted_sequence start start_indices step stop target target_length "
        "targets tensor updates value values variance weights x x1 x2 xs y"
    ).split()
)
_OPTIONS = {  # function -> an argument that is an option although its name is otherwise one of data
    "bincount": "weights",
    "diagonal": "offset",
    "histogram": "bins",
    "squareplus": "b",
    "trace": "offset",
    "trapezoid": "x",
    "unique": "fill_value",
}


def _signature(function: str) -> inspect.Signature | None:
    found = registry.public_object("keras.ops", function)
    return inspect.signature(found) if callable(found) else None


def from_file(layer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a layer of a graph, an operation of Keras's as a FunctionCall."""
    module, cls = layer.get("module"), layer.get("class_name")
    if not isinstance(module, str) or not module.startswith("keras.src.ops.") or not isinstance(cls, str):
        return dict(layer)
    function = _FUNCTIONS.get(cls, snake_case(cls))
    signature = _signature(function)
    if signature is None:
        return dict(layer)
    options = {name: value for name, value in layer["config"].items() if name != "name"}
    calls = [_with_options(call, options, signature) for call in layer["inbound_nodes"]]
    config = {"name": layer["config"].get("name"), "function": function}
    return {**layer, "module": "keras.ops", "class_name": "FunctionCall", "config": config, "inbound_nodes": calls}


def _with_options(call: Mapping[str, Any], options: Mapping[str, Any], signature: inspect.Signature) -> dict[str, Any]:
    """Return a call's arguments with the options among them."""
    kwargs = {**call["kwargs"], **{name: value for name, value in options.items() if name in signature.parameters}}
    positional, data = [], list(call["args"])
    if "key" in signature.parameters and isinstance(data[-1], list):  # an index of several parts: JSON has no tuples
        data[-1] = {"class_name": "__tuple__", "config": {"value": data[-1]}}
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            return {"args": [*positional, *data], "kwargs": kwargs}
        if parameter.kind is parameter.KEYWORD_ONLY or not (name in kwargs or data):
            break
        positional.append(kwargs.pop(name) if name in kwargs else data.pop(0))
    return {"args": positional, "kwargs": kwargs}


def to_file(layer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a layer of a graph, a FunctionCall as the operation that Keras has for it."""
    if layer.get("class_name") != "FunctionCall":
        return dict(layer)
    name, function = layer["config"]["name"], layer["config"]["function"]
    signature = _signature(function)
    if signature is None or len(layer["inbound_nodes"]) != 1:
        return dict(layer)
    call = layer["inbound_nodes"][0]
    bound = signature.bind(*call["args"], **call["kwargs"])
    bound.apply_defaults()
    config, data = {"name": name}, []
    for argument, value in bound.arguments.items():
        kind = signature.parameters[argument].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            config |= value
        elif argument not in _DATA or _OPTIONS.get(function) == argument:
            config[argument] = value
        elif kind is inspect.Parameter.VAR_POSITIONAL:
            data += value
        else:
            data.append(value)
    cls = _CLASSES.get(function) or "".join(part.capitalize() for part in function.split("_"))
    module = f"keras.src.ops.{_MODULE_OF.get(function, 'numpy')}"
    node = {"args": data, "kwargs": {}}
    named = {"module": module, "class_name": cls, "registered_name": cls}
    return {**layer, **named, "config": config, "inbound_nodes": [node]}
