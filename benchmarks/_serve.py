"""What a worker runs: reads a request a line, `["keras_api.fit", ["keras", "mlp"]]`, and answers with one figure.

It imports nothing but the standard library itself, so that the time of an import can be measured here.
"""

import importlib
import json
import os
import sys

KEPT = 4  # measurements that are kept with their data; a row has no more sides in one process


def serve() -> None:
    """Answer requests until the input ends. What is measured may print: only the answers reach the pipe."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    prepared = {}
    for request in sys.stdin:
        prepare, arguments = json.loads(request)
        if request not in prepared:
            module, function = prepare.split(".")
            if len(prepared) == KEPT:
                del prepared[next(iter(prepared))]
            prepared[request] = getattr(importlib.import_module(f"benchmarks.{module}"), function)(*arguments)
        print(json.dumps(prepared[request]()), file=answers, flush=True)


if __name__ == "__main__":
    serve()
