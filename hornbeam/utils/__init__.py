"""Helpers around models: one-hot labels, seeds, pictures, names of custom objects, files from the network."""

# Names in paragraphs:
# isort: off
# fmt: off

from hornbeam._core.config import (
    disable_interactive_logging, enable_interactive_logging, is_interactive_logging_enabled,
)
from hornbeam._core.dtypes import canonical as standardize_dtype
from hornbeam._core.graph import is_symbolic as is_keras_tensor
from hornbeam._core.names import clear_session
from hornbeam._core.registry import (
    CustomObjectScope, custom_object_scope, get_custom_objects, get_registered_name, get_registered_object,
    register_keras_serializable,
)
from hornbeam._core.seeds import set_random_seed
from hornbeam._core.serialize import serialize as serialize_keras_object
from hornbeam.data._pydataset import PyDataset
from hornbeam.data._pydataset import PyDataset as Sequence
from hornbeam.draw import model_to_dot, plot_model
from hornbeam.saving import deserialize_keras_object
from hornbeam.utils._arrays import normalize, pad_sequences, to_categorical
from hornbeam.utils._datasets import split_dataset, timeseries_dataset_from_array
from hornbeam.utils._get_file import get_file
from hornbeam.utils._graph import get_source_inputs
from hornbeam.utils._images import array_to_img, img_to_array, load_img, save_img
from hornbeam.utils._progbar import Progbar
from hornbeam.utils._samples import pack_x_y_sample_weight, unpack_x_y_sample_weight
from hornbeam.utils._settings import Config

__all__ = [
    "Config", "CustomObjectScope", "Progbar", "PyDataset", "Sequence", "array_to_img", "clear_session",
    "custom_object_scope", "deserialize_keras_object", "disable_interactive_logging", "enable_interactive_logging",
    "get_custom_objects", "get_file", "get_registered_name", "get_registered_object", "get_source_inputs",
    "img_to_array", "is_interactive_logging_enabled", "is_keras_tensor", "load_img", "model_to_dot", "normalize",
    "pack_x_y_sample_weight", "pad_sequences", "plot_model", "register_keras_serializable", "save_img",
    "serialize_keras_object", "set_random_seed", "split_dataset", "standardize_dtype", "timeseries_dataset_from_array",
    "to_categorical", "unpack_x_y_sample_weight",
]
