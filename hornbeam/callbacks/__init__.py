"""What runs beside training: `keras.callbacks`."""

from hornbeam.callbacks._average import SwapEMAWeights
from hornbeam.callbacks._callback import Callback, CallbackList, History, LambdaCallback
from hornbeam.callbacks._checkpoint import ModelCheckpoint
from hornbeam.callbacks._csv import CSVLogger
from hornbeam.callbacks._early_stopping import EarlyStopping
from hornbeam.callbacks._learning_rate import LearningRateScheduler, ReduceLROnPlateau
from hornbeam.callbacks._terminate import TerminateOnNaN

__all__ = [
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
    "SwapEMAWeights",
    "TerminateOnNaN",
]
