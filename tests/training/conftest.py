"""What several tests of training look at."""

import jax
import pytest

from hornbeam.training._step import Steps


@pytest.fixture
def traced(monkeypatch):
    """Return the lengths of the batches that a program was made for, by the kind of step."""
    found = {}

    def noting(kind):
        step = getattr(Steps, kind)

        def run(self, state, batch):
            found.setdefault(kind, set()).add(len(jax.tree.leaves(batch)[0]))
            return step(self, state, batch)

        return run

    for kind in ("train", "test", "predict"):
        monkeypatch.setattr(Steps, kind, noting(kind))
    return found
