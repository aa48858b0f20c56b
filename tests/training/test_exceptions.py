"""After an exception anywhere in fit, the weights are readable and are those of the last finished step."""

import signal

import jax
import numpy as np
import pytest

import hornbeam as keras

X = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
Y = X[:, :1] * 2


class Fragile(keras.layers.Layer):
    """Passes its input on, and calls `hook` from inside the compiled step."""

    def __init__(self, hook):
        super().__init__()
        self.hook = hook

    def call(self, x, training=False):
        def look(first):
            if training:
                self.hook(first)
            return first

        return x + 0 * jax.pure_callback(look, jax.ShapeDtypeStruct((), x.dtype), jax.lax.stop_gradient(x[0, 0]))


def model(*extra):
    keras.utils.set_random_seed(1)
    made = keras.Sequential([keras.Input((4,)), *extra, keras.layers.Dense(3), keras.layers.Dense(1)])
    made.compile("adam", "mse")
    return made


def batches(count=None):
    """Yield batches of 8; fail when `count` of them are given."""
    for i in range(10**6):
        if i == count:
            message = "no more"
            raise OSError(message)
        yield X[i % 5 * 8 : i % 5 * 8 + 8], Y[i % 5 * 8 : i % 5 * 8 + 8]


def state_after(steps, *extra):
    """Return weights and optimizer state after some undisturbed steps."""
    made = model(*extra)
    made.fit(batches(), epochs=1, steps_per_epoch=steps, verbose=0)
    return state_of(made)


def state_of(made):
    return [v.numpy() for v in [*made.variables, *made.optimizer.variables]]


def raising(error, hook, at):
    """Return a callback whose `hook` raises `error` when it is called with number `at`."""

    def act(number, logs=None):
        if number == at:
            raise error

    return keras.callbacks.LambdaCallback(**{hook: act})


FAULTS = {
    "a callback, before a batch": ([raising(ZeroDivisionError(), "on_train_batch_begin", 3)], None, ZeroDivisionError),
    "a callback, after a batch": ([raising(ZeroDivisionError(), "on_train_batch_end", 2)], None, ZeroDivisionError),
    "Ctrl-C": ([raising(KeyboardInterrupt(), "on_train_batch_end", 2)], None, KeyboardInterrupt),
    "the generator": ([], 3, OSError),
}


@pytest.mark.parametrize(("callbacks", "count", "error"), FAULTS.values(), ids=FAULTS)
def test_the_state_is_that_of_the_last_finished_step(callbacks, count, error):
    made = model()
    with pytest.raises(error):
        made.fit(batches(count), epochs=2, steps_per_epoch=5, verbose=0, callbacks=callbacks)
    for got, expected in zip(state_of(made), state_after(3), strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("how", ["stream", "arrays", "watched"])
def test_a_fault_inside_the_compiled_step(how):
    def fail(first):
        if first == X[24, 0]:  # of batch 3
            message = "the compiled step fails"
            raise RuntimeError(message)

    made, watch = model(Fragile(fail)), [keras.callbacks.LambdaCallback(on_train_batch_end=lambda *_: None)]
    callbacks = watch if how == "watched" else []
    data = {"x": X, "y": Y, "batch_size": 8} if how == "arrays" else {"x": batches(), "steps_per_epoch": 5}
    with pytest.raises((ValueError, jax.errors.JaxRuntimeError), match="the compiled step fails"):
        made.fit(**data, shuffle=False, verbose=0, callbacks=callbacks)
    for got, expected in zip(state_of(made), state_after(3, Fragile(lambda _: None)), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-7)
    made.fit(X[:24], Y[:24], verbose=0)


def test_ctrl_c_while_the_state_is_written(monkeypatch):
    made, data = model(), batches()
    made.fit(data, steps_per_epoch=1, verbose=0)
    steps, assign, calls = made._trainer, made._trainer._assign, []

    def interrupted(kind, state):
        calls.append(kind)
        if len(calls) == 1:
            made.trainable_variables[0]._value = state[0][0]
            raise KeyboardInterrupt
        assign(kind, state)

    monkeypatch.setattr(steps, "_assign", interrupted)
    with pytest.raises(KeyboardInterrupt):
        made.fit(data, steps_per_epoch=3, verbose=0)
    done = int(made.optimizer.iterations.numpy())
    assert done > 1
    for got, expected in zip(state_of(made), state_after(done), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-7)


def test_ctrl_c_in_a_dispatch_of_many_steps():
    made, calls = model(), []

    def interrupt(signum, frame):
        calls.append(int(made.optimizer.iterations.numpy()))
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    soon = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, _: epoch or signal.setitimer(signal.ITIMER_REAL, 0.2)
    )
    try:
        with pytest.raises(KeyboardInterrupt):
            made.fit(X, Y, batch_size=8, epochs=10**6, verbose=0, shuffle=False, callbacks=[soon])
    finally:
        signal.signal(signal.SIGALRM, before)
    steps = int(made.optimizer.iterations.numpy())
    assert steps >= calls[0] > 0
    whole = model()
    whole.fit(X, Y, batch_size=8, epochs=steps // 5, verbose=0, shuffle=False)
    if steps % 5:
        whole.fit(X, Y, batch_size=8, steps_per_epoch=steps % 5, verbose=0, shuffle=False)
    for got, expected in zip(state_of(made), state_of(whole), strict=True):
        np.testing.assert_array_equal(got, expected)
