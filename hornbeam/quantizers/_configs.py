"""How the weights of a layer are to be quantized: `keras.quantizers.QuantizationConfig` and its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hornbeam._core.registry import public
from hornbeam._core.serialize import Configurable, deserialize
from hornbeam.quantizers._quantizers import AbsMaxQuantizer, get


class QuantizationConfig(Configurable):
    """A mode of quantization and its options; use one of the subclasses.

    Args:
        weight_quantizer: a quantizer of weights, or None for the mode's own.
        activation_quantizer: a quantizer of inputs. It is kept for files: weights alone are quantized here.
    """

    mode: str

    def __init__(self, weight_quantizer: Any = None, activation_quantizer: Any = None) -> None:
        default = AbsMaxQuantizer() if activation_quantizer == "default" else activation_quantizer
        self.weight_quantizer, self.activation_quantizer = get(weight_quantizer), get(default)
        given = getattr(self.weight_quantizer, "output_dtype", "int8")
        if given != "int8":
            message = f"{type(self).__name__}: a weight_quantizer with output_dtype='int8' is expected; got {given!r}."
            raise ValueError(message)

    @staticmethod
    def weight_quantizer_or_default(config: QuantizationConfig | None, default: Any) -> Any:
        """Return the quantizer of weights that `config` names, or `default`."""
        return config.weight_quantizer if config is not None and config.weight_quantizer is not None else default

    @staticmethod
    def activation_quantizer_or_default(config: QuantizationConfig | None, default: Any) -> Any:
        """Return the quantizer of inputs that `config` names, which may be None, or `default` without a config."""
        return config.activation_quantizer if config is not None else default


class Int8QuantizationConfig(QuantizationConfig):
    """Weights as whole numbers of eight bits with one scale for each output.

    Args:
        weight_quantizer: an AbsMaxQuantizer of another range, or None.
        activation_quantizer: kept for files; inputs stay real numbers.

    >>> import hornbeam as keras
    >>> keras.quantizers.Int8QuantizationConfig(activation_quantizer=None).mode
    'int8'
    """

    mode = "int8"

    def __init__(self, weight_quantizer: Any = None, activation_quantizer: Any = "default") -> None:
        super().__init__(weight_quantizer, activation_quantizer)


class Int4QuantizationConfig(QuantizationConfig):
    """Weights as whole numbers of four bits, two to a byte.

    Args:
        weight_quantizer: an AbsMaxQuantizer of another range, or None; for one scale per output only.
        activation_quantizer: kept for files; inputs stay real numbers.
        block_size: how many inputs share a scale and a zero; None or -1 for one scale per output.

    >>> import hornbeam as keras
    >>> keras.quantizers.Int4QuantizationConfig(block_size=32).block_size
    32
    """

    mode = "int4"

    def __init__(
        self, weight_quantizer: Any = None, activation_quantizer: Any = "default", block_size: int | None = 128
    ) -> None:
        if block_size is not None and block_size != -1 and block_size < 1:
            message = f"Int4QuantizationConfig: block_size must be None, -1 or positive; got {block_size}."
            raise ValueError(message)
        grouped = block_size not in (None, -1)
        if grouped and (weight_quantizer is not None or activation_quantizer not in (None, "default")):
            message = f"Int4QuantizationConfig: quantizers go with block_size None or -1; got block_size={block_size}."
            raise ValueError(message)
        default = None if activation_quantizer == "default" else activation_quantizer
        super().__init__(weight_quantizer, default)
        self.block_size = block_size


class Float8QuantizationConfig(QuantizationConfig):
    """Training in eight bits: a configuration that files may hold; no layer follows it here (see `Layer.quantize`)."""

    mode = "float8"

    def __init__(self) -> None:
        super().__init__()


_REASONS = {
    "float8": "training in float8 scales the inputs and the gradients of outputs, which are not weights",
    "gptq": "it calibrates on a dataset, block by block through a model of transformers",
    "awq": "it calibrates on a dataset, block by block through a model of transformers",
}
CONFIGS = {config.mode: config for config in (Int8QuantizationConfig, Int4QuantizationConfig)}
MODES = (*CONFIGS, *_REASONS)


def refuse_mode(mode: str) -> None:
    """Raise the error that says why weights are not kept in `mode`."""
    if mode in _REASONS:
        message = f"Weights are quantized to 'int8' or 'int4' here; {mode!r} is left out: {_REASONS[mode]}."
        raise NotImplementedError(message)
    if mode not in CONFIGS:
        message = f"The mode of quantization must be one of {', '.join(map(repr, MODES))}; got {mode!r}."
        raise ValueError(message)


def resolve(mode: str | None, config: Any) -> QuantizationConfig:
    """Return the configuration that the arguments of `quantize` mean."""
    config = deserialize(config) if isinstance(config, Mapping) else config
    if config is None:
        if mode is None:
            message = "quantize() needs a mode, 'int8' or 'int4', or a config."
            raise ValueError(message)
        refuse_mode(mode)
        return CONFIGS[mode]()
    if not isinstance(config, QuantizationConfig):
        message = f"config must be a QuantizationConfig; got {config!r}."
        raise TypeError(message)
    if mode not in (None, config.mode):
        message = f"mode and config must agree; got mode={mode!r} and a config of mode {config.mode!r}."
        raise ValueError(message)
    refuse_mode(config.mode)
    return config


public(
    "keras.quantizers",
    **{c.__name__: c for c in (QuantizationConfig, *CONFIGS.values(), Float8QuantizationConfig)},
)
