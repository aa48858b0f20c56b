"""A program that imports nothing but the saving module can load a model."""

import subprocess
import sys

import hornbeam as keras


def test_load_in_a_fresh_process(tmp_path):
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(tmp_path / "m.keras")
    program = f"from hornbeam.saving import load_model; print(load_model({str(tmp_path / 'm.keras')!r}).output_shape)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "(None, 1)"
