"""How much of Keras's interface is here: `make coverage` prints it, test_coverage.py keeps it from falling.

The catalogue is the pinned Keras itself. A name counts when it can be reached under the same dotted name; a signature
when it takes the same arguments, in the same order, with the same defaults; a member when the class has it.
What is left out stands in LEFT_OUT, what takes other arguments in OTHER_ARGUMENTS, each with its reason.
"""

import dis
import fnmatch
import functools
import importlib
import inspect
from collections import Counter

from tests.parity.oracle import keras

AUGMENTATION = "A later step: image augmentation."
FEATURES = "A later step: preprocessing of text and features."
DATA = "A later step: data sets, and files as data sets."
GONE = "Keras keeps the name to raise an error."
VIEWS = "Quantized weights are seen through views, so that `call` itself computes with them."
DROPOUT = "A mask for dropout is drawn per call and passed along; a cell keeps none."
NO_RAGGED = "JAX has no ragged arrays."
LEFT_OUT = {  # pattern of dotted names, or of 'Class.member' -> reason
    "applications*": "A later step: well-known models.",
    "datasets.*": DATA,
    "*_dataset_from_directory": DATA,
    "distillation.*": "A later step: distillation.",
    "distribution.*": "A later step: several devices.",
    "export.*": "A later step: export.",
    "*.export": "A later step: export.",
    "visualization.*": "A later step: pictures of boxes and masks.",
    "utils.bounding_boxes.*": AUGMENTATION,
    "wrappers.*": "A later step: scikit-learn's interface.",
    "utils.FeatureSpace": FEATURES,
    "saving.KerasFileEditor": "A later step: editing files.",
    "optimizers.legacy.*": GONE,
    "utils.legacy.*": "The same two functions stand in legacy.saving.",
    "*.add_metric": GONE,
    "*.quantized_build": VIEWS,
    "*.quantized_call": VIEWS,
    "*.variable_serialization_spec": VIEWS,
    "*.get_quantization_layer_structure": "A later step: quantization that looks at data (GPTQ, AWQ).",
    "*.rematerialized_call": "RematScope wraps `call` when the layer is made.",
    "*.get_dropout_mask": DROPOUT,
    "*.get_recurrent_dropout_mask": DROPOUT,
    "*.reset_dropout_mask": DROPOUT,
    "*.reset_recurrent_dropout_mask": DROPOUT,
    "callbacks.TensorBoard.summary": "In Keras, a call into TensorFlow.",
    "quantizers.QuantizationConfig.mode": "The ways to quantize each have theirs.",
    "KerasTensor.ragged_rank": NO_RAGGED,
    "KerasTensor.row_splits_dtype": NO_RAGGED,
    "Operation.*_config": "Operations in a graph are written by the model; layers have both.",
    "Function.*_config": "Keras's raises: a graph is written as part of a model.",
    "Function.compute_output_shape": "`compute_output_spec` gives the shapes with the dtypes.",
    "layers.TorchModuleWrapper.parameters": "The class raises at construction: there is JAX alone.",
} | dict.fromkeys((f"layers.{name}" for name in (
    "AugMix AutoContrast CenterCrop ContrastLimitedAdaptiveHistogramEqualization CutMix Equalization "
    "MaxNumBoundingBoxes MixUp Pipeline RandAugment Random* Rescaling Resizing Solarization"
).split()), AUGMENTATION) | dict.fromkeys((f"layers.{name}" for name in (
    "CategoryEncoding Discretization HashedCrossing Hashing IntegerLookup MelSpectrogram Normalization "
    "STFTSpectrogram StringLookup TextVectorization"
).split()), FEATURES) | dict.fromkeys((f"dtype_policies.DTypePolicyMap.{name}" for name in (
    "clear get items keys pop popitem setdefault update values"
).split()), "A map of policies is read and changed by []; of a dict's methods it has no more.")  # fmt: skip
CLEAR_ERRORS = {  # there, and raising at construction: what is said
    "layers.TFSMLayer": "TensorFlow",
    "layers.TorchModuleWrapper": "PyTorch",
}
OVERRIDES = "A layer's own method, called by position, names its arguments as it needs them."
OTHER_ARGUMENTS = {  # pattern -> why the arguments are not Keras's
    "Variable": "`layout` is a later step's: several devices.",
    "*Model": "Ours names `name`, `trainable` and `dtype`, which Keras takes as **kwargs.",
    "*.compute_mask": OVERRIDES,
    "*.compute_output_shape": OVERRIDES,
    "layers.RMSNormalization.call": OVERRIDES,
    "layers.SimpleRNNCell.call": OVERRIDES,
    "*.LossScaleOptimizer.build": "The argument is `variables` for all optimizers.",
    "optimizers.*.build": "The argument is `variables` for all optimizers.",
    "optimizers.*.update_step": "The argument is `gradient` for all optimizers.",
    "optimizers.Muon.transpose_last_axis": "Called by position.",
    "callbacks.CallbackList.on_*": "Called by position.",
    "KerasTensor.*": "Called by position.",
    "utils.Config.get": "Named as that of a dict.",
}


@functools.cache
def catalogue():
    """Return what Keras offers, by dotted name without its own: 'layers.Dense' -> the class."""
    found, rooms = {}, [("", keras)]
    while rooms:
        path, module = rooms.pop()
        for name in (n for n in dir(module) if n[0] != "_"):
            value = getattr(module, name)
            if not inspect.ismodule(value):
                found[path + name] = value
            elif value.__name__ == f"keras.{path}{name}" and name != "src":
                rooms.append((f"{path}{name}.", value))
    return dict(sorted(found.items()))


def ours(name):
    """Return what stands under the dotted name here, or None."""
    value = importlib.import_module("hornbeam")
    for part in name.split("."):
        if inspect.ismodule(value) and not hasattr(value, part):
            try:
                value = importlib.import_module(f"{value.__name__}.{part}")
            except ModuleNotFoundError:
                return None
        else:
            value = getattr(value, part)
    return value


def arguments(fn):
    """Return (name, kind, default) of each argument, `**kwargs` left out; defaults as text, to compare objects."""
    fn = fn.__init__ if inspect.isclass(fn) else fn
    if fn is object.__init__:
        return []
    found = [p for p in inspect.signature(fn).parameters.values() if p.kind is not p.VAR_KEYWORD and p.name != "self"]
    return [(p.name, p.kind.description, "" if p.default is p.empty else repr(p.default)) for p in found]


def members(cls):
    """Return the names of the public members that Keras gives a class, those of its base in the language left out."""
    return [name for name in dir(cls) if name[0] != "_" and not hasattr(object, name)] if inspect.isclass(cls) else []


@functools.cache
def attributes(cls):
    """Return the names of a class's own members, and of the attributes that its methods set."""
    methods = [inspect.unwrap(value) for value in vars(cls).values() if inspect.isfunction(value)]
    return set(vars(cls)) | {i.argval for m in methods for i in dis.get_instructions(m) if i.opname == "STORE_ATTR"}


def has(cls, member):
    """Return whether a class, or its objects, have a member; RNNs pass the names of arguments on to their cell."""
    passed = hasattr(cls, "__getattr__") and member in inspect.signature(cls.__init__).parameters
    return passed or hasattr(cls, member) or any(member in attributes(base) for base in cls.__mro__)


def refused(cls, theirs, member):
    """Return the names of the arguments that a method of Keras's takes and ours does not."""
    own, other = inspect.getattr_static(cls, member, None), getattr(theirs, member, None)
    if not inspect.isfunction(own) or not inspect.isfunction(other):
        return []
    parameters = inspect.signature(own).parameters.values()
    taken, passed = {p.name for p in parameters}, {p.kind for p in parameters}
    if inspect.Parameter.VAR_KEYWORD in passed:
        return []
    wanted = inspect.signature(other).parameters.values()
    starred = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in wanted if p.kind not in starred and p.name not in taken]


@functools.cache
def compared():
    """Return ({names there}, {names missing}, {names whose arguments differ}), members as 'Class.member'."""
    there, missing, differ = set(), set(), set()
    for name, theirs in catalogue().items():
        own = ours(name)
        if own is None:
            missing.add(name)
            continue
        there.add(name)
        if callable(theirs) and arguments(own) != arguments(theirs):
            differ.add(name)
        for member in members(theirs):
            (there if has(own, member) else missing).add(f"{name}.{member}")
            differ |= {f"{name}.{member}"} if refused(own, theirs, member) else set()
    return there, missing, differ


def reason(name, table=None):
    """Return why a name is left out, or stands in another table, or None."""
    table = LEFT_OUT if table is None else table
    return next((why for pattern, why in table.items() if fnmatch.fnmatchcase(name, pattern)), None)


def report():
    """Return the lines of the table: per module names, signatures and members that are here, of how many."""
    there, missing, differ = compared()
    rows = {}
    for name, theirs in catalogue().items():
        row = rows.setdefault(name.rpartition(".")[0] or "keras", Counter())
        row["names"] += name in there
        row["of names"] += 1
        if name in there and callable(theirs):
            row["signatures"] += name not in differ
            row["of signatures"] += 1
        for member in members(theirs) if name in there else []:
            row["members"] += f"{name}.{member}" in there
            row["of members"] += 1
    rows["together"] = sum(rows.values(), Counter())
    kinds = ("names", "signatures", "members")
    lines = [f"{'':24}" + "".join(f"{kind:>16}" for kind in kinds)]
    for module, row in rows.items():
        cells = (f"{row[kind]} / {row[f'of {kind}']}" if row[f"of {kind}"] else "" for kind in kinds)
        lines.append(f"{module:24}" + "".join(f"{cell:>16}" for cell in cells))
    left = Counter(reason(name) for name in missing)
    return [*lines, "", *(f"{count:5}  {why}" for why, count in sorted(left.items(), key=str))]


if __name__ == "__main__":
    print("\n".join(report()))  # noqa: T201  # what it is for
