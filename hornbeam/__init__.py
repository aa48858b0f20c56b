"""Hornbeam: the Keras layer-and-model system on one engine, JAX.

`import hornbeam as keras` gives Keras 3's names. A name is imported at its first use: importing the package is cheap.

>>> import hornbeam as keras
>>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
>>> model.output_shape
(None, 2)
"""

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
    from hornbeam import losses as losses
    from hornbeam import metrics as metrics
    from hornbeam import models as models
    from hornbeam import ops as ops
    from hornbeam import optimizers as optimizers
    from hornbeam import random as random
    from hornbeam import regularizers as regularizers
    from hornbeam import saving as saving
    from hornbeam import utils as utils
    from hornbeam._core.graph import KerasTensor as KerasTensor
    from hornbeam._core.op import Operation as Operation
    from hornbeam._core.state import Variable as Variable
    from hornbeam.dtype_policies import DTypePolicy as DTypePolicy
    from hornbeam.initializers import Initializer as Initializer
    from hornbeam.layers import Input as Input
    from hornbeam.layers import InputSpec as InputSpec
    from hornbeam.layers import Layer as Layer
    from hornbeam.losses import Loss as Loss
    from hornbeam.metrics import Metric as Metric
    from hornbeam.models import Function as Function
    from hornbeam.models import Model as Model
    from hornbeam.models import Sequential as Sequential
    from hornbeam.ops._control import remat as remat
    from hornbeam.optimizers import Optimizer as Optimizer
    from hornbeam.regularizers import Regularizer as Regularizer

__version__ = "0.1.0"

__all__ = [
    "DTypePolicy",
    "Function",
    "Initializer",
    "Input",
    "InputSpec",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Operation",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "Variable",
    "__version__",
    "activations",
    "backend",
    "callbacks",
    "compat",
    "config",
    "constraints",
    "dtype_policies",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "random",
    "regularizers",
    "remat",
    "saving",
    "utils",
    "version",
]

_HOMES = {  # name -> module; a public name that is not here is a module itself
    "DTypePolicy": "dtype_policies",
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
    "Regularizer": "regularizers",
    "Sequential": "models",
    "Variable": "_core.state",
    "remat": "ops._control",
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
