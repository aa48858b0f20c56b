"""Keras's names, arguments and members are here, or stand in the list of what is left out, with a reason."""

import fnmatch

import pytest

from tests.parity.coverage import CLEAR_ERRORS, LEFT_OUT, OTHER_ARGUMENTS, compared, ours, reason

THERE, MISSING, DIFFERENT = compared()


def test_what_is_missing_is_listed():
    assert sorted(name for name in MISSING if reason(name) is None) == []


@pytest.mark.parametrize("pattern", LEFT_OUT)
def test_what_is_listed_is_missing(pattern):
    assert fnmatch.filter(MISSING, pattern), "Nothing is missing any more: strike it from the list."
    there = fnmatch.filter(THERE, pattern) if "*." not in pattern else []
    assert not there, "These are here now: strike them from the list, or narrow the pattern."


def test_arguments_that_are_not_kerass_are_listed():
    assert sorted(name for name in DIFFERENT if reason(name, OTHER_ARGUMENTS) is None) == []


@pytest.mark.parametrize("pattern", OTHER_ARGUMENTS)
def test_what_is_listed_takes_other_arguments(pattern):
    assert fnmatch.filter(DIFFERENT, pattern), "All are as Keras's now: strike it from the list."


@pytest.mark.parametrize("name", CLEAR_ERRORS)
def test_another_engines_layers_say_so(name):
    with pytest.raises(NotImplementedError, match=CLEAR_ERRORS[name]):
        ours(name)("model")
