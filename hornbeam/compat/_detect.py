"""Which era a program was written for, from its source: what it imports, and the words of its calls.

The rules, in their order:

1. A word that only Keras 3 has (`keras.ops`, `keras.saving`, ...) means era 3.
2. A word of Keras 1 (`nb_epoch=`, `border_mode=`, `Model(input=...)`, ...) means era 1, unless a word that came with
   Keras 2 (`epochs=`, `kernel_size=`, ...) or TensorFlow's Keras is there too: Keras 2 took both, so it means era 2.
3. A word that went with Keras 2 (`np_utils`, `fit_generator`, `lr=`, `keras.layers.core`, ...) means era 2.
4. Keras inside TensorFlow means era 2; Keras by itself means era 3.
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hornbeam.compat._magics import without_magics

_KERAS_1_ARGUMENTS = (
    "nb_epoch nb_filter nb_row nb_col filter_length subsample subsample_length border_mode dim_ordering inner_init "
    "inner_activation forget_bias_init dropout_W dropout_U W_regularizer U_regularizer b_regularizer W_constraint "
    "U_constraint b_constraint samples_per_epoch nb_val_samples val_samples nb_worker max_q_size pickle_safe "
    "consume_less show_accuracy nb_classes pool_length atrous_rate"
).split()
_KERAS_1_NAMES = (
    "initializations visualize_util Merge merge MaxoutDense Highway TimeDistributedDense AtrousConvolution2D SReLU "
    "ParametricSoftplus WeightRegularizer ActivityRegularizer activity_l1 activity_l2 activity_l1l2 l1l2 "
    "set_image_dim_ordering image_dim_ordering get_output_shape_for"
).split()
_FROM_KERAS_2_ARGUMENTS = (
    "epochs steps_per_epoch validation_steps filters kernel_size units padding data_format use_bias "
    "kernel_initializer bias_initializer recurrent_initializer embeddings_initializer kernel_regularizer "
    "bias_regularizer recurrent_regularizer kernel_constraint recurrent_activation recurrent_dropout rate dilation_rate"
).split()
_UP_TO_KERAS_2_ARGUMENTS = "lr decay batch_input_shape implementation".split()
_UP_TO_KERAS_2_NAMES = (
    "np_utils vis_utils fit_generator evaluate_generator predict_generator predict_classes predict_proba "
    "Convolution1D Convolution2D Convolution3D Deconvolution2D CuDNNLSTM CuDNNGRU multi_gpu_model objectives engine "
    "_keras_shape get_session set_session tensorflow_backend learning_phase int_shape permute_dimensions "
    "batch_flatten l2_normalize in_train_phase"
).split()
_KERAS_3_NAMES = "ops saving Variable StatelessScope KerasTensor SeedGenerator remat distribution quantizers".split()
_SUBMODULES_THAT_WENT = (
    "core convolutional pooling recurrent normalization advanced_activations embeddings noise wrappers local merge "
    "convolutional_recurrent cudnn_recurrent topology training input_layer base_layer np_utils vis_utils generic_utils"
).split()
_ACCURACY = ("acc", "val_acc")


@dataclass
class Evidence:
    """The era of a program, and what says so: (line, word) by what the word means."""

    era: int = 3
    words: dict[str, list[tuple[int, str]]] = field(default_factory=dict)


def detect(*sources: str) -> Evidence:
    """Return the era of a program given as its source, or the sources of its files.

    >>> detect("from keras.models import Sequential; model.fit(x, y, nb_epoch=3)").era
    1
    >>> detect("from tensorflow.python.keras.utils import np_utils").era
    2
    """
    evidence = Evidence()
    for source in sources:
        for meaning, line, word in _words(source):
            evidence.words.setdefault(meaning, []).append((line, word))
    found = evidence.words
    if "only 3" in found:
        evidence.era = 3
    elif "1" in found:
        evidence.era = 2 if "from 2" in found or "tensorflow" in found else 1
    elif "up to 2" in found or "tensorflow" in found:
        evidence.era = 2
    return evidence


def _words(source: str) -> Iterator[tuple[str, int, str]]:
    """Yield (meaning, line, word) for the words of a program that tell its era."""
    try:
        tree = ast.parse(without_magics(source)[0])
    except SyntaxError:
        return
    roots = {"keras"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _import_words(node, roots)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _call_words(node)
        elif isinstance(node, ast.Attribute):
            yield from _name_words(
                node.attr, node, in_keras=isinstance(node.value, ast.Name) and node.value.id in roots
            )
        elif isinstance(node, ast.FunctionDef) and node.name in _KERAS_1_NAMES:
            yield "1", node.lineno, node.name
        elif isinstance(node, ast.Constant) and node.value in _ACCURACY:
            yield "up to 2", node.lineno, repr(node.value)


def _import_words(node: ast.Import | ast.ImportFrom, roots: set[str]) -> Iterator[tuple[str, int, str]]:
    """Yield what an import says; `roots` gathers the names under which `keras` itself is known."""
    for alias in node.names:
        parts = alias.name.split(".") if isinstance(node, ast.Import) else [*(node.module or "").split("."), alias.name]
        if parts[0] == "tensorflow":
            yield "tensorflow", node.lineno, ".".join(parts)
            if "keras" not in parts:
                continue
            at = parts.index("keras")
            if at > 1:  # tensorflow.python.keras, tensorflow.contrib.keras
                yield "up to 2", node.lineno, ".".join(parts)
            parts = parts[at:]
        if parts[0] != "keras":
            continue
        if len(parts) == 1:
            roots.add(alias.asname or "keras")
        for depth, part in enumerate(parts[1:], start=1):
            if depth > 1 and part in _SUBMODULES_THAT_WENT and depth < len(parts) - isinstance(node, ast.ImportFrom):
                yield "up to 2", node.lineno, ".".join(parts)
            yield from _name_words(part, node, in_keras=depth == 1)


def _name_words(name: str, node: ast.AST, *, in_keras: bool) -> Iterator[tuple[str, int, str]]:
    line = getattr(node, "lineno", 0)
    if name in _KERAS_1_NAMES and (in_keras or name not in ("merge", "Merge") or isinstance(node, ast.ImportFrom)):
        yield "1", line, name
    elif name in _UP_TO_KERAS_2_NAMES:
        yield "up to 2", line, name
    elif in_keras and name in _KERAS_3_NAMES:
        yield "only 3", line, name


def _call_words(node: ast.Call) -> Iterator[tuple[str, int, str]]:
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    for word in (k.arg for k in node.keywords if k.arg):
        if word in _KERAS_1_ARGUMENTS:
            yield "1", node.lineno, f"{word}="
        elif called == "Model" and word in ("input", "output"):
            yield "1", node.lineno, f"Model({word}=...)"
        elif called != "Embedding" and word in ("output_dim", "init"):
            yield "1", node.lineno, f"{word}="
        elif called == "Dropout" and word == "p":
            yield "1", node.lineno, "Dropout(p=...)"
        elif word in _FROM_KERAS_2_ARGUMENTS and (called[:1].isupper() or called.startswith("fit")):
            yield "from 2", node.lineno, f"{word}="
        elif word in _UP_TO_KERAS_2_ARGUMENTS:
            yield "up to 2", node.lineno, f"{word}="
    if called == "Convolution2D" and len(node.args) >= 3:
        yield "1", node.lineno, "Convolution2D(filters, rows, columns)"
    elif isinstance(node.func, ast.Name) and called in _UP_TO_KERAS_2_NAMES:
        yield "up to 2", node.lineno, called


def importing_sources() -> list[str]:
    """Return the source of the code that imports right now, and of the main program."""
    frame = sys._getframe(1)
    while frame is not None and _is_machinery(frame.f_code.co_filename):
        frame = frame.f_back
    names = [] if frame is None else [frame.f_code.co_filename]
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    if main and main not in names:
        names.append(main)
    return ["".join(linecache.getlines(name)) for name in names]


def _is_machinery(file: str) -> bool:
    return file.startswith(("<frozen importlib", str(Path(__file__).parent))) or "/importlib/" in file
