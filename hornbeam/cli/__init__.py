"""The `hornbeam` command."""

from hornbeam.cli._main import main

__all__ = ["main"]
