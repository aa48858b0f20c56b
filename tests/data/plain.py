"""A dataset like PyDataset that imports no more than NumPy, so that spawned workers start quickly."""

import os
import time

import numpy as np

X = np.arange(20, dtype="float32").reshape(10, 2)


class Plain:
    """Five batches of two rows; `log` says what was called, `fault` what goes wrong at batch 3."""

    max_queue_size = 10

    def __init__(self, fault=None, workers=1, use_multiprocessing=False):
        self.fault, self.workers, self.use_multiprocessing, self.log = fault, workers, use_multiprocessing, []

    def __len__(self):
        return 5

    def __getitem__(self, index):
        self.log.append(index)
        if index == 3 and self.fault == "raise":
            message = "no such file: 3.png"
            raise OSError(message)
        if index == 3 and self.fault == "exit":
            os._exit(1)
        if index == 3 and self.fault == "hang":
            time.sleep(60)
        return X[2 * index : 2 * index + 2], X[2 * index : 2 * index + 2, :1]

    def on_epoch_begin(self):
        self.log.append("begin")

    def on_epoch_end(self):
        self.log.append("end")


class Growing(Plain):
    """Targets grow by one after every epoch."""

    level = 0.0

    def __getitem__(self, index):
        return np.zeros((2, 2), "float32"), np.full((2, 1), self.level, "float32")

    def on_epoch_end(self):
        self.level += 1
