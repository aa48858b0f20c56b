"""Weights and numbers in few bits: `keras.quantizers`."""

# Names in paragraphs:
# isort: off
# fmt: off

from hornbeam.quantizers._calibrated import AWQConfig, GPTQConfig
from hornbeam.quantizers._configs import (
    Float8QuantizationConfig, Int4QuantizationConfig, Int8QuantizationConfig, QuantizationConfig,
)
from hornbeam.quantizers._functions import (
    abs_max_quantize, abs_max_quantize_grouped_with_zero_point, compute_float8_amax_history, compute_float8_scale,
    fake_quant_with_min_max_vars, pack_int4, quantize_and_dequantize, unpack_int4,
)
from hornbeam.quantizers._quantizers import AbsMaxQuantizer, Quantizer, deserialize, get, serialize

__all__ = [
    "AWQConfig", "AbsMaxQuantizer", "Float8QuantizationConfig", "GPTQConfig", "Int4QuantizationConfig",
    "Int8QuantizationConfig", "QuantizationConfig", "Quantizer", "abs_max_quantize",
    "abs_max_quantize_grouped_with_zero_point", "compute_float8_amax_history", "compute_float8_scale", "deserialize",
    "fake_quant_with_min_max_vars", "get", "pack_int4", "quantize_and_dequantize", "serialize", "unpack_int4",
]
