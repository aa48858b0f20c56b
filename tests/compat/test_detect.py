import pytest

from hornbeam.compat import detect

KERAS_2 = "from keras.models import Sequential\n"


@pytest.mark.parametrize(
    ("source", "era"),
    [
        ("print('no Keras here')", 3),
        ("import keras", 3),
        ("from keras import layers\nmodel = keras.Sequential([layers.Dense(3)])", 3),
        ("import tensorflow as tf\ntf.keras.layers.Dense(3)", 2),
        ("from tensorflow import keras", 2),
        ("import tensorflow as tf\nfrom keras import ops", 3),
        ("import keras\nkeras.ops.sum(x)", 3),
        ("import keras\nkeras.saving.load_model('m.keras')\nkeras.optimizers.SGD(lr=1)", 3),
        ("from tensorflow.python.keras.layers import Dense", 2),
        ("from tensorflow.contrib.keras import layers", 2),
        ("from keras.utils import np_utils", 2),
        ("from keras.utils.np_utils import to_categorical", 2),
        ("from keras.layers.core import Dense", 2),
        ("import keras.backend.tensorflow_backend as K", 2),
        ("import keras\nkeras.engine.input_layer.Input()", 2),
        (KERAS_2 + "model.fit_generator(data, steps_per_epoch=3)", 2),
        (KERAS_2 + "model.predict_classes(x)", 2),
        (KERAS_2 + "SGD(lr=0.1)", 2),
        (KERAS_2 + "plt.plot(history.history['val_acc'])", 2),
        (KERAS_2 + "model.fit(x, y, nb_epoch=3)", 1),
        (KERAS_2 + "model.fit(x, y, nb_epoch=3)\nDense(3, kernel_initializer='zeros')", 2),
        (KERAS_2 + "model.add(Convolution2D(32, 3, 3, border_mode='same'))", 1),
        (KERAS_2 + "model.add(Convolution2D(32, (3, 3), padding='same'))", 2),
        ("from keras.layers import merge, Input\nmerge([a, b], mode='sum')", 1),
        ("from keras.models import Model\nModel(input=[m, n], output=o)", 1),
        ("from keras.layers import Dense\nDense(output_dim=3, init='uniform')", 1),
        ("from keras.layers import Embedding\nEmbedding(input_dim=3, output_dim=2)", 3),
        ("from keras.layers import Dropout\nDropout(p=0.5)", 1),
        ("import pandas\npandas.merge(a, b)\nimport keras", 3),
        ("%matplotlib inline\nfrom keras.utils import np_utils", 2),
        ("this is not Python", 3),
    ],
)
def test_era(source, era):
    assert detect(source).era == era


def test_evidence_has_lines():
    words = detect("import keras\n\nmodel.fit(x, y, nb_epoch=3)\n").words
    assert words == {"1": [(3, "nb_epoch=")]}


def test_several_sources_count_together():
    assert detect("import keras", "model.fit(x, y, nb_epoch=3)").era == 1
