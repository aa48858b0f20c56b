"""The public names of the package equal the checked-in list, so that none comes or goes unseen.

`make surface` rewrites the list; read its diff before committing it.
"""

import importlib
import inspect
import pkgutil
from pathlib import Path

import hornbeam

LIST = Path(__file__).with_name("surface.txt")


def public_modules():
    """Yield each module of the package whose dotted name has no private part."""
    yield hornbeam
    for found in pkgutil.walk_packages(hornbeam.__path__, "hornbeam."):
        if not any(part.startswith("_") for part in found.name.split(".")):
            yield importlib.import_module(found.name)


def names_of(module):
    """Return the public names of a module, other modules left out."""
    names = getattr(module, "__all__", None) or [name for name in dir(module) if not name.startswith("_")]
    return sorted(name for name in names if not inspect.ismodule(getattr(module, name)))


def public_names():
    """Return the sorted lines 'module name' of what a user can reach; modules are lines of their own."""
    lines = []
    for module in public_modules():
        lines += [module.__name__, *(f"{module.__name__} {name}" for name in names_of(module))]
    return sorted(lines)


def test_surface():
    assert public_names() == LIST.read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    LIST.write_text("\n".join(public_names()) + "\n", encoding="utf-8")
