import pytest

from hornbeam.legacy._rules import Drop, Join, Map, Rename, Translation, parse_signature

OLD = parse_signature("(output_dim, init='uniform', bias=True, border_mode='valid', **kwargs)")


def today(units, activation=None, kernel_initializer="glorot", use_bias=True, **kwargs):
    """What calls are translated for."""


RULES = (
    Rename("output_dim", "units"),
    Map("init", "kernel_initializer", {"zero": "zeros"}),
    Rename("bias", "use_bias"),
    Drop("border_mode", ("valid",)),
)


def translate(*args, old=OLD, rules=RULES, **kwargs):
    return Translation("Layer", today, old, rules)(args, kwargs)


@pytest.mark.parametrize(
    ("args", "kwargs", "result"),
    [
        ((3,), {}, {"units": 3, "kernel_initializer": "uniform", "use_bias": True}),
        ((3, "zero"), {}, {"units": 3, "kernel_initializer": "zeros", "use_bias": True}),
        ((3, "zero", False), {}, {"units": 3, "kernel_initializer": "zeros", "use_bias": False}),
        (
            (),
            {"output_dim": 3, "name": "a"},
            {"units": 3, "name": "a", "kernel_initializer": "uniform", "use_bias": True},
        ),
        ((), {"units": 3, "use_bias": False}, {"units": 3, "use_bias": False, "kernel_initializer": "uniform"}),
        ((3,), {"border_mode": "valid"}, {"units": 3, "kernel_initializer": "uniform", "use_bias": True}),
        ((3, ["zero"]), {}, {"units": 3, "kernel_initializer": ["zero"], "use_bias": True}),
    ],
)
def test_arguments_of_the_era_become_todays(args, kwargs, result):
    assert translate(*args, **kwargs) == result


@pytest.mark.parametrize(
    ("args", "kwargs", "error", "message"),
    [
        ((1, 2, 3, 4, 5), {}, TypeError, "Layer takes at most 4 arguments by position; got 5."),
        ((1,), {"output_dim": 2}, TypeError, "Layer got two values for the argument 'output_dim'."),
        ((1,), {"units": 2}, TypeError, "'output_dim' is an earlier name of 'units': give one of them."),
        (
            (1,),
            {"border_mode": "full"},
            ValueError,
            "The argument 'border_mode' is covered with the value 'valid' alone; got 'full'.",
        ),
    ],
)
def test_errors(args, kwargs, error, message):
    with pytest.raises(error) as caught:
        translate(*args, **kwargs)
    assert str(caught.value) == message


def test_todays_defaults_stay_without_a_signature():
    assert translate(3, old=None) == {"units": 3}


def convolve(filters, kernel_size, strides=1):
    """What a call of a convolution is translated for."""


@pytest.mark.parametrize(
    ("args", "kwargs", "kernel"),
    [((8, 3, 5), {}, (3, 5)), ((8, 3), {"strides": 2}, 3), ((8, (3, 5), 2), {}, (3, 5))],
)
def test_two_whole_numbers_by_position_are_a_kernel(args, kwargs, kernel):
    rule = Join(("kernel_size", "strides"), "kernel_size", positional_whole_numbers=True)
    signature = parse_signature("(filters, kernel_size, strides=(1, 1))")
    result = Translation("Conv", convolve, signature, [rule])(args, kwargs)
    assert result["kernel_size"] == kernel


@pytest.mark.parametrize(
    "text",
    ["(a, b=1, e=(2, 3), **f)", "()", "(x, y=None, z=-1.5, w='a b')", "(layers=None, name=None)"],
)
def test_signatures_are_read_as_python_writes_them(text):
    assert str(parse_signature(text)) == text
