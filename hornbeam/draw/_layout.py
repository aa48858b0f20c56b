"""Where everything in a picture goes: frames from the inside outwards, each one a layered layout of its own.

A nested model has an inlet on its frame for each wire that enters and an outlet for each box whose output leaves,
so a frame that is laid out is one item of the frame around it, and no foreign box can lie inside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from hornbeam.draw._card import FRAME_PAD, FRAME_STRIP, card_sizes, even, frame_title_width
from hornbeam.draw._columns import PORT, columns
from hornbeam.draw._order import order
from hornbeam.draw._picture import Box, Cluster, Edge, Picture
from hornbeam.draw._ranks import Item, Wire, weave
from hornbeam.draw._tracks import SHOULDER, Point, inlets, route, tidy

MARGIN = 12.0


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Card(Area):
    """The place of a box."""

    shows: Box


@dataclass(frozen=True, slots=True)
class Frame(Area):
    """The place of a cluster."""

    shows: Cluster


@dataclass(frozen=True, slots=True)
class Line:
    """The way of an edge: horizontal and vertical pieces between points, an arrow's head at the last."""

    edge: Edge
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture with places, in points; frames come outermost first."""

    width: float
    height: float
    frames: tuple[Frame, ...]
    cards: tuple[Card, ...]
    lines: tuple[Line, ...]


@dataclass(slots=True)
class _Level:
    """The layout of one frame's inside: x is from its middle, y from its start, ranks fall along y."""

    width: float = 0.0
    height: float = 0.0
    areas: list[Card | Frame] = field(default_factory=list)
    pieces: dict[int, list[Point]] = field(default_factory=dict)  # edge -> its way as far as it runs in here
    inlets: dict[int, float] = field(default_factory=dict)  # edge -> x
    outlets: dict[int, float] = field(default_factory=dict)

    def moved(self, x: float, y: float) -> _Level:
        """Return the same level with its middle at `x` and its start at `y`."""
        areas = [replace(area, x=area.x + x, y=area.y + y) for area in self.areas]
        pieces = {edge: [(a + x, b + y) for a, b in points] for edge, points in self.pieces.items()}
        inlets = {edge: a + x for edge, a in self.inlets.items()}
        return _Level(self.width, self.height, areas, pieces, inlets, {edge: a + x for edge, a in self.outlets.items()})


@dataclass(slots=True)
class _Plan:
    """What is on a level, before it has places: the items, and the wires with the edges that they are parts of."""

    items: list[Item]
    wires: list[Wire] = field(default_factory=list)
    edges: list[int] = field(default_factory=list)
    inlets: dict[int, int] = field(default_factory=dict)  # edge -> item
    outlets: dict[int, int] = field(default_factory=dict)

    def add(self, item: Item) -> int:
        """Return the place of a new item."""
        self.items.append(item)
        return len(self.items) - 1


def lay_out(picture: Picture) -> Drawing:
    """Return places for all boxes, frames and edges of `picture`; the same picture gives the same places."""
    layout = _Layout(picture)
    inside = layout.level(picture.items, ())
    level = inside.moved(inside.width / 2, 0.0)
    lines = []
    for i, edge in enumerate(picture.edges):
        points = [layout.turn(x, y, level) for x, y in level.pieces[i]]
        lines.append(Line(edge, tuple((x + MARGIN, y + MARGIN) for x, y in points)))
    areas = [layout.turn_area(area, level) for area in level.areas]
    width, height = layout.flip(level.width, level.height)
    return Drawing(
        width + 2 * MARGIN,
        height + 2 * MARGIN,
        tuple(area for area in areas if isinstance(area, Frame)),
        tuple(area for area in areas if isinstance(area, Card)),
        tuple(lines),
    )


class _Layout:
    def __init__(self, picture: Picture) -> None:
        self.edges = picture.edges
        self.sideways = picture.rankdir in {"LR", "RL"}
        self.backwards = picture.rankdir in {"BT", "RL"}
        self.sizes = card_sizes(list(picture.boxes()))
        self.paths = dict(_paths(picture.items, ()))
        self.arrows = Counter(edge.target for edge in picture.edges)

    def flip(self, width: float, height: float) -> tuple[float, float]:
        """Turn (across, along the ranks) into the picture's (x, y), or back."""
        return (height, width) if self.sideways else (width, height)

    def turn(self, x: float, y: float, level: _Level) -> Point:
        """Return the picture's point for one of the outermost level."""
        return self.flip(x, level.height - y if self.backwards else y)

    def turn_area(self, area: Card | Frame, level: _Level) -> Card | Frame:
        """Return the picture's area for one of the outermost level."""
        x, y = self.turn(area.x, area.y + area.height if self.backwards else area.y, level)
        width, height = self.flip(area.width, area.height)
        return replace(area, x=x + MARGIN, y=y + MARGIN, width=width, height=height)

    def level(self, contents: Sequence[Box | Cluster], home: tuple[str, ...]) -> _Level:
        """Lay out what is directly inside `home`, a path of clusters' keys."""
        frames = {i: self.frame(c, (*home, c.key)) for i, c in enumerate(contents) if isinstance(c, Cluster)}
        plan = self.plan(contents, home, frames)
        web = weave(plan.items, plan.wires)
        at = columns(web, order(web))
        middles, paths, height = route(web, at, inlets(web, at))
        reach = [item.width / 2 for item in plan.items] + [0.0] * (len(at) - len(plan.items))
        low = min((x - r for x, r in zip(at, reach, strict=True)), default=0.0)
        high = max((x + r for x, r in zip(at, reach, strict=True)), default=0.0)
        level = _Level(high - low, height)
        for i, (content, item) in enumerate(zip(contents, plan.items, strict=False)):
            y = middles[i] - item.height / 2
            if isinstance(content, Cluster):
                frames[i] = frames[i].moved(at[i], y)
                level.areas += frames[i].areas
                level.pieces |= frames[i].pieces
            else:
                level.areas.append(Card(at[i] - item.width / 2, y, item.width, item.height, content))
        for edge, wire, path in zip(plan.edges, plan.wires, paths, strict=True):
            before = frames[wire.source].pieces[edge] if wire.source in frames else []
            after = frames[wire.target].pieces[edge] if wire.target in frames else []
            level.pieces[edge] = tidy([*before, *path, *after])
        level.inlets = {edge: at[i] for edge, i in plan.inlets.items()}
        level.outlets = {edge: at[i] for edge, i in plan.outlets.items()}
        return level.moved(-(low + high) / 2, 0.0)

    def plan(self, contents: Sequence[Box | Cluster], home: tuple[str, ...], frames: dict[int, _Level]) -> _Plan:
        """Return the items of a level, with its inlets and outlets, and the wires between them."""
        place = {content.key: i for i, content in enumerate(contents)}
        exits: dict[tuple[str, ...], int] = {}  # the outlet of each box that has one
        plan = _Plan([self.item(content, frames.get(i)) for i, content in enumerate(contents)])
        for edge, (source, target) in enumerate((self.paths[e.source], self.paths[e.target]) for e in self.edges):
            inside = [path[: len(home)] == home for path in (source, target)]
            a, b = (place[path[len(home)]] if here else -1 for path, here in zip((source, target), inside, strict=True))
            if a == b and (a < 0 or a in frames):
                continue
            outlet, inlet = 0.0, None
            if a < 0:
                a = plan.inlets[edge] = plan.add(Item(edge="top"))
            elif a in frames:
                outlet = frames[a].outlets[edge]
            if b < 0:
                if source not in exits:
                    exits[source] = plan.add(Item(edge="bottom"))
                b = plan.outlets[edge] = exits[source]
                inlet = 0.0
            elif b in frames:
                inlet = frames[b].inlets[edge]
            plan.wires.append(Wire(a, b, outlet, inlet))
            plan.edges.append(edge)
        return plan

    def item(self, content: Box | Cluster, frame: _Level | None) -> Item:
        """Return the item for a box, wide enough for all arrows into it, or for a frame."""
        if frame is not None:
            return Item(frame.width, frame.height)
        width, height = self.flip(*self.sizes[content.key])
        return Item(max(width, even(PORT * (self.arrows[content.key] - 1) + 2 * SHOULDER)), height)

    def frame(self, cluster: Cluster, home: tuple[str, ...]) -> _Level:
        """Lay out a cluster's inside and put a frame with a title around it."""
        inside = self.level(cluster.items, home)
        title = frame_title_width(cluster.title)
        start = 0.0 if inside.inlets else FRAME_PAD
        end = 0.0 if inside.outlets else FRAME_PAD
        across = inside.width + 2 * FRAME_PAD
        if self.sideways:
            across += FRAME_STRIP
            end = max(end, title - inside.height - start)
            inside = inside.moved(FRAME_STRIP / 2, start)
        else:
            ports = inside.outlets.values() if self.backwards else inside.inlets.values()
            across = max([across, title, *(2 * (title - x) for x in ports)])
            start, end = (start, end + FRAME_STRIP) if self.backwards else (start + FRAME_STRIP, end)
            inside = inside.moved(0.0, start)
        along = start + inside.height + end
        for edge, x in inside.inlets.items():
            inside.pieces[edge].insert(0, (x, 0.0))
        for edge, x in inside.outlets.items():
            inside.pieces[edge].append((x, along))
        inside.areas.insert(0, Frame(-across / 2, 0.0, across, along, cluster))
        return replace(inside, width=across, height=along)


def _paths(items: Sequence[Box | Cluster], home: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for item in items:
        path = (*home, item.key)
        yield item.key, path
        if isinstance(item, Cluster):
            yield from _paths(item.items, path)
