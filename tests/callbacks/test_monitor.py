"""Which way is better, and what is said when the watched value is missing."""

import pytest

import hornbeam as keras
from hornbeam.callbacks import EarlyStopping, LambdaCallback, ModelCheckpoint, ReduceLROnPlateau
from tests.callbacks._models import X, Y, fit, small

WATCHING = [EarlyStopping, ReduceLROnPlateau, lambda m, **o: ModelCheckpoint("m.keras", m, save_best_only=True, **o)]
NAMES = ["EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint"]


class Share(keras.metrics.Accuracy):
    """A user's metric of a known kind."""


def two_outputs():
    x = keras.Input((2,))
    model = keras.Model(x, {name: keras.layers.Dense(1, name=name)(x) for name in ("left", "right")})
    model.compile("sgd", "mse", metrics={"left": ["accuracy"], "right": ["mae"]})
    model.fit(X, {"left": Y, "right": Y}, verbose=0)
    return model


@pytest.mark.parametrize(
    ("monitor", "more"),
    [("loss", False), ("val_loss", False), ("left_loss", False), ("val_right_mae", False), ("left_accuracy", True)],
)
def test_directions_with_several_outputs(monitor, more):
    callback = EarlyStopping(monitor)
    callback.set_model(two_outputs())
    assert callback.more_is_better() is more


def test_a_metric_of_the_users_goes_the_way_of_its_base():
    model, callback = small(Share(name="share")), EarlyStopping("val_share", patience=1)
    fit(model, callback, validation_data=(X, Y))
    assert callback.more_is_better() is True


@pytest.mark.parametrize("make", WATCHING, ids=NAMES)
@pytest.mark.parametrize(
    ("monitor", "message"),
    [
        ("val_acc", r"'val_acc' is better: the model gives 'loss', .*\. Did you mean 'val_accuracy'"),
        ("nonsense", r"the model gives 'loss', 'accuracy', 'fp', 'val_loss', 'val_accuracy', 'val_fp'\. Pass mode"),
        ("fp", r"whether more or less of 'fp' is better: a FalsePositives can mean either\. Pass mode='min' or"),
    ],
)
def test_an_unknown_direction_is_refused_before_training(make, monitor, message):
    ended = []
    note = LambdaCallback(on_epoch_end=lambda *given: ended.append(given))
    model = small("accuracy", keras.metrics.FalsePositives(name="fp"))
    with pytest.raises(ValueError, match=message):
        fit(model, note, make(monitor))
    assert not ended


@pytest.mark.parametrize("make", WATCHING, ids=NAMES)
@pytest.mark.parametrize(
    ("monitor", "message"),
    [
        ("val_loss", "which this epoch did not give; it gave 'loss'.* Names with 'val_' come from validation_data"),
        ("los", "watches 'los', which .* Did you mean 'loss'"),
    ],
)
def test_a_missing_value_is_passed_over_with_a_warning(make, monitor, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = small()
    with pytest.warns(UserWarning, match=message):
        assert fit(model, make(monitor, mode="min")).epoch == [0]


@pytest.mark.parametrize("make", WATCHING, ids=NAMES)
def test_an_unknown_mode_is_auto(make):
    with pytest.warns(UserWarning, match="mode must be 'auto', 'min' or 'max'; got 'most'"):
        assert make("loss", mode="most").mode == "auto"


@pytest.mark.parametrize(
    ("value", "best", "better"),
    [
        (1.0, None, True),
        (float("nan"), None, True),
        (1.0, float("nan"), True),
        (float("nan"), float("nan"), False),
        (float("nan"), 1.0, False),
        (0.89, 1.0, True),
        (0.9, 1.0, False),
        (1.0, float("inf"), True),
    ],
)
def test_better_means_by_more_than_the_least_difference(value, best, better):
    assert EarlyStopping("loss", min_delta=-0.1).is_better(value, best) is better


def test_a_value_that_another_callback_adds_can_be_watched():
    add = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(own=-epoch))
    stop = EarlyStopping("own", mode="max", patience=2)
    assert fit(small(), add, stop, epochs=9).epoch == [0, 1, 2]
