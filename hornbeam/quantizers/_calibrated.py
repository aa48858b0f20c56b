"""Configurations of ways to quantize that look at data first: kept for programs and files, followed by no layer."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

from hornbeam._core.registry import public
from hornbeam._core.serialize import constructor_config
from hornbeam.quantizers._configs import QuantizationConfig


class _Calibrated(QuantizationConfig):
    """What the two have in common: the checks of their options, and what is not saved of them."""

    bits: tuple[int, ...]
    weight_bits: int
    group_size: int

    def __post_init__(self) -> None:
        QuantizationConfig.__init__(self)
        self._expect("weight_bits", f"one of {self.bits}", self.weight_bits in self.bits)
        self._expect("group_size", "-1 or positive", self.group_size == -1 or self.group_size > 0)
        for name in ("num_samples", "sequence_length", "num_grid_points"):
            self._expect(name, "positive", getattr(self, name, 1) > 0)
        self._expect("hessian_damping", "between 0 and 1", 0 <= getattr(self, "hessian_damping", 0) <= 1)

    def _expect(self, name: str, expected: str, holds: bool) -> None:
        if not holds:
            message = f"{type(self).__name__}: {name} must be {expected}; got {getattr(self, name)!r}."
            raise ValueError(message)

    def dtype_policy_string(self) -> str:
        """Return the name of the policy, such as 'gptq/4/128'."""
        return f"{self.mode}/{self.weight_bits}/{self.group_size}"

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, without data, tokenizer and structure."""
        names = ("dataset", "tokenizer", "quantization_layer_structure")
        return constructor_config(self, skip=names) | dict.fromkeys(names)


@dataclass(eq=False)
class GPTQConfig(_Calibrated):
    """Options of GPTQ (Frantar et al. 2022): a configuration alone; `quantize` refuses it with the reason.

    >>> import hornbeam as keras
    >>> keras.quantizers.GPTQConfig(dataset=None, tokenizer=None, weight_bits=8).dtype_policy_string()
    'gptq/8/128'
    """

    mode, bits = "gptq", (2, 3, 4, 8)
    dataset: Any
    tokenizer: Any
    _: KW_ONLY
    weight_bits: int = 4
    num_samples: int = 128
    per_channel: bool = True
    sequence_length: int = 512
    hessian_damping: float = 0.01
    group_size: int = 128
    symmetric: bool = False
    activation_order: bool = False
    quantization_layer_structure: Any = None


@dataclass(eq=False)
class AWQConfig(_Calibrated):
    """Options of AWQ (Lin et al. 2023): a configuration alone; `quantize` refuses it with the reason.

    >>> import hornbeam as keras
    >>> keras.quantizers.AWQConfig(dataset=None, tokenizer=None).dtype_policy_string()
    'awq/4/128'
    """

    mode, bits = "awq", (4,)
    dataset: Any
    tokenizer: Any
    _: KW_ONLY
    weight_bits: int = 4
    num_samples: int = 128
    sequence_length: int = 512
    group_size: int = 128
    num_grid_points: int = 20
    quantization_layer_structure: Any = None


public("keras.quantizers", GPTQConfig=GPTQConfig, AWQConfig=AWQConfig)
