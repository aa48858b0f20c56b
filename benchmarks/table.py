"""The table: every row, and what it is to reach. A new workload or measurement is a few lines here."""

from typing import Any

from benchmarks._rows import Mean, Row, Side, Target
from benchmarks._sizes import SIZES
from benchmarks._workloads import WORKLOADS

KERAS = {"hornbeam": "hornbeam", "keras": "keras", "keras on torch": "keras", "keras on tensorflow": "keras"}
KERAS |= {"tf_keras": "tf_keras"}  # the environment, and the package in it
SMALL = ("seed_cnn", "mlp")
CONVOLVE = ("mnist_cnn", "resnet20")  # XLA's convolutions take up to 70 times as long inside of a compiled loop
LONG = ("resnet20", "encoder")  # whose steps take most of a second on some sides
MANY = 10_000  # rows to evaluate and predict


def _with_keras_api(measurement: str, *arguments: Any, fresh: bool = False, every: bool = False) -> dict[str, Side]:
    """Return the sides that have Keras's interface: Hornbeam and Keras on JAX, or every one."""
    return {
        name: Side(name, f"keras_api.{measurement}", (package, *arguments), fresh)
        for name, package in KERAS.items()
        if every or name in ("hornbeam", "keras")
    }


def _by_hand(package: str, measurement: str, *arguments: Any, fresh: bool = False) -> Side:
    return Side(package, f"{package}_by_hand.{measurement}", arguments, fresh)


def _all(measurement: str, *arguments: Any, fresh: bool = False) -> dict[str, Side]:
    """Return the sides that are there for a measurement of whole models."""
    hands = {package: _by_hand(package, measurement, *arguments, fresh=fresh) for package in ("torch", "jax")}
    return _with_keras_api(measurement, *arguments, fresh=fresh, every=True) | hands


def _fit(workload: str) -> Row:
    """Return the row of training: ahead of all, four times so where a step is small; level with JAX by hand."""
    sides = _all("fit", workload)
    sides["torch, compiled"] = _by_hand("torch", "fit", workload, "compiled")
    if workload not in CONVOLVE:
        sides["jax, an epoch a program"] = _by_hand("jax", "fit", workload, "scan")
    least = 4 if workload == "seed_cnn" else 1
    rounds = 3 if workload in LONG else 5
    hands = [name for name in sides if name.startswith("jax")]
    targets = [_faster(name, least) for name in sides if name != "hornbeam" and name not in hands]
    return Row(f"fit {workload}", "s/step", sides, [*targets, _faster(" | ".join(hands), 0.95)], rounds)


def _predict(workload: str) -> Row:
    targets = [Target("hornbeam", "<=", 1.5, over="jax"), Target("hornbeam", "<=", 0.15, over="keras")]
    return Row(
        f"predict {workload}", "s", _all("predict", workload), targets[: 2 if workload in SMALL else 1], rounds=5
    )


def _many(workload: str, method: str) -> Row:
    sides = _all("many", workload, method, MANY)
    targets = [_faster(name, 1) for name in sides if name not in ("hornbeam", "jax")]
    return Row(f"{method} {MANY} rows, {workload}", "s", sides, targets, rounds=3)


def _peak(workload: str) -> Row:
    sides = _all("peak", workload, fresh=True)
    peers = " | ".join(name for name in sides if name != "hornbeam")
    return Row(f"memory of fit {workload}", "MiB", sides, [_faster(peers, 1 / 1.1)], rounds=1)


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
    *map(_fit, WORKLOADS),
    *map(_predict, WORKLOADS),
    *(_many(workload, method) for workload in WORKLOADS if workload not in LONG for method in ("evaluate", "predict")),
    *map(_peak, WORKLOADS),
    Row(
        "fit over a generator, seed_cnn",
        "s/step",
        {name: Side(name, "keras_api.generator", (name, "seed_cnn")) for name in ("hornbeam", "keras")},
        [_faster("keras", 4)],
    ),
    *(
        Row(
            f"checks of values, {workload}, {source}",
            "s",
            {checks: Side("hornbeam", "checks.fit", (workload, checks, source)) for checks in ("on", "off")},
            [Target("on", "<=", 1.02, over="off")],
        )
        for workload, source in (("seed_cnn", "arrays"), ("mlp", "arrays"), ("embedding", "arrays"), ("mlp", "batches"))
    ),
    Row("arithmetic", "s/operation", {"hornbeam": Side("hornbeam", "limit.products")}),
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
        for workload in SMALL
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
