"""Operations: values, gradients, symbolic shapes and dtypes equal to Keras's, for each row of ops_table."""

import pytest

from tests.parity.differences import written
from tests.parity.ops_cases import apart, cases, symbolic_difference
from tests.parity.ops_table import APART, ROWS
from tests.parity.oracle import keras

pytestmark = [
    pytest.mark.filterwarnings("ignore:You are using a softmax"),
    pytest.mark.filterwarnings("ignore:NotImplemented should not be used:DeprecationWarning"),
]
ELSEWHERE = set(  # functions of functions: tests/ops/test_control.py
    "associative_scan cond convert_to_numpy custom_gradient fori_loop jvp map scan switch vectorize "
    "vectorized_map while_loop".split()
)


def test_every_op_has_a_row():
    names = {name for name in dir(keras.ops) if callable(getattr(keras.ops, name)) and not name.startswith("_")}
    names |= {
        f"image.{name}" for name in dir(keras.ops.image) if callable(getattr(keras.ops.image, name)) and name[0] != "_"
    }
    assert names - {row.name for row in ROWS} == ELSEWHERE


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_value_and_gradient(row):
    found = apart(row, cases(row))
    if row.keras:
        assert any(not case.extra for case, _ in found), f"no longer so: Keras {row.keras}"
    else:
        assert not [(case.which, text) for case, text in found if (row.name, case.which) not in APART]


@pytest.mark.parametrize(("name", "which"), APART)
def test_what_is_apart(name, which):
    rows = [row for row in ROWS if row.name == name]
    assert any(apart(row, [case for case in cases(row) if case.which == which]) for row in rows), "no longer so"


@pytest.mark.parametrize("row", [row for row in ROWS if row.symbolic], ids=repr)
def test_symbolic(row):
    line = symbolic_difference(row)
    assert line in written() if line else f"| `{row!r}`" not in written()
