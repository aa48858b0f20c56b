"""The base of optimizers: what they take, what they refuse, and what stands around the rule."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam import Variable, constraints, optimizers
from hornbeam.optimizers import SGD, Adam, schedules

ONES = np.ones(2, "float32")


def variable(name="v", value=1.0):
    return Variable(np.full(2, value, "float32"), name=name)


def test_rate_as_number_schedule_or_function():
    optimizer = SGD(0.5)
    optimizer.learning_rate = 0.25
    assert float(optimizer.learning_rate.value) == 0.25
    optimizer.learning_rate.assign(0.125)
    assert optimizer.get_config()["learning_rate"] == 0.125
    optimizer.learning_rate = schedules.InverseTimeDecay(1.0, 1, 1.0)
    assert [v.path for v in optimizer.variables] == ["sgd/iteration"]
    v = variable()
    optimizer.apply([ONES], [v])
    assert float(optimizer.learning_rate) == 0.5
    np.testing.assert_allclose(v.numpy(), 0.0)
    optimizer.apply([ONES], [v])
    np.testing.assert_allclose(v.numpy(), -0.5)
    with pytest.raises(TypeError, match="learning_rate was given as InverseTimeDecay and cannot be set to a number"):
        optimizer.learning_rate = 0.1
    for rate in (lambda: 0.5, lambda step: 0.5 + 0.0 * step):
        v = variable()
        SGD(rate).apply([ONES], [v])
        np.testing.assert_allclose(v.numpy(), 0.5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Adam(-1), "adam: learning_rate must be a number of at least 0, .*; got -1"),
        (lambda: Adam(-0.1), "learning_rate must be .* got -0.1"),
        (lambda: Adam("fast"), "learning_rate must be .* got 'fast'"),
        (lambda: Adam(None), "learning_rate must be .* got None"),
        (lambda: Adam([1]), r"learning_rate must be .* got \[1\]"),
        (lambda: Adam(float("nan")), "learning_rate must be .* got nan"),
        (lambda: setattr(Adam(), "learning_rate", -1.0), "learning_rate must be .* got -1.0"),
        (lambda: Adam(lr=0.1), "adam: unknown argument 'lr'"),
        (lambda: Adam(weight_dcay=0.1), "unknown argument 'weight_dcay'. Did you mean 'weight_decay'"),
        (lambda: Adam(clipnorm=1.0, clipvalue=1.0), "only one of clipnorm, .* got clipnorm=1.0, clipvalue=1.0"),
        (lambda: Adam(use_ema=True, ema_momentum=2), r"ema_momentum must be in \[0, 1\]; got 2"),
        (lambda: Adam(use_ema=True, ema_overwrite_frequency=3.5), "ema_overwrite_frequency must be None or .* got 3.5"),
        (lambda: Adam(gradient_accumulation_steps=1), "gradient_accumulation_steps must be None or .* got 1"),
        (lambda: SGD(momentum=2), r"sgd: momentum must be in \[0, 1\]; got 2"),
        (lambda: optimizers.AdamW(weight_decay=None), "adam_w: weight_decay must be a number; got None"),
        (lambda: optimizers.Lion(beta_1=0.0), r"lion: beta_1 must be in \(0, 1\]"),
        (lambda: optimizers.Ftrl(learning_rate_power=0.5), "ftrl: -learning_rate_power must be at least 0; got -0.5"),
        (lambda: SGD().apply([ONES, ONES], [variable()]), "one gradient per variable expected; got 2 for 1 variables"),
        (lambda: SGD().apply([None], [variable()]), "No gradient is given for any variable"),
        (lambda: SGD().stateless_apply([], [], []), "call build"),
    ],
)
def test_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_decay_is_warned_of():
    with pytest.warns(UserWarning, match="adam: decay=0.1 is ignored; give learning_rate a schedule"):
        Adam(decay=0.1)


def test_common_arguments_also_by_position():
    optimizer = SGD(0.1, 0.9, True, 0.01, None, 2.0)
    assert (optimizer.weight_decay, optimizer.clipvalue, optimizer.name) == (0.01, 2.0, "sgd")
    optimizer = Adam(0.1, 0.9, 0.99, 1e-7, False, 0.01, name="a")
    assert (optimizer.beta_2, optimizer.weight_decay, optimizer.name) == (0.99, 0.01, "a")
    with pytest.raises(TypeError, match="multiple values"):
        SGD(0.1, 0.9, True, 0.01, weight_decay=0.1)


def test_variables_are_known_from_build_on():
    v, w, other = variable("v"), variable("w"), variable("other")
    optimizer = SGD(0.5, momentum=0.9)
    optimizer.build([v, w])
    optimizer.apply([ONES], [w])
    np.testing.assert_allclose((v.numpy(), w.numpy()), ([1, 1], [0.5, 0.5]))
    with pytest.raises(ValueError, match="variables that the optimizer was built with expected; got 'other'"):
        optimizer.apply([ONES], [other])
    with pytest.warns(UserWarning, match="no gradient for v: they stay"):
        optimizer.apply([None, ONES])
    assert int(optimizer.apply_gradients(zip([ONES, ONES], [v, w], strict=True)).value) == 3
    before = {x.path: x.numpy() for x in optimizer.variables}
    optimizer.build([w, other])
    assert [x.path for x in optimizer.variables][-1] == "sgd/other_momentum"
    assert all((x.numpy() == before[x.path]).all() for x in optimizer.variables[:-1])
    weights, state = optimizer.stateless_apply(
        [x.value for x in optimizer.variables], [ONES, ONES], [w.value, other.value]
    )
    assert (len(weights), len(state)) == (2, 5)
    np.testing.assert_allclose(weights[1], 0.5)


def test_state_is_named_after_paths():
    v = variable()
    v.path = "model/dense/" + "x" * 300
    optimizer = Adam(name="opt")
    optimizer.build([v])
    assert optimizer.variables[2].path == f"opt/model_dense_{'x' * 300}_momentum"


def test_constraint_overwriting_and_excluded_decay():
    free, bound, replaced = variable("free"), variable("bound"), variable("replaced")
    bound.constraint, replaced.overwrite_with_gradient = constraints.NonNeg(), True
    optimizer = SGD(2.0, weight_decay=0.25)
    optimizer.exclude_from_weight_decay(var_list=[bound], var_names=["nothing"])
    optimizer.apply([ONES * 0, ONES, ONES * 7], [free, bound, replaced])
    np.testing.assert_allclose((free.numpy(), bound.numpy(), replaced.numpy()), ([0.5] * 2, [0] * 2, [7] * 2))
    optimizer = SGD(2.0, weight_decay=0.25)
    optimizer.exclude_from_weight_decay(var_names=["fre+$"])
    optimizer.apply([ONES * 0], [free])
    np.testing.assert_allclose(free.numpy(), 0.5)


def test_averages_are_put_in_place_at_the_end():
    v = variable()
    optimizer = SGD(0.5, use_ema=True, ema_momentum=0.5)
    for _ in range(2):
        optimizer.apply([ONES], [v])
    np.testing.assert_allclose(v.numpy(), 0.0)
    optimizer.finalize_variable_values([v])
    np.testing.assert_allclose(v.numpy(), 0.25)


def test_state_goes_through_files():
    optimizer, twin, v = Adam(), Adam(), variable()
    optimizer.apply([ONES], [v])
    twin.build([v])
    store = {}
    optimizer.save_own_variables(store)
    assert list(store) == ["0", "1", "2", "3"]
    twin.load_own_variables(store)
    assert all((a.numpy() == b.numpy()).all() for a, b in zip(optimizer.variables, twin.variables, strict=True))
    with pytest.raises(ValueError, match="set_weights expects 4 values, as `variables` has; got 1"):
        twin.set_weights([1])


def test_half_precision_computes_in_single():
    v = Variable(np.ones(2), dtype="bfloat16")
    optimizer = Adam(0.01)
    for _ in range(300):  # beyond what bfloat16 can count
        optimizer.apply([jnp.ones(2, "bfloat16")], [v])
    assert v.dtype == "bfloat16"
    assert optimizer.variables[2].dtype == "bfloat16"
    assert float(v.numpy()[0]) < 0


class Signs(optimizers.Optimizer):
    """A rule of the user's, by update()."""

    def __init__(self, learning_rate=0.1, factor=1.0, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.factor = factor

    def slots(self, variable):
        return [{"count": 0.0}]

    def update(self, gradient, value, slots, learning_rate, step):
        return value - self.factor * learning_rate * jnp.sign(gradient), {"count": slots["count"] + 1}


class Momentum(optimizers.Optimizer):
    """A rule of the user's, by Variables."""

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.momenta = [self.add_variable_from_reference(v, "m") for v in variables]

    def update_step(self, gradient, variable, learning_rate):
        m = self.momenta[self._get_variable_index(variable)]
        self.assign(m, 0.5 * m.value + gradient)
        self.assign_sub(variable, learning_rate * m.value)


@pytest.mark.parametrize(("make", "expected"), [(lambda: Signs(factor=2.0), 0.6), (lambda: Momentum(0.1), 0.75)])
def test_rules_of_the_user(make, expected):
    optimizer, v = make(), variable()
    for _ in range(2):
        optimizer.apply([ONES], [v])
    np.testing.assert_allclose(v.numpy(), expected, rtol=1e-6)
    optimizer, v = make(), variable()
    optimizer.build([v])
    weights, state, step = [v.value], [x.value for x in optimizer.variables], jax.jit(optimizer.stateless_apply)
    for _ in range(2):
        weights, state = step(state, [ONES], weights)
    np.testing.assert_allclose(weights[0], expected, rtol=1e-6)
    twin = type(optimizer).from_config(optimizer.get_config())
    assert twin.get_config() == optimizer.get_config()


def test_in_a_compiled_loop():
    v = variable()
    optimizer = Adam(0.1, gradient_accumulation_steps=2, clipnorm=1.0)
    optimizer.build([v])

    def step(carry, gradient):
        weights, state = optimizer.stateless_apply(carry[1], [gradient], carry[0])
        return (weights, state), weights[0]

    gradients = np.random.default_rng(0).normal(size=(6, 2)).astype("float32")
    start = ([v.value], [x.value for x in optimizer.variables])
    _, path = jax.lax.scan(step, start, gradients)
    for gradient, point in zip(gradients, path, strict=True):
        optimizer.apply([gradient], [v])
        np.testing.assert_allclose(v.numpy(), point, rtol=1e-5)
