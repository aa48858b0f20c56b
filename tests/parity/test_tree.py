"""Nests: values, visits and the classes of errors equal to Keras's."""

from collections import OrderedDict, defaultdict, namedtuple

import pytest

import hornbeam
from tests.parity.oracle import keras

Point = namedtuple("Point", "a b")  # noqa: PYI024  # the plain kind
ORDERED = OrderedDict([("b", 1), ("a", 2)])
DEFAULT = defaultdict(int, {"b": 1, "a": 2})
NEST = {"b": None, "a": Point(1, [2, (3,)])}


def both(*leaves):
    return leaves


ROWS = [
    *(("flatten", x) for x in ({"b": 1, "a": 2}, ORDERED, DEFAULT, [None, 1, (2, None)], 3, [[], {}], Point(1, [2]),
                               {1, 2}, {1: 1, "a": 2}, NEST)),
    *(("is_nested", x) for x in (1, None, [], (), {}, Point(1, 2), "abc", ORDERED, DEFAULT, {1}, range(3))),
    *(("map_structure", both, *xs) for xs in (
        (NEST,), ({"b": 1, "a": 2}, {"a": 3, "b": 4}), ([1, 2], [1, 2, 3]), ([1, 2], (1, 2)), ([1, 2], [1, [2]]),
        ([1, [2]], [1, 2]), ([None, 2], [1, 2]), (None,), (), (ORDERED,), (DEFAULT,), ({"a": 1}, {"b": 1}),
        ({"a": 1, "b": 2}, ORDERED), (Point(1, 2), Point(3, 4)), (Point(1, 2), (3, 4)))),
    ("map_structure", 1, [1]),
    *(("map_structure_up_to", x, both, *xs) for x, *xs in (
        ([1, [2]], [1, [2]], [(3, 4), [{"a": 1}]]), ([1, [2]], [1, [2]], [(3, 4), 5]), ([1, 2], [1, 2, 3]),
        ([1, 2], (1, [2, 4])), ({"a": 1, "b": 2}, {"b": [1], "a": [2, 4]}), ({"a": 1, "b": 2}, {"b": [1]}))),
    *(("assert_same_structure", *xs) for xs in (
        ([1, 2], [3, 4]), ([1, 2], [3, [4]]), ([1, 2], (3, 4)), ([1, None], [3, 4]), ([1, None], [3, [4]]),
        ({"a": 1, "b": 1}, {"b": 1, "a": 1}), ({"a": 1, "b": 1}, {"b": 1}), ({"a": 1, "b": 1}, ORDERED),
        (Point(1, 2), (1, 2)), (1, 2))),
    *(("assert_same_paths", *xs) for xs in (
        ([1, 2], (1, 2)), ([1, 2], {0: 1, 1: 2}), ([1, 2], [1, [2]]), (Point(1, 2), {"a": 1, "b": 2}))),
    *(("pack_sequence_as", x, flat) for x, flat in (
        ({"b": 1, "a": [2, 3]}, [10, 20, 30]), ({"b": 1, "a": [2, 3]}, [10, 20]), ({"b": 1, "a": 2}, [1, 2, 3]),
        (1, [10]), (1, [10, 11]), ([1], 10), ([1, None], [10, 2]), (ORDERED, [10, 2]), (Point(1, 2), (10, 2)))),
    *(("lists_to_tuples", x) for x in ([1, [2, {"a": [3]}], Point([1], 2), None], 3)),
    *(("map_shape_structure", tuple, x) for x in (
        {"a": (1, None), "b": [3, 4]}, [(1, None), [(3,), (4,)]], ())),
    *(("flatten_with_path", x) for x in ({"b": 1, "a": [2, (3, None)], "c": Point(4, 5)}, 3)),
]  # fmt: skip


def outcome(tree, name, args):
    try:
        result = getattr(tree, name)(*args)
    except Exception as error:  # noqa: BLE001  # which one is what is compared
        return type(error)
    return result, str(result)  # the order of a dict's keys too


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_like_keras(row):
    name, *args = row
    assert outcome(hornbeam.tree, name, args) == outcome(keras.tree, name, args)


@pytest.mark.parametrize("options", [{"none_is_leaf": False}, {}])
@pytest.mark.parametrize("structures", [([None, 1],), ([None, 1], [None, 2]), ([None, 1], [3, 2])])
def test_none_is_leaf(structures, options):
    ours, theirs = (
        outcome(t, "map_structure", ()) if not structures else _mapped(t, structures, options)
        for t in (hornbeam.tree, keras.tree)
    )
    assert ours == theirs


def _mapped(tree, structures, options):
    try:
        return tree.map_structure(both, *structures, **options)
    except ValueError:
        return ValueError


@pytest.mark.parametrize("top_down", [True, False])
@pytest.mark.parametrize("structure", [{"b": 1, "a": [2, (3, None)]}, [1, Point(2, 3)], 4])
def test_traverse(structure, top_down):
    def run(tree):
        seen = []

        def visit(x):
            seen.append(x)
            return tree.MAP_TO_NONE if x == 2 else "T" if isinstance(x, tuple) and len(x) == 2 else None

        return tree.traverse(visit, structure, top_down=top_down), seen

    assert run(hornbeam.tree) == run(keras.tree)
