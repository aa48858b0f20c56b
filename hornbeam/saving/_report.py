"""What a load did: each weight is loaded, skipped or unused, and nothing happens in silence."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LoadReport:
    """What became of the weights of a file and of a model.

    Attributes:
        file: the file's path.
        loaded: the paths of the model's weights that were set.
        renamed: pairs of a layer's name in the file and the path of the model's layer that took its weights.
        skipped: pairs of the path of a weight or layer that kept its value, and the reason.
        unused: the places in the file whose contents were not asked for.

    >>> LoadReport("a.keras", loaded=("dense/kernel", "dense/bias"))
    LoadReport of 'a.keras': 2 loaded, 0 layers renamed, 0 skipped, 0 unused
    """

    file: str
    loaded: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    unused: tuple[str, ...] = ()

    def __repr__(self) -> str:
        head = (
            f"LoadReport of {self.file!r}: {len(self.loaded)} loaded, {len(self.renamed)} layers renamed, "
            f"{len(self.skipped)} skipped, {len(self.unused)} unused"
        )
        lines = [f"renamed: {old} -> {new}" for old, new in self.renamed]
        lines += [f"skipped: {path}: {reason}" for path, reason in self.skipped]
        lines += [f"unused: {place}" for place in self.unused]
        return "\n  ".join([head, *lines])
