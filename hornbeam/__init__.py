"""Hornbeam: the Keras layer-and-model system on one engine, JAX.

`import hornbeam as keras` gives Keras 3's names. A name is imported at its first use: importing the package is cheap.

>>> import hornbeam as keras
>>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
>>> model.output_shape
(None, 2)
"""

# Names in paragraphs:
# isort: off
# fmt: off

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hornbeam import activations as activations
    from hornbeam import backend as backend
    from hornbeam import callbacks as callbacks
    from hornbeam import compat as compat
    from hornbeam import config as config
    from hornbeam import constraints as constraints
    from hornbeam import dtype_policies as dtype_policies
    from hornbeam import initializers as initializers
    from hornbeam import layers as layers
    from hornbeam import legacy as legacy
    from hornbeam import losses as losses
    from hornbeam import metrics as metrics
    from hornbeam import mixed_precision as mixed_precision
    from hornbeam import models as models
    from hornbeam import ops as ops
    from hornbeam import optimizers as optimizers
    from hornbeam import preprocessing as preprocessing
    from hornbeam import quantizers as quantizers
    from hornbeam import random as random
    from hornbeam import regularizers as regularizers
    from hornbeam import saving as saving
    from hornbeam import tree as tree
    from hornbeam import utils as utils
    from hornbeam._core.graph import KerasTensor as KerasTensor
    from hornbeam._core.op import Operation as Operation
    from hornbeam._core.scopes import StatelessScope as StatelessScope
    from hornbeam._core.scopes import SymbolicScope as SymbolicScope
    from hornbeam._core.scopes import device as device
    from hornbeam._core.scopes import name_scope as name_scope
    from hornbeam._core.state import Variable as Variable
    from hornbeam.dtype_policies import DTypePolicy as DTypePolicy
    from hornbeam.dtype_policies import FloatDTypePolicy as FloatDTypePolicy
    from hornbeam.initializers import Initializer as Initializer
    from hornbeam.layers import Input as Input
    from hornbeam.layers import InputSpec as InputSpec
    from hornbeam.layers import Layer as Layer
    from hornbeam.layers._remat import RematScope as RematScope
    from hornbeam.losses import Loss as Loss
    from hornbeam.metrics import Metric as Metric
    from hornbeam.models import Function as Function
    from hornbeam.models import Model as Model
    from hornbeam.models import Sequential as Sequential
    from hornbeam.ops._control import remat as remat
    from hornbeam.optimizers import Optimizer as Optimizer
    from hornbeam.quantizers import Quantizer as Quantizer
    from hornbeam.regularizers import Regularizer as Regularizer
    from hornbeam.training import value_and_grad as value_and_grad

__version__ = "0.1.0"

__all__ = [
    "DTypePolicy", "FloatDTypePolicy", "Function", "Initializer", "Input", "InputSpec", "KerasTensor", "Layer", "Loss",
    "Metric", "Model", "Operation", "Optimizer", "Quantizer", "Regularizer", "RematScope", "Sequential",
    "StatelessScope", "SymbolicScope", "Variable", "__version__", "activations", "backend", "callbacks", "compat",
    "config", "constraints", "device", "dtype_policies", "initializers", "layers", "legacy", "losses", "metrics",
    "mixed_precision", "models", "name_scope", "ops", "optimizers", "preprocessing", "quantizers", "random",
    "regularizers", "remat", "saving", "tree", "utils", "value_and_grad", "version",
]

_HOMES = {  # name -> module; a public name that is not here is a module itself
    "DTypePolicy": "dtype_policies",
    "FloatDTypePolicy": "dtype_policies",
    "Function": "models",
    "Initializer": "initializers",
    "Input": "layers",
    "InputSpec": "layers",
    "KerasTensor": "_core.graph",
    "Layer": "layers",
    "Loss": "losses",
    "Metric": "metrics",
    "Model": "models",
    "Operation": "_core.op",
    "Optimizer": "optimizers",
    "Quantizer": "quantizers",
    "Regularizer": "regularizers",
    "RematScope": "layers._remat",
    "Sequential": "models",
    "StatelessScope": "_core.scopes",
    "SymbolicScope": "_core.scopes",
    "Variable": "_core.state",
    "device": "_core.scopes",
    "name_scope": "_core.scopes",
    "remat": "ops._control",
    "value_and_grad": "training",
}


def version() -> str:
    """Return the version of Hornbeam."""
    return __version__


def __getattr__(name: str) -> Any:
    if name not in __all__:
        message = f"module 'hornbeam' has no attribute {name!r}"
        raise AttributeError(message, name=name, obj=sys.modules[__name__])
    if name not in _HOMES:
        return importlib.import_module(f"hornbeam.{name}")
    value = globals()[name] = getattr(importlib.import_module(f"hornbeam.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
