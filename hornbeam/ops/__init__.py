"""Operations on arrays, Variables and KerasTensors: NumPy's names, and what neural networks add."""

# Names in paragraphs:
# isort: off
# fmt: off

from hornbeam._core import registry
from hornbeam.ops import _masks, _operators, image, linalg, nn, numpy
from hornbeam.ops._arrays import (
    cast, convert_to_numpy, convert_to_tensor, dtype, is_tensor, saturate_cast, shape, stop_gradient,
)
from hornbeam.ops._control import (
    associative_scan, cond, custom_gradient, fori_loop, map, scan, switch, vectorized_map, while_loop,
)
from hornbeam.ops._index import (
    scatter, scatter_update, segment_max, segment_min, segment_prod, segment_sum, slice, slice_update,
)
from hornbeam.ops._join import unstack
from hornbeam.ops._linalg import logdet
from hornbeam.ops._math import erf, erfc, erfinv, rsqrt
from hornbeam.ops._matrix import cdist
from hornbeam.ops._rearrange import rearrange
from hornbeam.ops._reduce import logsumexp
from hornbeam.ops._signal import extract_sequences, fft, fft2, ifft2, irfft, istft, rfft, stft
from hornbeam.ops._sort import in_top_k, top_k
from hornbeam.ops._unary import view_as_complex, view_as_real
from hornbeam.ops.linalg import *  # noqa: F403  # its __all__ says what
from hornbeam.ops.nn import *  # noqa: F403
from hornbeam.ops.numpy import *  # noqa: F403

__all__ = [
    "associative_scan", "cast", "cdist", "cond", "convert_to_numpy", "convert_to_tensor", "custom_gradient", "dtype",
    "erf", "erfc", "erfinv", "extract_sequences", "fft", "fft2", "fori_loop", "ifft2", "image", "in_top_k", "irfft",
    "is_tensor", "istft", "linalg", "logdet", "logsumexp", "map", "nn", "numpy", "rearrange", "rfft", "rsqrt",
    "saturate_cast", "scan", "scatter", "scatter_update", "segment_max", "segment_min", "segment_prod", "segment_sum",
    "shape", "slice", "slice_update", "stft", "stop_gradient", "switch", "top_k", "unstack", "vectorized_map",
    "view_as_complex", "view_as_real", "while_loop",
]
__all__ += linalg.__all__
__all__ += nn.__all__
__all__ += numpy.__all__

_masks.install()
_operators.install()
registry.public("keras.ops", **{name: globals()[name] for name in __all__})
