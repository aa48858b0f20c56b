"""compile, fit, evaluate and predict: dispatches, callbacks, streams, outputs, state."""

import gc
import weakref

import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(70, 4)).astype("float32")
Y = (X[:, :1] * X[:, 1:2] + 0.1).astype("float32")
LABELS = (X[:, 0] > 0).astype("int32") + (X[:, 1] > 0)


def net(**compiled):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(8, "tanh"), layers.Dense(1)])
    model.compile(**{"optimizer": "adam", "loss": "mse", **compiled})
    return model


class Batches(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append((batch, logs["loss"]))


def test_watching_every_batch_changes_nothing():
    watch = Batches()
    watched = net().fit(X, Y, batch_size=16, epochs=2, verbose=0, callbacks=[watch]).history["loss"]
    plain = net().fit(X, Y, batch_size=16, epochs=2, verbose=0).history["loss"]
    np.testing.assert_allclose(watched, plain, rtol=1e-6)
    assert [b for b, _ in watch.seen] == [0, 1, 2, 3, 4] * 2
    np.testing.assert_allclose(watch.seen[4][1], plain[0], rtol=1e-6)


def test_steps_per_execution_calls_batch_hooks_in_strides():
    watch = Batches()
    net(steps_per_execution=2).fit(X, Y, batch_size=16, verbose=0, callbacks=[watch])
    assert [b for b, _ in watch.seen] == [1, 3, 5]  # as in Keras, whose last call counts a step that is missing


def test_automatic_steps_per_execution_calls_batch_hooks_after_each_dispatch():
    watch = Batches()
    x, y = np.tile(X, (20, 1)), np.tile(Y, (20, 1))
    net(steps_per_execution="auto").fit(x, y, batch_size=4, epochs=2, verbose=0, callbacks=[watch])
    steps = [batch for batch, _ in watch.seen]
    assert steps.count(349) == 2
    assert len(steps) < 350


def test_running_eagerly_gives_the_same_numbers():
    eager = net(run_eagerly=True).fit(X, Y, batch_size=35, verbose=0).history["loss"]
    np.testing.assert_allclose(eager, net().fit(X, Y, batch_size=35, verbose=0).history["loss"], rtol=1e-5)


def test_a_generator_trains_as_arrays_do():
    def batches():
        while True:
            for i in range(0, 64, 16):
                yield X[i : i + 16], Y[i : i + 16]

    streamed = net().fit(batches(), steps_per_epoch=4, epochs=2, verbose=0).history["loss"]
    arrays = net().fit(X[:64], Y[:64], batch_size=16, epochs=2, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(streamed, arrays, rtol=1e-5)


def test_a_list_of_batches_that_can_start_again():
    class Loader:
        def __len__(self):
            return 2

        def __iter__(self):
            return iter([(X[:16], Y[:16]), (X[16:32], Y[16:32])])

    history = net().fit(Loader(), epochs=3, verbose=0, validation_data=Loader())
    assert len(history.history["val_loss"]) == 3


def test_dict_inputs_and_outputs_by_name():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    x = layers.Concatenate()([a, b])
    model = keras.Model({"a": a, "b": b}, {"one": layers.Dense(1)(x), "two": layers.Dense(2)(x)})
    model.compile(loss={"one": "mse", "two": "mae"})
    targets = {"one": Y, "two": np.repeat(Y, 2, 1)}
    history = model.fit({"b": X, "a": X}, targets, epochs=1, verbose=0).history
    assert sorted(history) == ["loss", "one_loss", "two_loss"]
    out = model.predict({"a": X, "b": X}, verbose=0)
    assert {k: v.shape for k, v in out.items()} == {"one": (70, 1), "two": (70, 2)}


def test_class_weight_of_several_outputs():
    x = keras.Input((4,))
    model = keras.Model(x, [layers.Dense(3, "softmax", name="p")(x), layers.Dense(3, "softmax", name="q")(x)])
    model.compile(loss="sparse_categorical_crossentropy")
    model.fit(X, [LABELS, LABELS], class_weight={"p": {0: 1.0, 1: 2.0, 2: 0.0}}, verbose=0)
    with pytest.raises(ValueError, match=r"several outputs.*'p', 'q'"):
        model.fit(X, [LABELS, LABELS], class_weight={0: 1.0}, verbose=0)


def test_class_weight_per_pixel():
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 1, activation="softmax")])
    model.compile(loss="sparse_categorical_crossentropy")
    maps = RNG.integers(0, 2, (8, 4, 4))
    model.fit(RNG.normal(size=(8, 4, 4, 1)), maps, class_weight={0: 1.0, 1: 5.0}, verbose=0)


def test_a_metric_that_sizes_its_state_by_the_data():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, "softmax")])
    model.compile(loss="categorical_crossentropy", metrics=[keras.metrics.F1Score(average="macro")])
    history = model.fit(X, np.eye(3)[LABELS], verbose=0).history
    assert 0 <= history["f1_score"][0] <= 1


def test_freezing_a_layer_between_fits_is_seen():
    model = net()
    model.fit(X, Y, verbose=0)
    model.layers[0].trainable = False
    before = model.layers[0].get_weights()
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(model.layers[0].get_weights()[0], before[0])
    model.layers[0].trainable = True
    model.fit(X, Y, verbose=0)
    assert np.any(model.layers[0].get_weights()[0] != before[0])


def test_the_learning_rate_can_be_changed_between_epochs():
    model = net(optimizer="sgd")
    model.fit(X, Y, verbose=0)
    model.optimizer.learning_rate = 0.0
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_an_error_in_a_callback_leaves_the_weights_readable():
    class Boom(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                raise KeyboardInterrupt

    model = net()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, batch_size=16, verbose=0, callbacks=[Boom()])
    assert all(np.isfinite(w).all() for w in model.get_weights())
    model.fit(X, Y, verbose=0)


def test_batch_normalization_and_dropout_move_their_state():
    model = keras.Sequential([keras.Input((4,)), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(1)])
    model.compile(loss="mse")
    seed = model.layers[1].seed_generator.state.numpy().copy()
    model.fit(X, Y, batch_size=35, verbose=0)
    assert np.any(model.layers[0].moving_mean.numpy() != 0)
    assert np.any(model.layers[1].seed_generator.state.numpy() != seed)


def test_progress_and_verbose(capsys):
    net(metrics=["mae"]).fit(X, Y, epochs=2, verbose=2, validation_split=0.2)
    text = capsys.readouterr().out
    assert "Epoch 2/2" in text
    assert all(word in text for word in ("loss:", "mae:", "val_loss:", "val_mae:"))
    net().fit(X, Y, verbose=0)
    assert capsys.readouterr().out == ""


def test_predict_in_batches_equals_predict_at_once():
    model = net()
    np.testing.assert_allclose(
        model.predict(X, batch_size=16, verbose=0), model.predict(X, batch_size=70, verbose=0), rtol=1e-5
    )
    np.testing.assert_allclose(model.predict(X[:1], verbose=0), model.predict(X, verbose=0)[:1], rtol=1e-5)


def test_small_predictions_see_new_weights_and_new_layers():
    model = net()
    first = model.predict(X[:1], verbose=0)
    model.set_weights([w * 0 for w in model.get_weights()])
    assert np.all(model.predict(X[:1], verbose=0) == 0)
    assert np.any(first != 0)
    model.add(layers.Dense(2))
    assert model.predict(X[:1], verbose=0).shape == (1, 2)
    with pytest.raises(ValueError, match=r"expects \(batch, 4\)"):
        model.predict(X[:1, :3], verbose=0)


def test_a_deleted_model_is_freed():
    model = net()
    model.fit(X, Y, verbose=0)
    seen = [weakref.ref(model), weakref.ref(model.layers[0].kernel)]
    del model
    gc.collect()
    assert [ref() for ref in seen] == [None, None]


def test_a_callback_list_is_taken_as_its_callbacks():
    watch = Batches()
    history = net().fit(X, Y, verbose=0, callbacks=keras.callbacks.CallbackList([watch]))
    assert len(history.history["loss"]) == 1
    assert len(watch.seen) == 3
