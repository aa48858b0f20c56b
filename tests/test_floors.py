"""The floors of the house: a module imports from lower floors, or within its own package without a cycle."""

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = [
    "_core.config _core.names _core.dtypes _core.tree _core.registry _core.lazy",
    "_core.state _core.tracking _core.seeds",
    "_core.graph _core.infer _core.op",
    "ops random",
    "activations initializers regularizers constraints dtype_policies losses",
    "layers metrics optimizers saving data",
    "training callbacks",
    "models draw",
    "applications datasets utils export wrappers distribution",
    "legacy compat",
    "__init__ __main__ cli",
]
FLOOR = {unit: number for number, units in enumerate(FLOORS) for unit in units.split()}
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "hornbeam").rglob("*.py"))
}


def unit(module):
    """Return the part of a module's name that has a floor: hornbeam.layers._dense -> layers."""
    parts = module.split(".")[1:] or ["__init__"]
    return ".".join(parts[:2]) if parts[0] == "_core" else parts[0]


def imported(tree):
    """Yield (node, module) of each import of this package, `lazy("hornbeam.x")` included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for name in node.names:
                full = f"{node.module}.{name.name}"
                yield node, full if full in MODULES else node.module
        elif isinstance(node, ast.Import):
            yield from ((node, name.name) for name in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "lazy":
            yield node, ast.literal_eval(node.args[0])


def edges(module):
    """Return the modules of this package that `module` imports."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    return {target for _, target in imported(tree) if target.split(".")[0] == "hornbeam"}


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    home = unit(module)
    if module == "hornbeam._core":
        assert not edges(module)
        return
    assert home in FLOOR, f"{home} has no floor: give it one in the table above."
    for target in edges(module):
        same_package = target.split(".")[1:2] == module.split(".")[1:2]
        assert FLOOR[unit(target)] < FLOOR[home] or (same_package and FLOOR[unit(target)] <= FLOOR[home]), (
            f"{module} (floor {FLOOR[home]}) imports {target} (floor {FLOOR[unit(target)]})."
        )
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            hidden = [node.lineno for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)]
            assert not hidden, f"{module}, line {hidden[0]}: an import inside a function; use _core.lazy."


def test_no_cycles():
    graphlib.TopologicalSorter({module: edges(module) - {module} for module in MODULES}).prepare()


@pytest.mark.parametrize("module", [m for m in MODULES if FLOOR.get(unit(m), 0) < FLOOR["legacy"]])
def test_core_never_speaks_of_eras(module):
    text = MODULES[module].read_text(encoding="utf-8")
    assert not re.findall(r"(?i)\b(?:legacy|compat|eras?|keras[ _]?[12])\b", text)


WITHOUT_THE_OLD = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("hornbeam.legacy", "hornbeam.compat")):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Hidden())
import numpy as np
import hornbeam as keras
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(3)])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
x, y = np.random.default_rng(0).normal(size=(64, 4)), np.arange(64) % 3
history = model.fit(x, y, epochs=3, batch_size=16, verbose=0).history["loss"]
assert history[-1] < history[0], history
assert model.predict(x, verbose=0).shape == (64, 3)
twin = keras.Sequential.from_config(model.get_config())
assert twin.count_params() == model.count_params()
"""


def test_core_works_without_the_old():
    subprocess.run([sys.executable, "-c", WITHOUT_THE_OLD], check=True, cwd=ROOT)  # noqa: S603  # this very Python
