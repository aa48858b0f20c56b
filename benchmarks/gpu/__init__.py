"""Training steps of two large models on one NVIDIA GPU, Hornbeam beside its peers: `make bench-gpu`.

The sides of a row are written in `models_*.py`, each as users of that package write it, and held to the same number
of parameters. All have their data on the GPU before the clock starts, in the same order each epoch: steps are
measured, not ways to feed them. With `--tiny` everything runs in toy sizes, on whatever device there is.
"""

from benchmarks.gpu._measure import prepare

__all__ = ["prepare"]
