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
    "_core.config _core.names _core.dtypes _core.tree _core.registry _core.lazy _core.memory _core.cache",
    "_core.state _core.tracking _core.seeds _core.scopes",
    "_core.graph _core.infer _core.op _core.serialize _core.family",
    "native",
    "ops random",
    "activations initializers regularizers constraints dtype_policies losses quantizers",
    "layers metrics optimizers saving data",
    "callbacks",
    "training",
    "models draw",
    "applications backend config datasets distribution export mixed_precision tree utils wrappers",
    "preprocessing",
    "legacy",
    "compat",
    "__init__",
    "cli",
    "__main__",
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


def imported(module):
    """Return the modules of this package that `module` imports, at once or by `lazy("hornbeam.x")`."""
    found = set()
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.ImportFrom):
            full = {f"{node.module}.{name.name}" for name in node.names}
            found |= {name if name in MODULES else node.module for name in full}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "lazy":
            found.add(ast.literal_eval(node.args[0]))
    if unit(module) == "compat":
        found.discard("hornbeam")  # it makes `keras` another name of the face, when a program first asks for it
    return {target for target in found if target.split(".")[0] == "hornbeam"}


def parsed(module):
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@pytest.mark.parametrize("module", [m for m in MODULES if m != "hornbeam._core"])
def test_imports_go_down(module):
    here = unit(module)
    assert here in FLOOR, f"{here} has no floor: give it one in the table above."
    for target in imported(module):
        down = FLOOR[unit(target)] < FLOOR[here]
        beside = FLOOR[unit(target)] == FLOOR[here] and target.split(".")[1:2] == module.split(".")[1:2]
        assert down or beside, f"{module} (floor {FLOOR[here]}) imports {target} (floor {FLOOR[unit(target)]})."


@pytest.mark.parametrize("module", MODULES)
def test_no_import_inside_a_function(module):
    functions = [f for f in ast.walk(parsed(module)) if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef)]
    hidden = [n.lineno for f in functions for n in ast.walk(f) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert not hidden, f"{module}, lines {hidden}: bind the module by _core.lazy instead."


def test_no_cycles():
    graphlib.TopologicalSorter({module: imported(module) - {module} for module in MODULES}).prepare()


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
