"""A training over arrays keeps one copy of its state, and overwrites nothing that anybody else holds."""

import signal

import jax
import numpy as np
import pytest

import hornbeam as keras
from hornbeam.training._engine import CALLS_OUT, hints_of
from hornbeam.training._signals import signals_wait

X = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
Y = X[:, :1] * 2
ON_CPU = pytest.mark.skipif(jax.default_backend() != "cpu", reason="elsewhere the state is not overwritten")


def trained(*extra):
    made = keras.Sequential([keras.Input((4,)), *extra, keras.layers.Dense(3), keras.layers.Dense(1)])
    made.compile("adam", "mse")
    made.fit(X, Y, batch_size=8, epochs=2, verbose=0)
    return made


def places(model):
    """Return where the values of weights and of the optimizer's slots lie in memory."""
    variables = [*model.variables, *model.optimizer.variables]
    return [v._value.unsafe_buffer_pointer() for v in variables if v.ndim]


@ON_CPU
def test_state_stays_where_it_is():
    model = trained()
    model.fit(X, Y, batch_size=8, verbose=0)
    before = places(model)
    model.fit(X, Y, batch_size=8, epochs=3, verbose=0)
    assert places(model) == before


@pytest.mark.parametrize("method", ["fit", "evaluate"])
@pytest.mark.parametrize("hold", [lambda v: v.value, lambda v: v.numpy(), lambda v: np.asarray(v.value)])
def test_what_others_hold_stays(method, hold):
    model = trained()
    held = [hold(v) for v in [*model.variables, *model.optimizer.variables, *model.metrics_variables]]
    before = [np.array(value) for value in held]
    getattr(model, method)(X, Y, batch_size=8, verbose=0)
    for value, expected in zip(held, before, strict=True):
        np.testing.assert_array_equal(np.asarray(value), expected)


def test_signals_wait_for_the_end_of_a_block():
    came = []
    before = signal.signal(signal.SIGALRM, lambda *_: came.append("alarm"))
    try:
        with signals_wait():
            signal.raise_signal(signal.SIGALRM)
            came.append("block")
        signal.raise_signal(signal.SIGALRM)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert came == ["block", "alarm", "alarm"]


def test_a_handler_that_raises_keeps_no_other_signal_waiting():
    came = []

    def fail(*_):
        raise KeyboardInterrupt

    def send(*numbers):
        with signals_wait():
            for number in numbers:
                signal.raise_signal(number)

    handlers = {signal.SIGUSR1: fail, signal.SIGALRM: lambda *_: came.append("alarm")}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGUSR1, signal.SIGALRM)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert came == ["alarm"]


def test_two_variables_may_share_a_value():
    model, other = trained(), keras.layers.Dense(3)
    other.build((None, 4))
    other.kernel.assign(model.layers[0].kernel.value)
    before = other.kernel.numpy().copy()
    model.fit(X, Y, batch_size=8, epochs=2, verbose=0)
    np.testing.assert_array_equal(other.kernel.numpy(), before)


def test_arrays_that_weights_were_set_to_stay():
    model = trained()
    given = [np.ones(w.shape, "float32") for w in model.get_weights()]
    model.set_weights(given)
    model.fit(X, Y, batch_size=8, epochs=2, verbose=0)
    assert all((w == 1).all() for w in given)


def test_a_test_leaves_weights_and_optimizer_alone():
    model = trained()
    held = [v._value for v in [*model.trainable_variables, *model.optimizer.variables]]
    model.evaluate(X, Y, batch_size=8, verbose=0)
    now = [v._value for v in [*model.trainable_variables, *model.optimizer.variables]]
    assert all(a is b for a, b in zip(held, now, strict=True))


@pytest.mark.parametrize("inside", [lambda f: f, jax.jit, jax.checkpoint, jax.vmap])
@pytest.mark.parametrize("call", [lambda x: jax.debug.callback(lambda _: None, x), lambda x: jax.debug.print("{}", x)])
def test_programs_that_call_python_are_known(inside, call):
    def shout(x):
        call(x)
        return x

    called = inside(shout)
    assert CALLS_OUT in hints_of(lambda x: jax.lax.fori_loop(0, 3, lambda _, y: called(y), x), X)
    assert CALLS_OUT not in hints_of(lambda x: jax.lax.fori_loop(0, 3, lambda _, y: y + 1, x), X)
