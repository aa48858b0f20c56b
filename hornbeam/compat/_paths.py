"""Where earlier Keras kept its names: module paths then, and the spaces of names that each shows.

A space is a set of names with one home today, such as 'layers'. The old modules also re-exported what they imported
(`keras.layers.convolutional` had MaxPooling2D), so a path shows its whole space.
"""

SPACES: dict[str, tuple[str, ...]] = {
    "activations": ("hornbeam.activations",),
    "backend": ("hornbeam.legacy.backend",),
    "callbacks": ("hornbeam.callbacks",),
    "constraints": ("hornbeam.constraints",),
    "initializers": ("hornbeam.initializers",),
    "layers": ("hornbeam.layers", "hornbeam.legacy.layers"),
    "losses": ("hornbeam.losses",),
    "metrics": ("hornbeam.metrics", "hornbeam.losses"),
    "models": ("hornbeam.models",),
    "optimizers": ("hornbeam.optimizers",),
    "optimizers.schedules": ("hornbeam.optimizers.schedules",),
    "regularizers": ("hornbeam.regularizers",),
    "utils": ("hornbeam.legacy.utils", "hornbeam.utils"),
}

_PATHS = {
    "activations": "activations",
    "backend": "backend backend.tensorflow_backend backend.common",
    "callbacks": "callbacks callbacks.callbacks",
    "constraints": "constraints",
    "initializers": "initializers initializations",
    "layers": (
        "layers layers.advanced_activations layers.convolutional layers.convolutional_recurrent layers.core "
        "layers.cudnn_recurrent layers.embeddings layers.local layers.merge layers.noise layers.normalization "
        "layers.pooling layers.recurrent layers.wrappers engine.base_layer engine.input_layer"
    ),
    "losses": "losses objectives",
    "metrics": "metrics",
    "models": "engine.saving",
    "models layers": "models engine.network engine.sequential engine.training engine.functional",
    "layers models utils": "engine engine.topology",
    "optimizers": "optimizers optimizers.legacy",
    "optimizers.schedules": "optimizers.schedules",
    "regularizers": "regularizers",
    "utils": (
        "utils utils.conv_utils utils.data_utils utils.generic_utils utils.io_utils utils.layer_utils utils.np_utils "
        "utils.vis_utils utils.visualize_util preprocessing preprocessing.sequence"
    ),
}

OLD_PATHS: dict[str, tuple[str, ...]] = {
    path: tuple(spaces.split()) for spaces, paths in _PATHS.items() for path in paths.split()
}

# What `keras` itself showed, besides its modules.
ROOT_NAMES = {"Input": "layers", "Model": "models", "Sequential": "models"}

# Where TensorFlow kept Keras: `tensorflow.keras`, `tensorflow.python.keras`, ...
TENSORFLOW_PREFIXES = ("", "python", "contrib", "compat", "compat.v1", "compat.v2")
