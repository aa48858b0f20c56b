"""Pictures of models."""

from hornbeam.draw._plot import model_to_dot as model_to_dot
from hornbeam.draw._plot import plot_model as plot_model
