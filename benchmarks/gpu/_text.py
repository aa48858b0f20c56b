"""Results in words: lines as a run goes on, and the section of the page."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.gpu.table import LIMIT

METHOD = """\
Training steps at full size on one GPU: `make bench-gpu`, all in one run, the sides in turn, medians of the rounds.
Every side has the same model, held to the same number of parameters, weights in float32 and products in bfloat16, and
its data on the GPU before the clock starts: batches in the same order each epoch, so that steps are measured and not
ways to feed them. Hornbeam and Keras run `fit`; the others run loops by hand, compiled, with donated state (Flax NNX
with optax) or fused optimizers (PyTorch). *Of limit* is the arithmetic of a step, by formula, over what a plain
product of two bfloat16 matrices reaches on the same GPU. The formula counts 2 for each weight of a product or
convolution, at each place where it is used, forward and twice again for gradients (none of the first convolution's
inputs); causal attention counts the half that is seen; what is done element by element counts nothing. *First epoch*
holds compilation, with empty caches. *Memory* is the most that was taken on the GPU, what compilation tried out
included."""

NONE = "-"


def shown(result: Mapping[str, Any]) -> str:
    """Return the lines that a run prints for a row."""
    lines = [f"\n{result['row']}"]
    for name, side in result["sides"].items():
        rounds = " ".join(f"{1e3 * value:.4g}" for value in result["rounds"][name])
        lines.append(f"    {name}: {', '.join(_figures(result, name, side))} [ms: {rounds}]")
    lines += [f"    {name}: FAILED: {error}" for name, error in result["errors"].items()]
    lines += [f"    {_target(target)}" for target in result["targets"]]
    lines += [f"    {what}: NOT MEASURED" for what in result["unmet"]]
    return "\n".join(lines)


def _figures(result: Mapping[str, Any], name: str, side: Mapping[str, Any]) -> list[str]:
    figures = [_milliseconds(result, name), f"{side['flop_s'] / 1e12:.3g} TFLOP/s"]
    if "counts" in side:
        figures += [
            f"{side['items_s']:,.0f} {side['counts']}/s",
            f"{_share(side)} of limit",
            f"loss {side['loss']:.3g}",
        ]
        figures += [f"{side['parameters']:,} parameters", f"first epoch {side['start_s']:.0f} s"]
    return [*figures, f"{_memory(side)} GiB"]


def _target(target: Mapping[str, Any]) -> str:
    answer = "reached" if target["reached"] else "NOT REACHED"
    spread = f"{target['median']:.3f} [{target['least']:.3f}..{target['most']:.3f}]"
    return f"{target['what']}: {spread}; to reach {target['sign']} {target['bound']:g}: {answer}"


def section(machine: Mapping[str, Any], reports: Sequence[Mapping[str, Any]]) -> str:
    """Return the section of the page, in Markdown."""
    versions = ", ".join(f"{name} {text}" for name, text in machine["versions"].items())
    limits = [side["flop_s"] for result in reports if _is_limit(result) for side in result["sides"].values()]
    limit = f" The product of two matrices reaches {max(limits) / 1e12:.0f} TFLOP/s." if limits else ""
    lines = [
        "## On a GPU",
        "",
        METHOD,
        "",
        f"{machine['device']}; Python {machine['python']}; {versions}; {machine['date']}.{limit}",
    ]
    for result in reports:
        if not _is_limit(result):
            lines += ["", *_table(result)]
    return "\n".join(lines)


def _is_limit(result: Mapping[str, Any]) -> bool:
    return result["row"].startswith(LIMIT)


def _table(result: Mapping[str, Any]) -> list[str]:
    """Return a row of the benchmark as a table with a line for each side."""
    counts = next((side["counts"] for side in result["sides"].values()), "items")
    ratios = {target["what"].split(" / ")[0]: target for target in result["targets"]}
    lines = [
        f"| {result['row']} | ms/step | {counts}/s | time / Hornbeam's | of limit | memory, GiB | first epoch, s |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, side in result["sides"].items():
        ratio = f"{ratios[name]['median']:.2f}" if name in ratios else ""
        cells = [name, _milliseconds(result, name).removesuffix(" ms"), f"{side['items_s']:,.0f}", ratio]
        cells += [_share(side), _memory(side), f"{side['start_s']:.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, *(f"| {name} | failed | | | | | |" for name in result["errors"])]


def _milliseconds(result: Mapping[str, Any], name: str) -> str:
    return f"{1e3 * result['medians'][name]:.4g} ms"


def _share(side: Mapping[str, Any]) -> str:
    return f"{side['of_limit']:.0%}" if side["of_limit"] else NONE


def _memory(side: Mapping[str, Any]) -> str:
    return f"{side['peak'] / 2**30:.1f}" if side["peak"] else NONE
