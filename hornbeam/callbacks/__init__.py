"""What runs beside training: `keras.callbacks`."""

from hornbeam.callbacks._callback import Callback, CallbackList, History, LambdaCallback

__all__ = ["Callback", "CallbackList", "History", "LambdaCallback"]
