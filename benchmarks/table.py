"""The table: every row, and what it is to reach. A new workload or measurement is a few lines here."""

from benchmarks._rows import Mean, Row, Side, Target
from benchmarks._sizes import SIZES


def _with_keras_api(measurement: str, *arguments: str, fresh: bool = False) -> dict[str, Side]:
    return {
        package: Side(package, f"keras_api.{measurement}", (package, *arguments), fresh)
        for package in ("hornbeam", "keras")
    }


def _by_hand(measurement: str, *arguments: str) -> Side:
    return Side("torch", f"torch_by_hand.{measurement}", arguments)


def _fit(workload: str) -> dict[str, Side]:
    torch = {"torch": _by_hand("fit", workload), "torch, fused Adam": _by_hand("fit", workload, "fused")}
    return _with_keras_api("fit", workload) | torch


def _predict(workload: str) -> dict[str, Side]:
    return _with_keras_api("predict", workload) | {"torch": _by_hand("predict", workload)}


def _faster(peer: str, times: float) -> Target:
    return Target(peer, ">=", times, over="hornbeam")


def _import(module: str, *attribute: str) -> Side:
    return Side("hornbeam", "start.import_time", (module, *attribute), fresh=True)


def _layer(name: str, size: str, mode: str) -> Row:
    sides = {
        package: Side(package, "keras_layers.layer", (package, name, size, mode)) for package in ("hornbeam", "keras")
    }
    sides["torch"] = Side("torch", "torch_layers.layer", (name, size, mode))
    shape = "x".join(map(str, SIZES[name][size]))
    target = Target("keras | torch", ">=", 0.9, over="hornbeam")
    return Row(f"layers: {name} {mode}, {size} {shape}", "s", sides, [target], rounds=5, shares=True)


def _operation(name: str) -> Row:
    home = "jax.nn" if name == "relu" else "jax.numpy"
    sides = {module: Side("hornbeam", "keras_layers.operation", (module, name)) for module in ("hornbeam.ops", home)}
    return Row(f"eager: {name}", "s", sides, [Target("hornbeam.ops", "<=", 1.3, over=home)], shares=True)


def _chain(package: str, layers: int) -> Side:
    return Side(package, "keras_layers.chain", (package, layers))


ROWS = [
    Row("fit seed_cnn", "s/step", _fit("seed_cnn"), [_faster("keras", 4), _faster("torch", 4)]),
    Row("fit mlp", "s/step", _fit("mlp"), [_faster("keras", 1), _faster("torch", 1)]),
    Row("predict seed_cnn", "s", _predict("seed_cnn"), [Target("hornbeam", "<=", 0.15, over="keras")]),
    Row("predict mlp", "s", _predict("mlp"), [Target("hornbeam", "<=", 0.15, over="keras")]),
    Row("build 8 convolutions", "s", _with_keras_api("build", fresh=True), [_faster("keras", 10)], rounds=3),
    Row(
        "import",
        "s",
        {
            "hornbeam": _import("hornbeam"),
            "hornbeam, layers.Dense": _import("hornbeam", "layers.Dense"),
            "jax": _import("jax"),
            "keras": Side("keras", "start.import_time", ("keras",), fresh=True),
        },
        [Target("hornbeam", "<=", 1.3, over="jax"), Target("hornbeam, layers.Dense", "<=", 1.3, over="jax")],
    ),
    Row(
        "hornbeam --help",
        "s",
        {"hornbeam": Side("hornbeam", "start.command", ("hornbeam", "--help"))},
        [Target("hornbeam", "<=", 0.2)],
    ),
    *(
        Row(
            f"first fit {workload}",
            "s",
            {run: Side("hornbeam", "start.program", (workload, run)) for run in ("first", "second")},
            [Target("second", "<=", 0.4, over="first")],
            rounds=5,
        )
        for workload in ("seed_cnn", "mlp")
    ),
    Row(
        "memory, 200 models",
        "MiB",
        {"hornbeam": Side("hornbeam", "keras_api.growth", ("hornbeam",), fresh=True)},
        [Target("hornbeam", "<=", 5)],
        rounds=1,
    ),
    *(_layer(name, size, mode) for name in SIZES for size in ("large", "small") for mode in ("forward", "training")),
    *(_operation(name) for name in ("mean", "add", "matmul", "relu")),
    Row(
        "graph: a chain of 500",
        "s/layer",
        {package: _chain(package, 500) for package in ("hornbeam", "keras")},
        [Target("hornbeam", "<=", 0.5, over="keras")],
    ),
    Row(
        "graph: a chain of 5000",  # Keras's recursion ends at 1,000
        "s/layer",
        {f"hornbeam, {layers}": _chain("hornbeam", layers) for layers in (500, 5000)},
        [Target("hornbeam, 5000", "<=", 1.3, over="hornbeam, 500")],
        rounds=3,
    ),
]
MEANS = [Mean("layers", "keras", "hornbeam", 1.5)]
