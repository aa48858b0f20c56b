"""What the benchmarks count and write; what they measure is run by `make bench` and `make bench-gpu` alone."""

from time import perf_counter

import pytest

import hornbeam
from benchmarks._page import write_section
from benchmarks._rows import Row, Side, Target
from benchmarks.gpu._run import Sides, report
from benchmarks.gpu._text import section, shown
from benchmarks.gpu.models_keras import MODELS
from benchmarks.gpu.table import LIMIT
from benchmarks.gpu.workloads import WORKLOADS


def test_section_goes_to_the_end_and_is_replaced(tmp_path):
    page = tmp_path / "docs" / "page.md"
    write_section(page, "gpu", "first")
    assert page.read_text() == "<!-- gpu -->\nfirst\n<!-- /gpu -->\n"
    page.write_text("# Title\n")
    write_section(page, "cpu", "one")
    write_section(page, "gpu", "two")
    page.write_text(page.read_text() + "\nend\n")
    write_section(page, "cpu", "three\n")
    assert page.read_text() == (
        "# Title\n\n<!-- cpu -->\nthree\n<!-- /cpu -->\n\n<!-- gpu -->\ntwo\n<!-- /gpu -->\n\nend\n"
    )


def test_section_that_does_not_end_is_left_alone(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- gpu -->\nwhat somebody wrote\n")
    with pytest.raises(ValueError, match="no <!-- /gpu -->"):
        write_section(page, "gpu", "text")
    assert page.read_text() == "<!-- gpu -->\nwhat somebody wrote\n"


@pytest.mark.parametrize(
    ("name", "parameters", "flop"),
    [("resnet50", 25_557_032, 2 * 4.09e9 * 3), ("decoder", 124_475_904, 6 * 123.57e6 + 12 * 12 * 768 * 1024 / 2)],
)
def test_parameters_and_arithmetic_are_those_of_the_papers(name, parameters, flop):
    workload = WORKLOADS["full"][name]
    assert workload.parameters == parameters
    assert workload.flop / workload.items == pytest.approx(flop, rel=0.01)


@pytest.mark.parametrize("name", WORKLOADS["tiny"])
def test_parameters_are_the_model_s(name):
    workload = WORKLOADS["tiny"][name]
    model = MODELS[name](hornbeam, workload)
    assert sum(v.value.size for v in model.trainable_variables) == workload.parameters


def test_side_that_fails_leaves_the_others():
    sizes = {"jax": 16, "torch": -1}
    sides = {name: Side("gpu", "gpu.prepare", ("on_jax.product", size)) for name, size in sizes.items()}
    row = Row(LIMIT, "s", sides, [Target("torch", ">=", 1.0, over="jax")], rounds=2)
    found = Sides(row, perf_counter() + 100).measure()
    result = report(row, "tiny", found, None)
    assert len(result["rounds"]["jax"]) == 2
    assert result["unmet"] == ["torch / jax"]
    assert "torch: FAILED: " in shown(result)
    machine = {"device": "a GPU", "versions": {"jax": "1"}, "python": "3", "date": "2026-01-01"}
    assert "a GPU; Python 3; jax 1; 2026-01-01." in section(machine, [result])
