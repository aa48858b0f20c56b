"""Two tutorial pages of 2020, their code as printed: `layers_ko.txt` and `layers_vi.txt`, one part per snippet."""

import re
from pathlib import Path

HERE = Path(__file__).parent
_STATED = re.compile(r"# [Nn]ow: (model\.output_shape == .*?)\s*$")


def page(name):
    """Return the snippets of a page, name -> code."""
    text = (HERE / f"layers_{name}.txt").read_text(encoding="utf-8")
    parts = re.split(r"^=== (\w+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def stated(code):
    """Yield (the code up to a statement in a comment, that statement), in turn; at last (the rest, None)."""
    lines = []
    for line in code.splitlines(keepends=True):
        lines.append(line)
        if found := _STATED.match(line):
            yield "".join(lines), found[1]
            lines.clear()
    yield "".join(lines), None
