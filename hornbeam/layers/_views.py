"""Weights seen through something else: the layer reads `value` and does not know."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hornbeam import dtype_policies, initializers
from hornbeam._core import config
from hornbeam._core.state import HERE, Variable
from hornbeam.layers._checks import refusal, whole
from hornbeam.layers._layer import Layer
from hornbeam.quantizers import (
    AbsMaxQuantizer,
    Int4QuantizationConfig,
    Int8QuantizationConfig,
    QuantizationConfig,
    pack_int4,
    unpack_int4,
)
from hornbeam.quantizers import abs_max_quantize_grouped_with_zero_point as by_groups
from hornbeam.quantizers._configs import refuse_mode, resolve


class View:
    """What stands in the place of a weight: `value` is computed from Variables."""

    shape: tuple[int, ...]
    dtype: str

    parts: Any  # the Variables that files hold, by what comes after the weight's name in theirs
    value: Any  # the weight as the layer applies it
    rows: Callable[[Any], Any]  # the rows with the given numbers, computed alone

    def numpy(self) -> np.ndarray:
        """Return the value as a NumPy array."""
        return np.asarray(self.value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.value, dtype=dtype)


def rows(weight: Any, ids: Any) -> Any:
    """Return the rows `ids` of a weight, of which only those are computed."""
    return weight.rows(ids) if isinstance(weight, View) else jnp.take(weight.value, ids, axis=0)


class LowRank(View):
    """A weight plus `scale * a @ b`, where `a` `(..., rank)` and `b` `(rank, features)` are learned in its place."""

    def __init__(self, base: Variable | View, a: Variable, b: Variable, scale: float) -> None:
        self.base, self.a, self.b, self.scale = base, a, b, scale
        self.shape, self.dtype = base.shape, base.dtype

    @property
    def parts(self) -> dict[str, Variable]:
        """The Variables of the weight below, by what comes after its name in theirs."""
        return self.base.parts if isinstance(self.base, View) else {"": self.base}

    @property
    def value(self) -> Any:
        """The weight as the layer applies it."""
        return self._added(self.base.value, self.a.value)

    def rows(self, ids: Any) -> Any:
        """Return the rows `ids`."""
        return self._added(rows(self.base, ids), jnp.take(self.a.value, ids, axis=0))

    def _added(self, base: Any, a: Any) -> Any:
        return (base + self.scale * jnp.matmul(a, self.b.value)).astype(base.dtype)

    def merged(self) -> dict[str, Any]:
        """Return what `parts` would be with the product added."""
        return self.base.layout.encode(self.value) if isinstance(self.base, Quantized) else {"": self.value}


@dataclasses.dataclass(frozen=True)
class Layout:
    """How a weight of `shape` becomes whole numbers of `bits` bits and back; names, axes and values are Keras's.

    Eight bits: the numbers have the weight's shape. There is one scale for all of its axes `inputs`; `outputs` says
    which other axis of the weight each axis of the scale is, None being an axis of length 1.
    Four bits: the weight is a matrix (inputs, outputs), its transpose where it is `turned`. Its numbers lie two to a
    byte along the axis `packed`; they have a scale for each output, or scale and zero for `block` inputs of each.
    """

    shape: tuple[int, ...]
    inputs: tuple[int, ...] = (0,)
    outputs: tuple[int | None, ...] = (1,)
    turned: bool = False
    packed: int = -1
    bits: int = 8
    block: int = -1
    quantizer: Any = None

    @property
    def length(self) -> int:
        """How many inputs an output is summed over."""
        return math.prod(self.shape[i] for i in self.inputs)

    def _matrix(self, x: Any) -> Any:
        return x.T if self.turned else x

    def encode(self, weight: Any) -> dict[str, Any]:
        """Return the whole numbers, scales and zeros of a weight, by what their names end with."""
        quantizer = self.quantizer or AbsMaxQuantizer(value_range=(-127, 127) if self.bits == 8 else (-8, 7))
        if self.bits == 8:
            codes, scale = quantizer(weight, axis=self.inputs)
            lengths = [1 if i is None else self.shape[i] for i in self.outputs]
            return {"": codes, "_scale": scale.transpose([*self._outputs, *self.inputs]).reshape(lengths)}
        matrix = self._matrix(weight).reshape(self.length, -1)
        if self.block == -1:
            codes, scale = quantizer(matrix, axis=0)
            found = {"": codes, "_scale": scale.reshape(-1)}
        else:
            found = dict(zip(["", "_scale", "_zero"], by_groups(matrix, self.block), strict=True))
        found = {ending: self._matrix(x) for ending, x in found.items()}
        return found | {"": pack_int4(found[""], self.packed)[0]}

    def decode(self, codes: Any, scale: Any, zero: Any = None, groups: Any = None) -> Any:
        """Return the weight; `groups` says which block each input is in."""
        if self.bits == 8:
            lengths = [1 if i in self.inputs else n for i, n in enumerate(self.shape)]
            scale = scale.reshape([self.shape[i] for i in self._outputs])
            return codes.astype(scale.dtype) / scale.transpose(np.argsort(self._outputs)).reshape(lengths)
        sizes = self.shape if self.turned else (self.length, math.prod(self.shape) // self.length)
        codes = self._matrix(unpack_int4(codes, sizes[self.packed], self.packed).astype(scale.dtype))
        if zero is None or groups is None:
            matrix = codes / scale
        else:
            zero, scale = (jnp.take(self._matrix(x), groups.astype("int32"), axis=0) for x in (zero, scale))
            matrix = (codes - zero.astype(scale.dtype)) * scale
        return self._matrix(matrix).reshape(self.shape)

    @property
    def _outputs(self) -> list[int]:
        return [i for i in self.outputs if i is not None]


class Quantized(View):
    """A weight kept as whole numbers of few bits, with the scales that make them real numbers again."""

    def __init__(self, layout: Layout, parts: dict[str, Variable], groups: Variable | None) -> None:
        self.layout, self.parts, self.groups = layout, parts, groups
        self.shape, self.dtype = layout.shape, parts["_scale"].dtype

    def _decoded(self, layout: Layout, arrays: list[Any]) -> Any:
        groups = {} if self.groups is None else {"groups": self.groups.value}
        weight = layout.decode(*arrays, **groups)
        return weight if HERE.autocast is None else weight.astype(HERE.autocast)

    @property
    def value(self) -> Any:
        """The weight as the layer applies it."""
        return self._decoded(self.layout, [part.value for part in self.parts.values()])

    def rows(self, ids: Any) -> Any:
        """Return the rows `ids`."""
        layout = dataclasses.replace(self.layout, shape=(ids.size, *self.shape[1:]))
        found = [jnp.take(part.value, ids.reshape(-1), axis=0) for part in self.parts.values()]
        return self._decoded(layout, found).reshape(*ids.shape, *self.shape[1:])


class _Merged:
    """A Variable of a weight with a low-rank product on top, in files one: what is loaded takes the place of both."""

    def __init__(self, view: LowRank, ending: str) -> None:
        self.view, self.ending, self.part = view, ending, view.parts[ending]
        self.name, self.path, self.shape = self.part.name, self.part.path, self.part.shape

    def numpy(self) -> np.ndarray:
        return np.asarray(self.view.merged()[self.ending])

    def assign(self, value: Any) -> None:
        self.part.assign(value)
        self.view.b.assign(np.zeros(self.view.b.shape))


class Adaptable(Layer):
    """A layer whose main weight can be adapted by a product of low rank (LoRA, Hu et al. 2021)."""

    adapted = "kernel"
    lora_enabled = False

    def _store_lora(self, rank: int | None, alpha: float | None) -> None:
        """Check and store the constructor's arguments."""
        self.lora_rank = rank if rank is None else whole(self, "lora_rank", rank)
        self.lora_alpha = rank if alpha is None else alpha

    def _adapt_if_asked(self) -> None:
        if self.lora_rank is not None:
            self.enable_lora(self.lora_rank, self.lora_alpha)

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """Freeze the main weight and learn `lora_alpha / rank * a @ b` on top of it; `lora_alpha` is `rank` by default.

        The layer must be built, have no constraint on that weight, and not be adapted yet; it may be quantized. Files
        hold the weight with the product added to it: that of a quantized layer is rounded again.
        """
        base, constraint = getattr(self, self.adapted, None), getattr(self, f"{self.adapted}_constraint")
        if constraint is not None:
            raise refusal(self, f"no {self.adapted}_constraint beside LoRA", f"{constraint!r}")
        if base is None or self.lora_enabled:
            state = "adapted already" if self.lora_enabled else "not built yet"
            raise refusal(self, "to be built, and adapted once", f"a layer that is {state}")
        self.lora_rank = whole(self, "rank", rank)
        self.lora_alpha = rank if lora_alpha is None else lora_alpha
        shapes = {"a": (*base.shape[:-1], rank), "b": (rank, base.shape[-1])}
        rules = {"a": initializers.get(a_initializer), "b": initializers.get(b_initializer)}
        a, b = (self.add_weight(shapes[x], rules[x], config.floatx(), name=f"lora_{self.adapted}_{x}") for x in "ab")
        setattr(self, f"lora_{self.adapted}_a", a)
        setattr(self, f"lora_{self.adapted}_b", b)
        if isinstance(base, Variable):
            base.trainable = False
        setattr(self, self.adapted, LowRank(base, a, b, self.lora_alpha / rank))
        self.lora_enabled = True

    def _saved_weights(self) -> list[Any]:
        """Return the weights as files hold them: what is learned on top of a weight is merged into it."""
        view = getattr(self, self.adapted, None)
        if not isinstance(view, LowRank):
            return self._weights
        merged = {id(part): _Merged(view, ending) for ending, part in view.parts.items()}
        return [merged.get(id(w), w) for w in self._weights if w is not view.a and w is not view.b]


_ORDER = ["kernel", "embeddings", "bias", "kernel_scale", "embeddings_scale", "kernel_zero", "embeddings_zero", "g_idx"]


class Quantizable(Adaptable):
    """A layer whose main weights can be kept in few bits: see `Layer.quantize`."""

    quantizable = True
    g_idx: Variable  # the block that each input is in, of four bits in blocks
    coded: Mapping[str, Any] = {"kernel": {}}  # weight -> its axes, as `Layout` takes them

    def _store_quantization(self, config: Any) -> None:
        """Check and store the constructor's argument."""
        self.quantization_config = None if config is None else resolve(None, config)

    def _layout(self, name: str, shape: tuple[int, ...]) -> Layout:
        """Return how weight `name` lies; the policy and the configuration say in how many bits."""
        kind = {
            "bits": 8 if self.quantization_mode == "int8" else 4,
            "block": getattr(self.dtype_policy, "block_size", -1),
        }
        quantizer = getattr(self.quantization_config, "weight_quantizer", None)
        return Layout(shape, quantizer=quantizer, **kind, **self._axes(name))

    def _axes(self, name: str) -> dict[str, Any]:
        """Return which axes of weight `name` are inputs and outputs, as Layout takes them."""
        return self.coded[name]

    def add_weight(self, shape: Any = None, initializer: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return a new weight; a main weight of a layer with a policy such as 'int8_from_float32' is kept like that."""
        name, mode = str(kwargs.get("name")), self.quantization_mode
        if name not in self.coded or mode is None:
            return super().add_weight(shape, initializer, *args, **kwargs)
        refuse_mode(mode)
        layout = self._layout(name, tuple(shape))
        found = jax.eval_shape(layout.encode, jax.ShapeDtypeStruct(tuple(shape), jnp.dtype(self.variable_dtype)))
        ones = {ending: jnp.full(x.shape, ending == "_scale", x.dtype) for ending, x in found.items()}
        return self._coded(name, layout, ones)

    def _coded(self, name: str, layout: Layout, arrays: Mapping[str, Any]) -> Quantized:
        """Return the view of a weight whose whole numbers and scales are `arrays`; their Variables are made."""

        def add(name: str, value: Any) -> Variable:
            dtype = value.dtype.name
            made = Layer.add_weight(self, value.shape, value, dtype, trainable=False, autocast=False, name=name)
            if name not in self.coded:
                setattr(self, name, made)
            return made

        if name.startswith("reverse") and "_zero" in arrays:  # Keras keeps these zeros as real numbers
            arrays = {**arrays, "_zero": arrays["_zero"].astype(arrays["_scale"].dtype)}
        parts = {ending: add(name + ending, array) for ending, array in arrays.items()}
        if "_zero" in arrays and "g_idx" not in vars(self):
            add("g_idx", (jnp.arange(layout.length) // layout.block).astype("float32"))
        return Quantized(layout, parts, self.g_idx if "_zero" in arrays else None)

    def _check_quantizable(self, *, type_check: bool) -> None:
        """Refuse what cannot be quantized, before anything is changed."""
        if not self.built:
            raise refusal(self, "to be built before it is quantized", "a layer without weights")
        if self.quantization_mode is not None:
            raise refusal(self, "to be quantized once", f"a layer of policy {self.dtype_policy.name!r}")
        if type_check and not type(self).call.__module__.startswith("hornbeam."):
            message = (
                f"Layer {self.path!r}: {type(self).__name__} has a call() of its own; pass type_check=False if it "
            )
            message += f"reads its weights through `.value`: self.{self.adapted} is an array no more."
            raise NotImplementedError(message)
        dtype_policies.get(f"int8_from_{self.dtype_policy.name}")

    def _quantize(self, config: QuantizationConfig) -> None:
        """Keep the main weights as `config` says, and let go of the real numbers."""
        block = getattr(config, "block_size", None)
        mode = config.mode if config.mode == "int8" else f"int4/{block or -1}"
        self.dtype_policy = dtype_policies.get(f"{mode}_from_{self.dtype_policy.name}")
        self.quantization_config = config
        for name in self.coded:
            weight = getattr(self, name, None)
            base = weight.base if isinstance(weight, LowRank) else weight
            if base is None:
                continue
            layout = self._layout(name, base.shape)
            view = self._coded(name, layout, layout.encode(base.value))
            self._weights = [w for w in self._weights if w is not base]
            if isinstance(weight, LowRank):
                weight.base = view
            else:
                setattr(self, name, view)

    def _quantize_like(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Quantize if `arrays`, this layer's in a file, are: a file does not always name the layers inside a layer."""
        codes = arrays.get("0")
        if codes is None or codes.dtype != "int8" or not self.built or self.quantization_mode is not None:
            return
        shape, extra = getattr(self, self.adapted).shape, len(self._saved_weights()) - 1
        zero, groups = (arrays.get(str(i)) for i in (2 + extra, 3 + extra))
        if codes.shape == shape and (shape[-1] > 1 or np.abs(codes.astype("int32")).max() > 15):
            self._quantize(Int8QuantizationConfig())
        else:
            grouped = zero is not None and zero.dtype == "int8" and groups is not None
            self._quantize(Int4QuantizationConfig(block_size=int((groups == 0).sum()) if grouped else -1))

    def _saved_weights(self) -> list[Any]:
        """Return the weights in Keras's order."""
        saved = super()._saved_weights()
        if self.quantization_mode is None:
            return saved
        return sorted(saved, key=lambda w: _ORDER.index(w.name) if w.name in _ORDER else len(_ORDER))
