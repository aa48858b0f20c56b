"""Models: `Sequential`, `Model` and what they are made of."""

# Names in paragraphs:
# isort: off
# fmt: off

from hornbeam._core.registry import public
from hornbeam.models._clone import clone_model, model_from_json
from hornbeam.models._function import Function
from hornbeam.models._model import Functional, Model
from hornbeam.models._sequential import Sequential
from hornbeam.saving import load_model, save_model

public("keras.src.models.functional", Functional=Functional)
public("keras", Model=Model, Sequential=Sequential, Functional=Functional, Function=Function)
public("keras.models", Model=Model, Sequential=Sequential, Functional=Functional)

__all__ = [
    "Function", "Functional", "Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model",
]
