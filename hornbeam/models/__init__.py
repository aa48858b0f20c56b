"""Models: `Sequential`, `Model` and what they are made of."""

from hornbeam._core.registry import public
from hornbeam.models._function import Function
from hornbeam.models._model import Functional, Model
from hornbeam.models._sequential import Sequential

public("keras.src.models.functional", Functional=Functional)
public("keras", Model=Model, Sequential=Sequential, Functional=Functional, Function=Function)
public("keras.models", Model=Model, Sequential=Sequential, Functional=Functional)

__all__ = ["Function", "Functional", "Model", "Sequential"]
