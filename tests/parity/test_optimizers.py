"""Each optimizer and each option around it against Keras: weights and state of 20 steps, files, configurations."""

import jax
import numpy as np
import pytest

import hornbeam
from hornbeam import optimizers
from tests.parity.oracle import RELATIVE, keras
from tests.parity.programs import QUICK

RULES = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.5}),
    ("RMSprop", {"momentum": 0.5, "centered": True, "rho": 0.8}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "learning_rate": 0.1, "beta_1": 0.7, "beta_2": 0.8}),
    ("AdamW", {"learning_rate": 0.05}),
    ("AdamW", {"amsgrad": True, "weight_decay": 0.3}),
    ("Adamax", {"learning_rate": 0.05}),
    ("Nadam", {"learning_rate": 0.05}),
    ("Adagrad", {"learning_rate": 0.05, "initial_accumulator_value": 0.3}),
    ("Adadelta", {"learning_rate": 0.5}),
    ("Ftrl", {"learning_rate": 0.05}),
    ("Ftrl", {"l1_regularization_strength": 0.1, "l2_regularization_strength": 0.02, "beta": 0.1}),
    ("Ftrl", {"l2_shrinkage_regularization_strength": 0.1, "learning_rate_power": -0.3}),
    ("Lion", {"learning_rate": 0.01, "beta_1": 0.6}),
    ("Lamb", {"learning_rate": 0.05}),
    ("Adafactor", {"learning_rate": 0.05}),
    ("Adafactor", {"learning_rate": 2.0, "clip_threshold": 0.5, "beta_2_decay": -0.5}),
    ("Adafactor", {"relative_step": False, "learning_rate": 1.5}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.05}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.05, "warmup_steps": 3, "weight_decay": 0.1, "beta_1": 0.8}),
    ("Muon", {"learning_rate": 0.05}),
    ("Muon", {"learning_rate": 0.05, "nesterov": False, "rms_rate": None, "ns_steps": 3, "adam_lr_ratio": 0.5}),
    ("Muon", {"exclude_layers": ["w"], "adam_weight_decay": 0.2}),
    ("SGD", {"clipnorm": 0.5}),
    ("SGD", {"clipvalue": 0.1}),
    ("Adam", {"global_clipnorm": 0.3}),
    ("Adam", {"weight_decay": 0.1, "learning_rate": 0.05}),
    ("SGD", {"use_ema": True, "ema_momentum": 0.7}),
    ("SGD", {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 2}),
    ("SGD", {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 2, "gradient_accumulation_steps": 2}),
    ("Adam", {"gradient_accumulation_steps": 2, "learning_rate": 0.05}),
    ("RMSprop", {"gradient_accumulation_steps": 3, "weight_decay": 0.1, "clipnorm": 0.2}),
    ("SGD", {"loss_scale_factor": 4.0, "weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "use_ema": True, "clipvalue": 0.3, "weight_decay": 0.1}),
    ("Lion", {"weight_decay": 0.1, "global_clipnorm": 0.5, "gradient_accumulation_steps": 4}),
    ("Nadam", {"gradient_accumulation_steps": 2, "loss_scale_factor": 8.0}),
    ("ScheduleFreeAdamW", {"use_ema": True, "ema_overwrite_frequency": 3, "warmup_steps": 30}),
    ("Muon", {"clipnorm": 0.5, "use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 5}),
    ("Adafactor", {"weight_decay": 0.1, "learning_rate": 1.0, "clipvalue": 0.3, "loss_scale_factor": 2.0}),
]  # fmt: skip


def many(k):
    adam = k.optimizers.Adam(0.2, amsgrad=True, name="a")
    which = k.optimizers.OptimizerMap(k.optimizers.SGD(0.1, momentum=0.9, name="s"), {".*/w|.*/conv": adam})
    return k.optimizers.MultiOptimizer(which, loss_scale_factor=2.0, name="o")


def scaled(name, arguments):
    return lambda k: k.optimizers.LossScaleOptimizer(
        getattr(k.optimizers, name)(0.1, **arguments, name="i"), 4.0, 3, name="o"
    )


def scheduled(name, schedule, arguments, **options):
    return lambda k: getattr(k.optimizers, name)(
        getattr(k.optimizers.schedules, schedule)(*arguments), **options, name="o"
    )


AVERAGED = {"momentum": 0.5, "use_ema": True, "gradient_accumulation_steps": 2, "clipnorm": 0.3}
WRAPPERS = {
    "Multi": many,
    "LossScale": scaled("AdamW", {}),
    "LossScale of averages": scaled("SGD", AVERAGED),
    "a schedule": scheduled("AdamW", "CosineDecay", (0.1, 10, 0.1, "c", 0.2, 5)),
    "a schedule of sums": scheduled("SGD", "ExponentialDecay", (0.1, 3, 0.5), gradient_accumulation_steps=3),
}


def maker(name, arguments):
    return lambda k: getattr(k.optimizers, name)(**arguments, name="o")


CASES = {f"{name} {arguments}": maker(name, arguments) for name, arguments in RULES} | WRAPPERS
SCHEDULES = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [5, 10], "values": [0.1, 0.05, 0.01]}),
    ("PiecewiseConstantDecay", {"boundaries": [5.5], "values": [1.0, 0.5], "name": "p"}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "power": 2.0}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "cycle": True}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "end_learning_rate": 0.2, "power": 0.5}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5, "staircase": True}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 0.1}),
    ("CosineDecay", {"initial_learning_rate": 0.01, "decay_steps": 10, "warmup_target": 0.2, "warmup_steps": 4}),
    ("CosineDecay", {"initial_learning_rate": 0.01, "decay_steps": 10, "alpha": 0.1, "warmup_steps": 4}),
    ("CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 10, "warmup_target": 0.2, "warmup_steps": 0}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5, "t_mul": 1.0, "m_mul": 0.5}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5, "t_mul": 1.5, "alpha": 0.1}),
]
SHAPES = [("w", (3, 2)), ("bias", (4,)), ("embedding", (2, 3)), ("conv", (2, 1, 2, 3)), ("scale", ())]
NAMELESS = {"Nadam": 1, "Adafactor": 2 * len(SHAPES)}  # Variables that Keras gives no name of their slot
STEPS = 20
RNG = np.random.default_rng(0)
START = [RNG.normal(size=shape).astype("float32") for _, shape in SHAPES]
GRADIENTS = [RNG.normal(size=(STEPS, *shape)).astype("float32") for _, shape in SHAPES]


def close(ours, theirs, **kwargs):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    largest = np.max(np.abs(theirs), initial=1.0)  # rounding of a whole course shows in what comes out near 0
    np.testing.assert_allclose(ours, theirs, rtol=RELATIVE, atol=RELATIVE / 3 * largest, **kwargs)


def weights(k):
    with k.name_scope("dense"):
        return [k.Variable(x, name=name) for x, (name, _) in zip(START, SHAPES, strict=True)]


def course(optimizer, variables):
    """Return a function of gradients (steps, ...) that gives the values of weights and state after each step."""

    def step(values, gradients):
        new = optimizer.stateless_apply(values[1], gradients, values[0])
        return new, new

    start = tuple([v.value for v in group] for group in (variables, optimizer.variables))
    return lambda gradients: jax.lax.scan(step, start, gradients)[1]


def courses(make, excluded=None):
    """Return, of us and of Keras, the optimizer and its Variables, and the values of both after each step."""
    made = []
    for k in (hornbeam, keras):
        optimizer, variables = make(k), weights(k)
        if excluded:
            chosen = [variables[i] for i in excluded.get("var_list", ())]
            optimizer.exclude_from_weight_decay(variables)  # of which the next call leaves nothing
            optimizer.exclude_from_weight_decay(chosen, excluded.get("var_names"))
        optimizer.build(variables)
        made.append((optimizer, variables))
    runs = [course(*one) for one in made]
    values = jax.jit(lambda gradients: [run(gradients) for run in runs], compiler_options=QUICK)(GRADIENTS)
    for name, one, two in zip(
        [v.path for v in [*made[0][1], *made[0][0].variables]], *map(jax.tree.leaves, values), strict=True
    ):
        close(one, two, err_msg=name)
    return made, values


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_course(make):
    ((ours, own), (theirs, other)), values = courses(make)
    kinds = [[(v.path, tuple(v.shape), str(v.dtype)) for v in o.variables] for o in (ours, theirs)]
    nameless = NAMELESS.get(type(ours).__name__, 0)
    assert sum(a != b for a, b in zip(*kinds, strict=True)) == nameless
    assert [kind[1:] for kind in kinds[0]] == [kind[1:] for kind in kinds[1]]

    eager, variables = make(hornbeam), weights(hornbeam)
    for i in range(3):
        eager.apply([g[i] for g in GRADIENTS], variables)
    for variable, value in zip([*variables, *eager.variables], jax.tree.leaves(values[0]), strict=True):
        close(variable.value, value[2], err_msg=variable.path)

    for optimizer, variables, (end, state) in ((ours, own, values[0]), (theirs, other, values[1])):
        for v, value in zip([*variables, *optimizer.variables], [*end, *state], strict=True):
            v.assign(value[-1])
        optimizer.finalize_variable_values(variables)
    for one, two in zip(own, other, strict=True):
        close(one.value, two.value, err_msg=one.path)


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_saved_state(make):
    """What either package saved goes on in the other: the state is all that a step depends on."""
    for k, other in ((hornbeam, keras), (keras, hornbeam)):
        saved, loaded, store = make(k), make(other), {}
        saved.build(weights(k))
        loaded.build(weights(other))
        for i, v in enumerate(saved.variables):
            v.assign(np.full(v.shape, i + 1, v.dtype))
        saved.save_own_variables(store)
        loaded.load_own_variables(store)
        for one, two in zip(saved.variables, loaded.variables, strict=True):
            np.testing.assert_array_equal(np.asarray(one), np.asarray(two))


@pytest.mark.parametrize("excluded", [{"var_list": (0, 3)}, {"var_names": ("ia", "^conv$")}], ids=str)
@pytest.mark.parametrize(
    "make",
    [maker("AdamW", {"weight_decay": 0.3}), maker("Muon", {"learning_rate": 0.1})],
    ids=["AdamW", "Muon"],
)
def test_excluded_from_weight_decay(make, excluded):
    courses(make, excluded)


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_config(make):
    config, known = optimizers.serialize(make(hornbeam)), keras.optimizers.serialize(make(keras))
    assert config == known
    assert optimizers.serialize(optimizers.deserialize(known)) == config
    if config["class_name"] != "Lamb":  # which Keras itself cannot read back
        assert keras.optimizers.serialize(keras.optimizers.deserialize(config)) == known


@pytest.mark.parametrize(("name", "arguments"), SCHEDULES, ids=map(str, SCHEDULES))
def test_schedule(name, arguments):
    ours = getattr(optimizers.schedules, name)(**arguments)
    theirs = getattr(keras.optimizers.schedules, name)(**arguments)
    steps = np.arange(40)
    run = jax.jit(lambda steps: [jax.vmap(schedule)(steps) for schedule in (ours, theirs)], compiler_options=QUICK)
    np.testing.assert_allclose(*run(steps), rtol=RELATIVE, atol=1e-7)
    np.testing.assert_allclose(ours(13), theirs(13), rtol=RELATIVE, atol=1e-7)
    config, known = optimizers.schedules.serialize(ours), keras.optimizers.schedules.serialize(theirs)
    assert config == known
    assert optimizers.schedules.serialize(optimizers.schedules.deserialize(known)) == known
    one, two = optimizers.SGD(ours, name="o"), keras.optimizers.SGD(theirs, name="o")
    assert optimizers.serialize(one) == keras.optimizers.serialize(two)
    assert optimizers.serialize(optimizers.deserialize(keras.optimizers.serialize(two))) == optimizers.serialize(one)


def test_loss_scale():
    ours = optimizers.LossScaleOptimizer(optimizers.SGD(0.1, name="s"), 4.0, 2, name="o")
    theirs = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1, name="s"), 4.0, 2, name="o")
    own, other = [hornbeam.Variable([1.0, 1.0])], [keras.Variable([1.0, 1.0])]
    ours.build(own)
    theirs.build(other)
    assert [v.path for v in ours.variables] == [v.path for v in theirs.variables]
    one = ([v.value for v in own], [v.value for v in ours.variables])
    two = ([v.value for v in other], [v.value for v in theirs.variables])
    step = jax.jit(ours.stateless_apply)
    for x in (4, 4, 4, np.inf, 4, np.nan, 4, 4, 4):
        gradients = [np.array([x, 4], "float32")]
        one, two = step(one[1], gradients, one[0]), theirs.stateless_apply(two[1], gradients, two[0])
        ours.apply(gradients, own)
        for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True):
            close(a, b)
        for a, b in zip([*own, *ours.variables], jax.tree.leaves(one), strict=True):
            close(a, b)
    assert optimizers.serialize(ours) == keras.optimizers.serialize(theirs)
    assert optimizers.serialize(optimizers.deserialize(keras.optimizers.serialize(theirs))) == optimizers.serialize(
        ours
    )


def test_names():
    known = keras.src.optimizers.ALL_OBJECTS_DICT
    assert {name: found.__name__ for name, found in known.items()} == {
        name: optimizers._get._LOWER[name].__name__ for name in known
    }
