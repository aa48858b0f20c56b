import pytest

from hornbeam.compat._magics import without_magics


@pytest.mark.parametrize(
    ("source", "cleaned", "lines"),
    [
        ("x = 1\n", "x = 1\n", []),
        ("%matplotlib inline\nx = 1\n", "pass\nx = 1\n", [(1, "%matplotlib inline")]),
        ("x = 1\n!pip install keras\n", "x = 1\npass\n", [(2, "!pip install keras")]),
        ("if True:\n    %time f()\n", "if True:\n    pass\n", [(2, "%time f()")]),
        ("%%time\n%matplotlib inline\nx = 7\n", "pass\npass\nx = 7\n", [(1, "%%time"), (2, "%matplotlib inline")]),
        ("x = (7\n     % 4)\n", "x = (7\n     % 4)\n", []),
        ("x = '''\n%matplotlib inline\n'''\n", "x = '''\n%matplotlib inline\n'''\n", []),
        ("x = = 1\n", "x = = 1\n", []),
        ("%matplotlib inline\nx = = 1\n", "pass\nx = = 1\n", [(1, "%matplotlib inline")]),
    ],
)
def test_only_lines_for_notebooks_are_skipped(source, cleaned, lines):
    assert without_magics(source) == (cleaned, lines)
