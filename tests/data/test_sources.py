"""Whatever holds data trains a model as the same numbers in arrays do."""

import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 2)).astype("float32")
Y = (X[:, :1] - X[:, 1:]).astype("float32")


def net():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def by_name():
    keras.utils.set_random_seed(1)
    a, b = keras.Input((1,), name="a"), keras.Input((1,), name="b")
    model = keras.Model([a, b], layers.Dense(1, name="out")(layers.Concatenate()([a, b])))
    model.compile("sgd", "mse")
    return model


def expected(**fitted):
    return net().fit(X, Y, **{"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0, **fitted}).history


def check(model, *data, **fitted):
    history = model.fit(*data, **{"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0, **fitted}).history
    for name, values in expected(**fitted).items():
        np.testing.assert_allclose(history[name], values, rtol=1e-5, err_msg=name)


def pandas_frame(pd):
    return pd.DataFrame({"a": X[:, 0], "b": X[:, 1].astype("float64"), "out": Y[:, 0], "name": ["x"] * 30})


def polars_frame(pl):
    return pl.DataFrame({"a": X[:, 0], "b": X[:, 1].astype("float64"), "out": Y[:, 0], "name": ["x"] * 30})


FRAMES = [pytest.param("pandas", pandas_frame, id="pandas"), pytest.param("polars", polars_frame, id="polars")]


@pytest.mark.parametrize(("package", "make"), FRAMES)
def test_frames_and_series(package, make):
    frame = make(pytest.importorskip(package))
    check(net(), frame[["a", "b"]], frame["out"])
    check(net(), frame[["a", "b"]], frame["out"], validation_split=0.2)
    check(by_name(), frame, frame["out"])
    check(by_name(), {n: frame[n] for n in ("b", "a")}, frame[["out"]])
    weights = RNG.uniform(size=30)
    np.testing.assert_allclose(
        net().fit(frame[["a", "b"]], frame["out"], sample_weight=type(frame["a"])(weights), verbose=0).history["loss"],
        net().fit(X, Y, sample_weight=weights, verbose=0).history["loss"],
        rtol=1e-5,
    )
    with pytest.raises(ValueError, match=r"x\['name'\] (is an object array: row 0 is 'x'|expects numbers; got text)"):
        net().fit(frame[["a", "name"]], frame["out"], verbose=0)


@pytest.mark.parametrize(("package", "make"), FRAMES)
def test_one_column_is_one_feature(package, make):
    frame = make(pytest.importorskip(package))
    model = keras.Sequential([layers.Dense(1)])
    model.compile(loss="mse")
    model.fit(frame["a"], frame["out"], verbose=0)
    assert model.input_shape == (None, 1)


def test_dates_are_refused():
    dates = np.array(["2020-01-01"] * 30, "datetime64[D]")
    with pytest.raises(ValueError, match=r"x expects numbers; got dates or times"):
        net().fit(dates, Y, verbose=0)


def test_torch():
    torch = pytest.importorskip("torch")
    data = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y))
    check(net(), torch.tensor(X, requires_grad=True), torch.tensor(Y))
    check(net(), torch.utils.data.DataLoader(data, batch_size=8))

    class Endless(torch.utils.data.IterableDataset):
        def __iter__(self):
            while True:
                yield from data

    check(net(), torch.utils.data.DataLoader(Endless(), batch_size=10), steps_per_epoch=3, batch_size=10)
    half = [(torch.tensor(X).bfloat16(), torch.tensor(Y))]
    assert np.isfinite(net().fit(iter(half), verbose=0).history["loss"][0])


def test_hugging_face():
    datasets = pytest.importorskip("datasets")
    rows = {"x": X.tolist(), "label": Y.tolist(), "text": ["a"] * 30}
    table = datasets.Dataset.from_dict(rows).remove_columns("text")
    check(net(), table)
    check(net(), table, validation_split=0.2)
    check(net(), table["x"], table["label"])
    check(net(), table.to_iterable_dataset().with_format("numpy").batch(8))
    named = datasets.Dataset.from_dict({"a": X[:, 0], "b": X[:, 1], "out": Y[:, 0], "text": ["a"] * 30})
    check(by_name(), named)
    check(by_name(), named.rename_column("out", "price"), "price")
    np.testing.assert_allclose(net().predict(table, verbose=0), net().predict(X, verbose=0), rtol=1e-5)


def test_grain():
    grain = pytest.importorskip("grain")
    batches = grain.MapDataset.source(list(zip(X, Y, strict=True))).batch(8)
    check(net(), batches)
    check(net(), batches.to_iter_dataset())


def test_what_behaves_like_tf_data():
    class Dataset:
        """tf.data's face: an iterator of tensors, one of arrays, and no length where it is not known."""

        def __len__(self):
            message = "The dataset length is unknown."
            raise TypeError(message)

        def __iter__(self):
            message = "tensors are slower"
            raise AssertionError(message)

        def as_numpy_iterator(self):
            return ((X[i : i + 8], Y[i : i + 8]) for i in range(0, 30, 8))

    check(net(), Dataset())


# ---- data on disk


class Counting:
    """An array that is kept in chunks, as HDF5's and zarr's; it remembers how many rows were asked for at once."""

    chunks = (4, 2)

    def __init__(self, array):
        self.array, self.shape, self.dtype, self.most = array, array.shape, array.dtype, 0

    def __getitem__(self, rows):
        part = self.array[rows]
        assert isinstance(rows, slice) or np.all(np.diff(rows) > 0)
        self.most = max(self.most, len(part))
        return part


def memmap(folder):
    np.save(folder / "x.npy", X)
    return np.load(folder / "x.npy", mmap_mode="r")


def hdf5(folder):
    file = pytest.importorskip("h5py").File(folder / "x.h5", "w")
    return file.create_dataset("x", data=X.astype("float64"))


def zarr_array(folder):
    return pytest.importorskip("zarr").array(X, chunks=(4, 2))


def in_chunks(folder):
    return Counting(X)


STORED = [memmap, hdf5, zarr_array, in_chunks]


@pytest.mark.parametrize("make", STORED, ids=["memmap", "hdf5", "zarr", "chunks"])
def test_arrays_on_disk(make, tmp_path):
    stored = make(tmp_path)
    for fitted in ({}, {"shuffle": True}, {"shuffle": "batch"}, {"validation_split": 0.2}):
        check(net(), stored, Y, **fitted)
    np.testing.assert_allclose(net().predict(stored, verbose=0), net().predict(X, verbose=0), rtol=1e-5)


def test_no_more_than_a_batch_is_read_at_once():
    x, y = Counting(np.repeat(X, 50, axis=0)), Counting(np.repeat(Y, 50, axis=0))
    model = net()
    for shuffle in (False, "batch", True):
        model.fit(x, y, batch_size=8, shuffle=shuffle, verbose=0, validation_split=0.1)
    model.evaluate(x, y, batch_size=8, verbose=0)
    model.predict(x, batch_size=8, verbose=0)
    assert x.most == 8
    assert y.most <= 32  # of targets, a few more are checked


def test_class_weights_of_targets_on_disk():
    labels = (X[:, 0] > 0).astype("int32")
    weights = {0: 1.0, 1: 3.0}
    found = []
    for y in (labels, Counting(labels)):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((2,)), layers.Dense(2, "softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        found.append(model.fit(X, y, class_weight=weights, sample_weight=Y[:, 0] ** 2, verbose=0).history["loss"])
    np.testing.assert_allclose(found[1], found[0], rtol=1e-5)
