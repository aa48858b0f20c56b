"""Programs for Keras 1, 2 and 3 unchanged: `install(era=...)` makes `import keras` and `tensorflow.keras` Hornbeam's.

>>> import hornbeam.compat
>>> with hornbeam.compat.installed(era=2):
...     from keras.layers import Dense
...     from keras.models import Sequential
>>> model = Sequential([Dense(32, input_shape=(16,))])
>>> model.output_shape
(None, 32)
"""

from hornbeam.compat._detect import Evidence, detect
from hornbeam.compat._install import install, installed, uninstall
from hornbeam.compat._run import run_module, run_script

__all__ = ["Evidence", "detect", "install", "installed", "run_module", "run_script", "uninstall"]
