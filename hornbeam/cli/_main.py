"""`hornbeam run script.py`: programs written for any Keras, unchanged."""

import argparse
import sys
from collections.abc import Sequence

import hornbeam
from hornbeam._core.lazy import lazy

compat = lazy("hornbeam.compat")  # the parser answers --help without it

ERAS = {"auto": "auto", "1": 1, "2": 2, "3": 3}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hornbeam", description="Keras on one engine, JAX.")
    parser.add_argument("--version", action="version", version=f"hornbeam {hornbeam.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    run = commands.add_parser(
        "run",
        help="run a program written for Keras 1, 2 or 3, unchanged",
        description="Run a Python program whose `import keras` or `import tensorflow.keras` finds Hornbeam; "
        "neither Keras nor TensorFlow needs to be installed.",
        usage="%(prog)s [-h] [--era {auto,1,2,3}] (script | -m module) [arguments ...]",
    )
    run.add_argument(
        "--era", choices=ERAS, default="auto", help="the main version of the Keras it was written for (default: auto)"
    )
    run.add_argument("-m", dest="module", action="store_true", help="run a module, as python -m does")
    run.add_argument("script", help="the program's file, or with -m the module's name")
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="what the program itself takes")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; `arguments` are those of the process by default."""
    given = _parser().parse_args(sys.argv[1:] if arguments is None else arguments)
    run = compat.run_module if given.module else compat.run_script
    return run(given.script, given.arguments, ERAS[given.era])
