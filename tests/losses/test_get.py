"""Losses by name, class, function and configuration."""

import pytest

from hornbeam import losses
from hornbeam.saving import register_keras_serializable


def own_loss(y_true, y_pred):
    return y_pred


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("mse", losses.mean_squared_error),
        ("MAE", losses.mean_absolute_error),
        ("huber", losses.huber),
        (own_loss, own_loss),
        (None, None),
    ],
)
def test_functions(identifier, expected):
    assert losses.get(identifier) is expected


@pytest.mark.parametrize(
    "identifier",
    [
        "Huber",
        losses.Huber,
        losses.Huber(),
        {"class_name": "Huber", "config": {}},
        {"module": "keras.losses", "class_name": "Huber", "config": {"delta": 1.0}, "registered_name": None},
    ],
)
def test_classes(identifier):
    assert type(losses.get(identifier)) is losses.Huber


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("msee", r"Unknown loss: 'msee'\. Did you mean 'mse'"),
        ("categorical_crossentrpy", r"Did you mean 'categorical_crossentropy'"),
        (3, "loss must be a name, .*; got 3"),
    ],
)
def test_unknown(identifier, message):
    with pytest.raises(ValueError, match=message):
        losses.get(identifier)


def test_registered():
    @register_keras_serializable(package="tests")
    class Offset(losses.Loss):
        def __init__(self, by=1.0, **kwargs):
            super().__init__(**kwargs)
            self.by = by

        def call(self, y_true, y_pred):
            return y_pred - y_true + self.by

    config = losses.serialize(Offset(by=3.0, reduction="sum"))
    assert config["registered_name"] == "tests>Offset"
    twin = losses.deserialize(config)
    assert (type(twin), twin.by, twin.reduction) == (Offset, 3.0, "sum")
    assert losses.get("Offset").by == 1.0


@pytest.mark.parametrize("dtype", [None, "float16"])
def test_dtype_is_in_the_config_only_where_it_says_something(dtype):
    config = losses.Huber(dtype=dtype).get_config()
    assert config.get("dtype") == dtype
    assert losses.Huber.from_config(config).dtype == dtype or "float32"
