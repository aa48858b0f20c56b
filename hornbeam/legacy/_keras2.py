"""What programs for Keras 2 (2017 to 2023) wrote, on its own or as tf.keras, and how it is said today."""

from hornbeam.legacy import _keras1
from hornbeam.legacy._conversions import norm_of_all, old_accuracy
from hornbeam.legacy._rules import Drop, Join, Rule

LOSSES = {**_keras1.LOSSES, "logcosh": "log_cosh"}

NAMES = {
    **_keras1.NAMES,
    "layers": {
        **_keras1.NAMES["layers"],
        "CuDNNLSTM": "LSTM",
        "CuDNNGRU": "GRU",
    },
    "losses": LOSSES,
    "metrics": LOSSES,
    "initializers": {"zero": "Zeros", "one": "Ones", "uniform": "RandomUniform", "normal": "RandomNormal"},
    "regularizers": {**_keras1.NAMES["regularizers"], "l1_l2": "L1L2"},
    "constraints": {
        **_keras1.NAMES["constraints"],
        "max_norm": "MaxNorm",
        "non_neg": "NonNeg",
        "unit_norm": "UnitNorm",
        "min_max_norm": "MinMaxNorm",
    },
}

RULES: dict[str, tuple[Rule, ...]] = {
    **_keras1.RULES,
    # Two whole numbers after the filters were the kernel's rows and columns, as in Keras 1.
    "layers.Conv2D": (Join(("kernel_size", "strides"), "kernel_size", positional_whole_numbers=True),),
}

METHODS = {
    "Model.__init__": "(inputs, outputs, name=None)",
    "Model.compile": (
        "(optimizer, loss=None, metrics=None, loss_weights=None, sample_weight_mode=None, weighted_metrics=None, "
        "target_tensors=None, **kwargs)"
    ),
    "Model.fit": (
        "(x=None, y=None, batch_size=None, epochs=1, verbose=1, callbacks=None, validation_split=0.0, "
        "validation_data=None, shuffle=True, class_weight=None, sample_weight=None, initial_epoch=0, "
        "steps_per_epoch=None, validation_steps=None, **kwargs)"
    ),
    "Model.evaluate": "(x=None, y=None, batch_size=None, verbose=1, sample_weight=None, steps=None)",
    "Model.predict": "(x, batch_size=None, verbose=0, steps=None)",
    "Model.train_on_batch": "(x, y, sample_weight=None, class_weight=None)",
    "Model.test_on_batch": "(x, y, sample_weight=None)",
    "Model.fit_generator": (
        "(generator, steps_per_epoch=None, epochs=1, verbose=1, callbacks=None, validation_data=None, "
        "validation_steps=None, class_weight=None, max_queue_size=10, workers=1, use_multiprocessing=False, "
        "shuffle=True, initial_epoch=0)"
    ),
    "Model.evaluate_generator": (
        "(generator, steps=None, max_queue_size=10, workers=1, use_multiprocessing=False, verbose=0)"
    ),
    "Model.predict_generator": (
        "(generator, steps=None, max_queue_size=10, workers=1, use_multiprocessing=False, verbose=0)"
    ),
    "Model.save": "(filepath, overwrite=True, include_optimizer=True)",
    "Model.summary": "(line_length=None, positions=None, print_fn=None)",
    "Layer.add_weight": (
        "(name, shape, dtype=None, initializer=None, regularizer=None, trainable=True, constraint=None)"
    ),
}

# tf.keras: accuracy keeps its name, clipnorm is that of each gradient, Conv2D(8, 3, 2) has strides of 2: all as today.
TF_RULES: dict[str, tuple[Rule, ...]] = {
    **RULES,
    "layers.*": (*RULES["layers.*"], Drop("dynamic", (False,)), Drop("type_spec", (None,)), Drop("robust_masking")),
    "layers.Conv2D": (),
    "layers.RNN": _keras1.RECURRENT,
    "layers.Embedding": (*RULES["layers.Embedding"], Drop("sparse", (False,))),
    "optimizers.Adagrad": (),
    "optimizers.*": (
        *(rule for rule in RULES["optimizers.*"] if rule is not norm_of_all),
        Drop("jit_compile"),
        Drop("adaptive_epsilon", (False,)),
    ),
    "Model.compile": tuple(r for r in RULES["Model.compile"] if r is not old_accuracy),
}
TF_METHODS = {
    "Model.__init__": "(inputs, outputs, name=None, trainable=True, **kwargs)",
    "Model.compile": (
        "(optimizer='rmsprop', loss=None, metrics=None, loss_weights=None, weighted_metrics=None, run_eagerly=False, "
        "steps_per_execution=1, jit_compile='auto', **kwargs)"
    ),
    "Model.fit_generator": METHODS["Model.fit_generator"],
    "Model.evaluate_generator": METHODS["Model.evaluate_generator"],
    "Model.predict_generator": METHODS["Model.predict_generator"],
    "Layer.add_weight": (
        "(name=None, shape=None, dtype=None, initializer=None, regularizer=None, trainable=True, constraint=None, "
        "**kwargs)"
    ),
}
