"""First values of weights: `keras.initializers`."""

# Names in paragraphs:
# isort: off
# fmt: off
# ruff: noqa: N811, N813  # classes have lower-case names too, as in Keras

from hornbeam.initializers._base import Initializer
from hornbeam.initializers._constant import STFT, Constant, Identity, Ones, Zeros
from hornbeam.initializers._constant import STFT as STFTInitializer
from hornbeam.initializers._constant import STFT as stft
from hornbeam.initializers._constant import Constant as constant
from hornbeam.initializers._constant import Identity as IdentityInitializer
from hornbeam.initializers._constant import Identity as identity
from hornbeam.initializers._constant import Ones as ones
from hornbeam.initializers._constant import Zeros as zeros
from hornbeam.initializers._get import deserialize, get, serialize
from hornbeam.initializers._random import (
    GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform, Orthogonal, RandomNormal,
    RandomUniform, TruncatedNormal, VarianceScaling,
)
from hornbeam.initializers._random import GlorotNormal as glorot_normal
from hornbeam.initializers._random import GlorotUniform as glorot_uniform
from hornbeam.initializers._random import HeNormal as he_normal
from hornbeam.initializers._random import HeUniform as he_uniform
from hornbeam.initializers._random import LecunNormal as lecun_normal
from hornbeam.initializers._random import LecunUniform as lecun_uniform
from hornbeam.initializers._random import Orthogonal as OrthogonalInitializer
from hornbeam.initializers._random import Orthogonal as orthogonal
from hornbeam.initializers._random import RandomNormal as random_normal
from hornbeam.initializers._random import RandomUniform as random_uniform
from hornbeam.initializers._random import TruncatedNormal as truncated_normal
from hornbeam.initializers._random import VarianceScaling as variance_scaling

__all__ = [
    "STFT", "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "IdentityInitializer",
    "Initializer", "LecunNormal", "LecunUniform", "Ones", "Orthogonal", "OrthogonalInitializer", "RandomNormal",
    "RandomUniform", "STFTInitializer", "TruncatedNormal", "VarianceScaling", "Zeros", "constant", "deserialize", "get",
    "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "identity", "lecun_normal", "lecun_uniform", "ones",
    "orthogonal", "random_normal", "random_uniform", "serialize", "stft", "truncated_normal", "variance_scaling",
    "zeros",
]
