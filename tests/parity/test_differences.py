"""The page of differences says what is so: no more and no less."""

import pytest

import hornbeam
from tests.parity.differences import _WAYS, PROBES, Probe, _run, probe_line, value_line, written
from tests.parity.ops_table import APART, ROWS
from tests.parity.oracle import keras


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.where.strip("`"))
def test_probes(probe: Probe):
    ours, theirs = (_run(lambda k=k: probe.show(k)) for k in (hornbeam, keras))
    assert ours != theirs, "no longer so"
    assert probe_line(probe) in written()


def test_values_of_operations_are_listed():  # that they differ is shown by test_ops.py
    known = [value_line(row) for row in ROWS if row.keras]
    known += [f"| `{name}`, {_WAYS.get(way, way)} | {reason} |" for (name, way), reason in APART.items()]
    assert [line for line in known if line not in written()] == []
    table = written()[
        written().index("## Values of operations") + 4 : written().index("## Symbolic shapes and dtypes") - 1
    ]
    assert table == known
