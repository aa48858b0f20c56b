"""What Keras offers as `keras.preprocessing`: pictures and sequences on their way into arrays."""

from hornbeam.preprocessing import image, sequence
from hornbeam.utils import timeseries_dataset_from_array

__all__ = ["image", "sequence", "timeseries_dataset_from_array"]
