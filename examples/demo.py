"""Train two small networks on real data: a CNN that reads digits and an LSTM that forecasts sunspots.

Run it with `make demo`. It prints what happens and leaves pictures, and the model, in `build/demo`.
"""

import time
from pathlib import Path

import matplotlib as mpl
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from statsmodels.datasets import sunspots

import hornbeam as keras
from hornbeam import layers

mpl.use("Agg")
from matplotlib import pyplot as plt

OUT = Path("build/demo")
SEEDS = range(5)
PAST = 5  # years that the LSTM sees


def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the handwritten digits 0, 1 and 2 as images (samples, 8, 8, 1) in 0..1, a quarter of them held out."""
    images, labels = load_digits(n_class=3, return_X_y=True)
    x = (images / 16).reshape(-1, 8, 8, 1).astype("float32")
    x_train, x_test, y_train, y_test = train_test_split(x, labels, test_size=0.25, random_state=0, stratify=labels)
    return x_train, y_train, x_test, y_test


def cnn() -> keras.Sequential:
    """Return the small CNN: two convolutions, two poolings, two dense layers."""
    model = keras.Sequential(
        [
            layers.Conv2D(2, (3, 3), padding="same", activation="relu", input_shape=(8, 8, 1)),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Conv2D(3, (2, 2), padding="same", activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Flatten(),
            layers.Dense(8, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def read_digits() -> None:
    """Train the CNN for each seed, draw it, save it, and load it again."""
    x_train, y_train, x_test, y_test = digits()
    print(f"== Digits 0, 1, 2: {len(x_train)} images to train on, {len(x_test)} held out")
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        model = cnn()
        if seed == SEEDS[0]:
            model.summary()
        verbose = 1 if seed == SEEDS[0] else 0
        keep_best = keras.callbacks.EarlyStopping("val_accuracy", patience=50, restore_best_weights=True)
        history = model.fit(
            x_train,
            y_train,
            batch_size=16,
            epochs=150,
            validation_data=(x_test, y_test),
            callbacks=[keep_best],
            verbose=verbose,
        )
        accuracy = model.evaluate(x_test, y_test, verbose=0)[1]
        print(f"seed {seed}: validation accuracy {accuracy:.1%}, best of {len(history.epoch)} epochs")
        if accuracy < 0.97:
            message = f"Seed {seed} reached {accuracy:.1%}; 97 % were expected."
            raise SystemExit(message)
    keras.utils.plot_model(model, to_file=OUT / "digits_model.svg", show_shapes=True)
    keras.utils.plot_model(model, to_file=OUT / "digits_model.png", show_shapes=True)
    draw_curve(history, OUT / "digits_training.png")
    model.save(OUT / "digits.keras")
    loaded = keras.models.load_model(OUT / "digits.keras")
    equal = np.array_equal(model.predict(x_test, verbose=0), loaded.predict(x_test, verbose=0))
    print(f"saved to {OUT / 'digits.keras'} and loaded again: predictions equal: {equal}")
    if not equal:
        raise SystemExit(1)


def draw_curve(history: keras.callbacks.History, path: Path) -> None:
    """Draw loss and accuracy over the epochs."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    for axis, name in zip(axes, ("loss", "accuracy"), strict=True):
        axis.plot(history.history[name], label="training")
        axis.plot(history.history[f"val_{name}"], label="validation")
        axis.set_xlabel("epoch")
        axis.set_title(name)
        axis.grid(alpha=0.3)
        axis.legend()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def forecast_sunspots() -> None:
    """Train an LSTM on yearly sunspots, and compare its forecasts of held-out years with 'same as last year'."""
    years, numbers = sunspots.load_pandas().data.to_numpy().T
    series = (numbers / 200).astype("float32")
    windows = np.lib.stride_tricks.sliding_window_view(series, PAST + 1)
    x, y = windows[:, :PAST, None], windows[:, PAST:]
    split = len(x) * 3 // 4
    print(
        f"== Sunspots {years[0]:.0f} to {years[-1]:.0f}: {split} windows of {PAST} years to train on, "
        f"{len(x) - split} held out"
    )
    keras.utils.set_random_seed(0)
    model = keras.Sequential([layers.LSTM(3, input_dim=1, input_length=PAST), layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(0.02), loss="mse")
    model.fit(x[:split], y[:split], batch_size=16, epochs=150, verbose=0)
    guess = model.predict(x[split:], verbose=0)
    error = 200 * float(np.sqrt(np.mean((guess - y[split:]) ** 2)))
    same = 200 * float(np.sqrt(np.mean((x[split:, -1] - y[split:]) ** 2)))
    print(f"root mean squared error: LSTM {error:.1f} sunspots, same as last year {same:.1f}")
    figure, axis = plt.subplots(figsize=(9, 3.2), layout="constrained")
    axis.plot(years[-len(guess) :], 200 * y[split:], label="sunspots")
    axis.plot(years[-len(guess) :], 200 * guess, label="LSTM, one year ahead")
    axis.set_xlabel("year")
    axis.grid(alpha=0.3)
    axis.legend()
    figure.savefig(OUT / "sunspots.png", dpi=120)
    if error >= same:
        message = "The LSTM did not beat the forecast 'same as last year'."
        raise SystemExit(message)


def main() -> None:
    """Run both."""
    began = time.perf_counter()
    OUT.mkdir(parents=True, exist_ok=True)
    read_digits()
    forecast_sunspots()
    print(f"== Done in {time.perf_counter() - began:.0f} s; pictures are in {OUT}")


if __name__ == "__main__":
    main()
