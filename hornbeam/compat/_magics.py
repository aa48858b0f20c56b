"""Lines that notebooks understand and Python does not: `%matplotlib inline`, `!pip install x`."""

from __future__ import annotations

import ast

_SIGNS = ("%", "!")


def without_magics(source: str) -> tuple[str, list[tuple[int, str]]]:
    """Return `source` with each notebook line made a `pass`, and those lines by number.

    A line counts only where Python refuses it: `% x` that continues an expression stays. A source with another
    mistake is returned as far as it was mended.

    >>> without_magics("%matplotlib inline")
    ('pass', [(1, '%matplotlib inline')])
    """
    lines, found = source.splitlines(keepends=True), []
    while True:
        try:
            ast.parse("".join(lines))
        except SyntaxError as error:
            number = error.lineno or 0
            line = lines[number - 1] if 0 < number <= len(lines) else ""
            bare = line.strip()
            if not bare.startswith(_SIGNS):
                break
            lines[number - 1] = line.replace(bare, "pass")
            found.append((number, bare))
        else:
            break
    return "".join(lines), found
