import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hornbeam.draw._layout import lay_out
from hornbeam.draw._picture import Box, Cluster, Edge, Picture
from tests.draw.pictures import PICTURES, check, picture, resnet, unet


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_overlaps(name):
    check(PICTURES[name], lay_out(PICTURES[name]))


@st.composite
def any_pictures(draw):
    """Graphs of all kinds: forks, joins, cycles, loops, parts that hang together with nothing, frames in frames."""
    keys = [f"k{i}" for i in range(draw(st.integers(1, 14)))]
    items = [Box(key, "Layer" * draw(st.integers(1, 4))) for key in keys]
    for i in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(items) - 1))
        stop = draw(st.integers(start + 1, len(items)))
        items[start:stop] = [Cluster(f"f{i}", "frame" * draw(st.integers(1, 6)), tuple(items[start:stop]))]
    pairs = draw(st.lists(st.tuples(st.sampled_from(keys), st.sampled_from(keys)), max_size=24, unique=True))
    return Picture(tuple(items), tuple(Edge(a, b) for a, b in pairs), draw(st.sampled_from(["TB", "BT", "LR", "RL"])))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(any_pictures())
def test_nothing_overlaps_in_any_picture(any_picture):
    check(any_picture, lay_out(any_picture))


def middles(drawing):
    return {card.shows.key: card.x + card.width / 2 for card in drawing.cards}


def test_a_chain_is_straight():
    drawing = lay_out(PICTURES["chain"])
    assert len(set(middles(drawing).values())) == 1
    assert all(len(line.points) == 2 for line in drawing.lines)


@pytest.mark.parametrize("blocks", [2, 8])
def test_skips_bend_around_a_straight_trunk(blocks):
    at = middles(lay_out(resnet(blocks)))
    trunk = {at[key] for key in at if key.startswith(("add", "r0", "r1"))}
    assert len(trunk) == 1


def test_skips_within_each_other_do_not_cross():
    drawing = lay_out(unet(5))
    assert len(set(middles(drawing).values())) == 1
    columns = [max(x for x, _ in line.points) for line in drawing.lines if len(line.points) > 2]
    assert columns == sorted(set(columns), reverse=True)


def test_branches_lie_side_by_side_about_their_ends():
    at = middles(lay_out(picture("a>b1 b1>b2 b2>d a>c1 c1>d d>e")))
    assert at["b1"] == at["b2"] < at["a"] == at["d"] == at["e"] < at["c1"]
    assert at["b1"] + at["c1"] == 2 * at["a"]


def test_equal_pictures_get_equal_drawings():
    assert lay_out(resnet(4)) == lay_out(resnet(4))
