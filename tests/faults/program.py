"""A training that is to be killed: `python -m tests.faults.program FOLDER RESULT KIND`; it prints when it begins.

KIND is 'arrays' (by fit(resume=...)), 'stream' (a generator, and validation by another one) or 'callback' (Keras's
BackupAndRestore). RESULT gets a hash of all weights and of the optimizer, and the history.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

import hornbeam as keras

EPOCHS = 30


def generator(seed):
    rng = np.random.default_rng(seed)
    while True:
        x = rng.normal(size=(16, 8)).astype("float32")
        yield x, (x.sum(axis=1) > 0).astype("int32")


class Begun(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        sys.stdout.write("begun\n")
        sys.stdout.flush()


def compiled():
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(16, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(2),
        ]
    )
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.9)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(schedule), loss, metrics=["accuracy"])
    return model


def train(folder, kind):
    """Train, and return the model and its history; without `folder` undisturbed."""
    keras.utils.set_random_seed(3)
    model = compiled()
    stop = keras.callbacks.EarlyStopping("val_loss", patience=EPOCHS, restore_best_weights=True)
    callbacks, options = [Begun(), stop], {}
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 8)).astype("float32"), rng.integers(0, 2, 200)
    if kind == "stream":
        data = {"x": generator(1), "steps_per_epoch": 13, "validation_data": generator(2), "validation_steps": 3}
    else:
        data = {"x": x, "y": y, "batch_size": 16, "validation_data": (x[:40], y[:40])}
    if folder is not None:
        backup = keras.callbacks.BackupAndRestore(folder, save_freq=5, delete_checkpoint=kind == "callback")
        if kind == "callback":
            callbacks.append(backup)
        else:
            options["resume"] = backup
    history = model.fit(**data, **options, epochs=EPOCHS, verbose=0, callbacks=callbacks)
    return model, history.history


def result(model, history):
    """Return what two equal trainings have in common: a hash of all state, and the history, as text."""
    state = [*model.variables, *model.optimizer.variables]
    digest = hashlib.sha256(b"".join(v.numpy().tobytes() for v in state)).hexdigest()
    return json.dumps({"digest": digest, "history": history})


if __name__ == "__main__":
    folder, out, kind = sys.argv[1:]
    Path(out).write_text(result(*train(Path(folder), kind)))
