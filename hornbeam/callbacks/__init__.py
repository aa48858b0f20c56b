"""What runs beside training: `keras.callbacks`."""

# Names in paragraphs:
# isort: off
# fmt: off

from hornbeam.callbacks._average import SwapEMAWeights
from hornbeam.callbacks._backup import BackupAndRestore
from hornbeam.callbacks._callback import Callback, History, LambdaCallback
from hornbeam.callbacks._checkpoint import ModelCheckpoint
from hornbeam.callbacks._csv import CSVLogger
from hornbeam.callbacks._early_stopping import EarlyStopping
from hornbeam.callbacks._learning_rate import LearningRateScheduler, ReduceLROnPlateau
from hornbeam.callbacks._list import CallbackList
from hornbeam.callbacks._orbax import OrbaxCheckpoint
from hornbeam.callbacks._progbar import ProgbarLogger
from hornbeam.callbacks._remote import RemoteMonitor
from hornbeam.callbacks._tensorboard import TensorBoard
from hornbeam.callbacks._terminate import TerminateOnNaN

__all__ = [
    "BackupAndRestore", "CSVLogger", "Callback", "CallbackList", "EarlyStopping", "History", "LambdaCallback",
    "LearningRateScheduler", "ModelCheckpoint", "OrbaxCheckpoint", "ProgbarLogger", "ReduceLROnPlateau",
    "RemoteMonitor", "SwapEMAWeights", "TensorBoard", "TerminateOnNaN",
]
