"""What programs for Keras 1 (2015 to 2017) wrote, and how it is said today.

Keras 2 took most of these words too, so its tables build on these. Rules stand under "space.Class" or "Class.method";
those of "space.*" hold for the whole space, except where today's class has an argument of the old name.
"""

from typing import Any

from hornbeam.legacy._conversions import (
    classic_activation,
    decayed_rate,
    indices_shape,
    input_name,
    norm_of_all,
    old_accuracy,
    or_epsilon,
    renamed,
    samples_to_batches,
    sequence_shape,
)
from hornbeam.legacy._rules import Default, Drop, Join, Map, Rename, Rule


def _variance(scale: float, mode: str) -> dict[str, Any]:
    config = {"scale": scale, "mode": mode, "distribution": "untruncated_normal"}
    return {"class_name": "VarianceScaling", "config": config}


# Keras 1 drew from a normal distribution without cutting its tails, and scaled orthogonal matrices by 1.1.
INITIALIZERS = {
    "zero": "zeros",
    "one": "ones",
    "uniform": "random_uniform",
    "normal": "random_normal",
    "orthogonal": {"class_name": "Orthogonal", "config": {"gain": 1.1}},
    "glorot_normal": _variance(1.0, "fan_avg"),
    "he_normal": _variance(2.0, "fan_in"),
}
DATA_FORMATS = {"th": "channels_first", "tf": "channels_last", "default": None}

LOSSES = {
    "kullback_leibler_divergence": "kl_divergence",
    "kld": "kl_divergence",
    "KLD": "kl_divergence",
    "mse": "mean_squared_error",
    "MSE": "mean_squared_error",
    "mae": "mean_absolute_error",
    "MAE": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "MAPE": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "MSLE": "mean_squared_logarithmic_error",
    "cosine": "cosine_similarity",
    "cosine_proximity": "cosine_similarity",
}

NAMES = {
    "layers": {
        "Convolution1D": "Conv1D",
        "Convolution2D": "Conv2D",
        "Convolution3D": "Conv3D",
        "AtrousConvolution1D": "Conv1D",
        "AtrousConvolution2D": "Conv2D",
        "AtrousConv1D": "Conv1D",
        "AtrousConv2D": "Conv2D",
        "TimeDistributedDense": "Dense",
    },
    "losses": LOSSES,
    "metrics": LOSSES,
    "optimizers": {
        "sgd": "SGD",
        "rmsprop": "RMSprop",
        "adagrad": "Adagrad",
        "adadelta": "Adadelta",
        "adam": "Adam",
        "adamax": "Adamax",
        "nadam": "Nadam",
    },
    "regularizers": {
        "WeightRegularizer": "L1L2",
        "ActivityRegularizer": "L1L2",
        "L1L2Regularizer": "L1L2",
        "activity_l1": "L1",
        "activity_l2": "L2",
        "activity_l1l2": "L1L2",
        "l1": "L1",
        "l2": "L2",
        "l1l2": "L1L2",
    },
    "constraints": {"maxnorm": "MaxNorm", "nonneg": "NonNeg", "unitnorm": "UnitNorm"},
    "utils": {"plot": "plot_model"},
}

SEQUENCE: tuple[Rule, ...] = (sequence_shape,)
RECURRENT: tuple[Rule, ...] = (
    sequence_shape,
    Rename("dropout_W", "dropout"),
    Rename("dropout_U", "recurrent_dropout"),
    Drop("time_major", (False,)),
)
GENERATOR: tuple[Rule, ...] = (
    *(Drop(name) for name in ("max_q_size", "nb_worker", "pickle_safe", "max_queue_size", "workers")),
    Drop("use_multiprocessing"),
)

RULES: dict[str, tuple[Rule, ...]] = {
    "layers.*": (
        Rename("output_dim", "units"),
        Rename("nb_filter", "filters"),
        Join(("nb_row", "nb_col"), "kernel_size"),
        Join(("kernel_dim1", "kernel_dim2", "kernel_dim3"), "kernel_size"),
        Rename("filter_length", "kernel_size"),
        Rename("subsample_length", "strides"),
        Rename("subsample", "strides"),
        Rename("atrous_rate", "dilation_rate"),
        Rename("border_mode", "padding"),
        Map("dim_ordering", "data_format", DATA_FORMATS),
        Map("init", "kernel_initializer", INITIALIZERS),
        Map("inner_init", "recurrent_initializer", INITIALIZERS),
        Map("forget_bias_init", "unit_forget_bias", {"one": True, "zero": False}),
        Rename("inner_activation", "recurrent_activation"),
        Map("activation", "activation", classic_activation),
        Map("recurrent_activation", "recurrent_activation", classic_activation),
        Rename("W_regularizer", "kernel_regularizer"),
        Rename("U_regularizer", "recurrent_regularizer"),
        Rename("b_regularizer", "bias_regularizer"),
        Rename("W_constraint", "kernel_constraint"),
        Rename("U_constraint", "recurrent_constraint"),
        Rename("b_constraint", "bias_constraint"),
        Rename("bias", "use_bias"),
        Rename("p", "rate"),
        Rename("sigma", "stddev"),
        Rename("pool_length", "pool_size"),
        Rename("stride", "strides"),
        Rename("length", "size"),
        Rename("input_dtype", "dtype"),
        Drop("consume_less"),
        Drop("implementation"),
        Drop("create_input_layer"),
    ),
    "layers.Embedding": (
        indices_shape,
        Map("init", "embeddings_initializer", INITIALIZERS),
        Rename("W_regularizer", "embeddings_regularizer"),
        Rename("W_constraint", "embeddings_constraint"),
        Drop("dropout", (0,)),
    ),
    "layers.BatchNormalization": (
        Map("beta_init", "beta_initializer", INITIALIZERS),
        Map("gamma_init", "gamma_initializer", INITIALIZERS),
        Drop("mode", (0,)),
    ),
    "layers.PReLU": (Map("init", "alpha_initializer", INITIALIZERS),),
    "layers.LeakyReLU": (Rename("alpha", "negative_slope"),),
    "layers.InputLayer": (
        Rename("input_shape", "shape"),
        Rename("batch_input_shape", "batch_shape"),
        Rename("input_dtype", "dtype"),
    ),
    "layers.Input": (input_name,),
    "layers.Conv1D": SEQUENCE,
    "layers.TimeDistributedDense": SEQUENCE,
    "layers.LSTM": RECURRENT,
    "layers.GRU": RECURRENT,
    "layers.SimpleRNN": RECURRENT,
    "activations.relu": (Rename("alpha", "negative_slope"),),
    "regularizers.L1": (Rename("l", "l1"),),
    "regularizers.L2": (Rename("l", "l2"),),
    "constraints.MaxNorm": (Rename("m", "max_value"),),
    "constraints.MinMaxNorm": (Rename("low", "min_value"), Rename("high", "max_value")),
    "optimizers.*": (
        Rename("lr", "learning_rate"),
        decayed_rate,
        Map("epsilon", "epsilon", or_epsilon),
        norm_of_all,
        Drop("schedule_decay", (0.004,)),
    ),
    "optimizers.Adagrad": (Default("initial_accumulator_value", 0.0),),
    "callbacks.LambdaCallback": (
        Rename("on_batch_begin", "on_train_batch_begin"),
        Rename("on_batch_end", "on_train_batch_end"),
    ),
    "utils.to_categorical": (Rename("nb_classes", "num_classes"),),
    "Model.__init__": (Rename("input", "inputs"), Rename("output", "outputs")),
    "Model.compile": (
        Map("loss", "loss", renamed(LOSSES)),
        Map("metrics", "metrics", renamed(LOSSES)),
        old_accuracy,
        Drop("sample_weight_mode", (None, "temporal")),
        Drop("target_tensors", (None,)),
    ),
    "Model.fit": (Rename("nb_epoch", "epochs"), Drop("show_accuracy", (False,)), *GENERATOR),
    "Model.evaluate": GENERATOR,
    "Model.predict": GENERATOR,
    "Model.fit_generator": (
        samples_to_batches("samples_per_epoch", "steps_per_epoch", "generator"),
        samples_to_batches("nb_val_samples", "validation_steps", "validation_data"),
        Rename("nb_epoch", "epochs"),
        *GENERATOR,
    ),
    "Model.evaluate_generator": (samples_to_batches("val_samples", "steps", "generator"), *GENERATOR),
    "Model.predict_generator": (samples_to_batches("val_samples", "steps", "generator"), *GENERATOR),
    "Model.summary": (Drop("positions"),),
}

_WORKERS = "max_q_size=10, nb_worker=1, pickle_safe=False"
METHODS = {
    "Model.__init__": "(input, output, name=None)",
    "Model.compile": "(optimizer, loss, metrics=None, loss_weights=None, sample_weight_mode=None, **kwargs)",
    "Model.fit": (
        "(x, y, batch_size=32, nb_epoch=10, verbose=1, callbacks=None, validation_split=0.0, validation_data=None, "
        "shuffle=True, class_weight=None, sample_weight=None, initial_epoch=0)"
    ),
    "Model.evaluate": "(x, y, batch_size=32, verbose=1, sample_weight=None)",
    "Model.predict": "(x, batch_size=32, verbose=0)",
    "Model.train_on_batch": "(x, y, sample_weight=None, class_weight=None)",
    "Model.test_on_batch": "(x, y, sample_weight=None)",
    "Model.fit_generator": (
        "(generator, samples_per_epoch, nb_epoch, verbose=1, callbacks=None, validation_data=None, "
        f"nb_val_samples=None, class_weight=None, {_WORKERS}, initial_epoch=0)"
    ),
    "Model.evaluate_generator": f"(generator, val_samples, {_WORKERS})",
    "Model.predict_generator": f"(generator, val_samples, {_WORKERS})",
    "Model.save": "(filepath, overwrite=True)",
    "Model.summary": "(line_length=None, positions=None)",
    "Sequential.train_on_batch": "(x, y, class_weight=None, sample_weight=None)",
    "Layer.add_weight": "(shape, initializer, name=None, trainable=True, regularizer=None, constraint=None)",
}
