"""What a picture of a model shows, before anybody decides where: boxes, the clusters that hold them, edges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """One layer: a title (its class), perhaps its name, and rows of (label, value); `family` chooses the colours."""

    key: str
    title: str
    name: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    family: str = "other"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A nested model that is drawn open: a frame around its boxes."""

    key: str
    title: str
    items: tuple[Box | Cluster, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """The output of one box goes to another; both by key."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes, clusters and edges, in the order in which the model has them; `rankdir` is TB, BT, LR or RL."""

    items: tuple[Box | Cluster, ...]
    edges: tuple[Edge, ...]
    rankdir: str = "TB"

    def boxes(self) -> Iterator[Box]:
        """Every box, those in clusters too."""
        waiting = list(reversed(self.items))
        while waiting:
            item = waiting.pop()
            if isinstance(item, Box):
                yield item
            else:
                waiting.extend(reversed(item.items))
