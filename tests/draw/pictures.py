"""Pictures made by hand, each with something that a layout can get wrong, and what must hold for any drawing."""

from itertools import pairwise

from hornbeam.draw._layout import Area
from hornbeam.draw._picture import Box, Cluster, Edge, Picture

SHAPES = (("input", "(None, 28, 28, 1)"), ("output", "(None, 26, 26, 32)"))


def picture(edges, keys="", rankdir="TB"):
    """Return the picture of 'a>b b>c': boxes in the order in which they come up, after those in `keys`."""
    pairs = [pair.split(">") for pair in edges.split()]
    boxes = dict.fromkeys([*keys.split(), *(key for pair in pairs for key in pair)])
    items = tuple(Box(key, key.title(), key, SHAPES if len(key) > 1 else ()) for key in boxes)
    return Picture(items, tuple(Edge(a, b) for a, b in pairs), rankdir)


def resnet(blocks, rankdir="TB"):
    """Return blocks of five layers with a skip around each; in every third the skip has a layer of its own."""
    edges, last = ["in>c"], "c"
    for i in range(blocks):
        names = [last, *(f"r{i}-{j}" for j in range(5)), f"add{i}"]
        skip = [last, f"s{i}", f"add{i}"] if i % 3 == 2 else [last, f"add{i}"]
        edges += [f"{a}>{b}" for path in (names, skip) for a, b in pairwise(path)]
        last = f"add{i}"
    return picture(" ".join([*edges, f"{last}>out"]), rankdir=rankdir)


def unet(depth):
    """Return a net whose skips lie within each other."""
    down = [name for i in range(depth) for name in (f"down{i}", f"pool{i}")]
    up = [name for i in reversed(range(depth)) for name in (f"up{i}", f"join{i}")]
    path = [*down, "middle", *up]
    edges = [f"{a}>{b}" for a, b in pairwise(path)] + [f"down{i}>join{i}" for i in range(depth)]
    return picture(" ".join(edges))


def nested(rankdir="TB"):
    """Return an encoder and a decoder that are drawn open, the first with a model inside and two outputs."""
    inner = Cluster("enc/head", "head", (Box("h/a", "Dense"), Box("h/b", "Dense")))
    enc = Cluster(
        "enc",
        "encoder",
        (Box("enc/in", "InputLayer"), Box("enc/c", "Conv2D", "c", SHAPES), inner, Box("enc/o", "Dense")),
    )
    dec = Cluster("dec", "a decoder with a long name", (Box("dec/in", "InputLayer"), Box("dec/d", "Dense")))
    edges = "x>enc/in y>enc/in enc/in>enc/c enc/c>h/a enc/c>enc/o h/a>h/b h/b>enc/o enc/o>z enc/c>z"
    edges += " z>dec/in dec/in>dec/d z>w"
    items = (Box("x", "InputLayer"), Box("y", "InputLayer"), enc, Box("z", "Subtract"), dec, Box("w", "Dense"))
    return Picture(items, tuple(Edge(*edge.split(">")) for edge in edges.split()), rankdir)


PICTURES = {
    "none": Picture((), ()),
    "one": picture("", "a"),
    "apart": picture("", "a bb c"),
    "chain": picture(" ".join(f"layer{i}>layer{i + 1}" for i in range(60))),
    "fork": picture("a>bb a>cc bb>d cc>e e>d"),
    "inputs": picture("text>emb emb>lstm lstm>cat num>den den>cat cat>out1 cat>out2"),
    "inception": picture("in>a in>b1 b1>b2 in>c1 c1>c2 c2>c3 in>pool pool>pc a>cat b2>cat c3>cat pc>cat"),
    "densenet": picture(" ".join(f"c{i}>c{j}" for i in range(7) for j in range(i + 1, 7))),
    "many": picture(" ".join(f"x{i}>cat" for i in range(30)) + " cat>y"),
    "loop": picture("in>a a>b b>a b>o o>o o>p"),
    "resnet": resnet(8),
    "resnet to the right": resnet(3, "LR"),
    "unet": unet(5),
    **{f"nested {rankdir}": nested(rankdir) for rankdir in ("TB", "BT", "LR", "RL")},
}


def inside(inner, outer, room=0.0):
    """Return whether an area is within another one."""
    return (
        outer.x + room <= inner.x
        and outer.y + room <= inner.y
        and inner.x + inner.width <= outer.x + outer.width - room
        and inner.y + inner.height <= outer.y + outer.height - room
    )


def apart(a, b, room=4.0):
    """Return whether two areas keep a distance."""
    return (
        a.x + a.width + room <= b.x
        or b.x + b.width + room <= a.x
        or a.y + a.height + room <= b.y
        or b.y + b.height + room <= a.y
    )


def touches(points, area, room=2.0):
    """Return whether a line of horizontal and vertical pieces comes near an area."""
    for (x1, y1), (x2, y2) in pairwise(points):
        if (
            min(x1, x2) < area.x + area.width + room
            and max(x1, x2) > area.x - room
            and min(y1, y2) < area.y + area.height + room
            and max(y1, y2) > area.y - room
        ):
            return True
    return False


def homes(items, home=()):
    """Yield (key, keys of the clusters around it) of each box and cluster."""
    for item in items:
        yield item.key, home
        if isinstance(item, Cluster):
            yield from homes(item.items, (*home, item.key))


def check(picture, drawing):
    """Assert that a drawing shows the whole picture, and that nothing lies on anything else."""
    cards = {card.shows.key: card for card in drawing.cards}
    frames = {frame.shows.key: frame for frame in drawing.frames}
    around = dict(homes(picture.items))
    assert len(cards) == len(drawing.cards) == len(list(picture.boxes()))
    assert [line.edge for line in drawing.lines] == list(picture.edges)
    areas = {**cards, **frames}
    for key, area in areas.items():
        assert inside(area, Area(0, 0, drawing.width, drawing.height)), (key, "is not on the page")
        for other, beside in areas.items():
            if key in around[other]:
                assert inside(beside, area, 4.0), (other, "is not inside", key)
            elif key < other and other not in around[key]:
                assert apart(area, beside), (key, "and", other, "overlap")
    for line in drawing.lines:
        ends = {line.edge.source, line.edge.target}
        for (x1, y1), (x2, y2) in pairwise(line.points):
            assert min(abs(x1 - x2), abs(y1 - y2)) < 0.5, (line, "is not made of right angles")
        for key, card in cards.items():
            assert key in ends or not touches(line.points, card), (line.edge, "runs through", key)
        for key, frame in frames.items():
            at_home = any(key in around[end] for end in ends)
            assert at_home or not touches(line.points, frame), (line.edge, "runs through the frame", key)
        for end, (x, y) in ((line.edge.source, line.points[0]), (line.edge.target, line.points[-1])):
            card = cards[end]
            assert inside(Area(x, y, 0, 0), card), (end, "is not reached")
            assert x in {card.x, card.x + card.width} or y in {card.y, card.y + card.height}, (end, "is not reached")
        target = cards[line.edge.target]
        assert not touches(line.points[:-1], target, -0.5), (line.edge, "runs through its target")
