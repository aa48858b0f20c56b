"""The table: the limit of the machine, then a row for each workload, with its sides and targets."""

from benchmarks._rows import Row, Side, Target
from benchmarks.gpu.workloads import PRODUCTS, WORKLOADS

LIMIT = "bfloat16 product"
PEERS = ("keras", "flax nnx", "torch")
ROUNDS = 5


def _side(maker: str, *arguments: str | int) -> Side:
    return Side("gpu", "gpu.prepare", (maker, *arguments))


def rows(size: str) -> list[Row]:
    """Return the rows in a size, "full" or "tiny"."""
    side = PRODUCTS[size]
    limit = {"jax": _side("on_jax.product", side), "torch": _side("models_torch.product", side)}
    return [Row(f"{LIMIT}, {side} cubed", "s", limit, rounds=3), *(_fit(name, size) for name in WORKLOADS[size])]


def _fit(name: str, size: str) -> Row:
    sides = {
        "hornbeam": _side("models_keras.fit", "hornbeam", name, size),
        "keras": _side("models_keras.fit", "keras", name, size),
        "flax nnx": _side("models_nnx.fit", name, size),
        "torch": _side("models_torch.fit", name, size),
    }
    targets = [Target(peer, ">=", 1.0, over="hornbeam") for peer in PEERS]
    return Row(f"fit {name}", "s/step", sides, targets, ROUNDS)
