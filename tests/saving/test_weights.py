import re
from pathlib import Path

import h5py
import numpy as np
import pytest

import hornbeam as keras
from hornbeam import layers
from hornbeam.saving import _hdf5
from hornbeam.saving._hdf5 import Group
from tests.saving.models import Block, Net, dense, same_weights, trained


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.weights.h5"


def test_round_trip_with_optimizer(path):
    model, other = trained(), trained(name="other")
    model.save_weights(path)
    report = other.load_weights(path)
    same_weights(model, other)
    for left, right in zip(model.optimizer.variables, other.optimizer.variables, strict=True):
        np.testing.assert_array_equal(left, right)
    assert len(report.loaded) == 4 + len(model.optimizer.variables)
    assert report.skipped == report.unused == ()
    assert report.renamed == (("dense", "other/dense_2"), ("dense_1", "other/dense_3"))  # names count on in a program
    assert "LoadReport of" in repr(report)


def test_the_state_of_an_optimizer_that_has_not_begun(path):
    model = dense()
    model.compile("adam", "mse")
    model.save_weights(path)
    other = trained()
    assert other.load_weights(path).skipped == ()
    assert int(other.optimizer.iterations.value) == 0
    other.save_weights(path)
    report = model.load_weights(path)
    assert not report.skipped
    assert len(model.optimizer.variables) == len(other.optimizer.variables)


def test_an_uncompiled_model_leaves_the_optimizer_unused(path):
    trained().save_weights(path)
    report = dense().load_weights(path)
    assert report.unused == ("optimizer",)


def test_another_optimizer_starts_anew_with_a_warning(path):
    trained("adam").save_weights(path)
    model = trained("sgd")
    with pytest.warns(UserWarning, match=r"skipped: sgd: it has \d+ variables, the file \d+; training starts"):
        report = model.load_weights(path)
    assert len(report.loaded) == 4


def test_equal_weights_give_equal_bytes(path, tmp_path):
    model = trained()
    model.save_weights(path)
    model.save_weights(tmp_path / "b.weights.h5")
    assert path.read_bytes() == (tmp_path / "b.weights.h5").read_bytes()
    assert str(tmp_path).encode() not in path.read_bytes()


def test_h5py_finds_the_arrays_where_keras_puts_them(path):
    model = dense()
    model.save_weights(path)
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["layers/dense_1/vars/0"], model.layers[1].kernel.numpy())
        assert file["layers/dense_1/vars"].attrs["name"] == "dense_1"


PLACES_OF_A_BLOCK = """
blocks/block
blocks/block/dropout blocks/block/exposed blocks/block/first blocks/block/mixed/dense
blocks/block/named/dense blocks/block/named/dense_1 blocks/block/nested/container/dense
blocks/block/nested/container_1/dense blocks/block/several/dense_1
""".split()


def test_layers_in_every_place(path):
    model, other = Net(), Net()
    for net in (model, other):
        net(np.ones((2, 5), "float32"))
    model.save_weights(path)
    other.load_weights(path)
    same_weights(model, other)
    places = list(_hdf5.read(path.read_bytes(), "File"))
    assert [p for p in sorted(places) if p.startswith("blocks/block/") or p == "blocks/block"] == PLACES_OF_A_BLOCK
    assert {"", "entry", "blocks/block_1", "layers/sequential", "layers/sequential/layers/dense"} <= set(places)


class Table(keras.layers.Layer):
    """A layer that saves what it likes."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.table = None

    def save_own_variables(self, store):
        store["table"] = np.arange(3)

    def load_own_variables(self, store):
        self.table = store["table"] * 2

    def call(self, inputs):
        return inputs


def test_the_users_own_way_to_save(path):
    model = keras.Sequential([keras.Input((2,)), Table(name="t")])
    model.save_weights(path)
    report = model.load_weights(path)
    np.testing.assert_array_equal(model.layers[0].table, [0, 2, 4])
    assert report.loaded == ("sequential/t/table",)


# ---- weights of another architecture


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ((5, 2), r"model/dense_2/kernel: the model has \(6, 5\), the file \(6, 4\)"),
        ((4, 2, 2), r"model/dense_4/kernel: the model has \(2, 2\), the file has no such weight"),
    ],
)
def test_another_architecture_is_refused_and_nothing_changed(path, units, message):
    dense().save_weights(path)
    model = dense(units)
    before = model.get_weights()
    with pytest.raises(ValueError, match=message) as caught:
        model.load_weights(path)
    assert str(path) in str(caught.value)
    assert "skip_mismatch=True" in str(caught.value)
    for left, right in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


def test_many_mismatches_are_counted(path):
    dense((4,) * 9).save_weights(path)
    with pytest.raises(ValueError, match="and 11 more"):
        dense((5,) * 8).load_weights(path)


def test_weights_that_a_layer_does_not_take(path):
    dense().save_weights(path)
    model = keras.Sequential([keras.Input((6,)), layers.Dense(4, use_bias=False), layers.Dense(2)])
    with pytest.raises(ValueError, match=r"dense_2: the file has 1 weights more for it, of shapes \(4,\)"):
        model.load_weights(path)


def test_skip_mismatch_loads_what_fits_and_says_what_not(path):
    source, model = dense((4, 4, 2)), dense((4, 5, 2))
    source.save_weights(path)
    with pytest.warns(UserWarning, match=r"skipped: model/dense_4/kernel: the model has \(4, 5\), the file \(4, 4\)"):
        report = model.load_weights(path, skip_mismatch=True)
    np.testing.assert_array_equal(source.layers[0].kernel, model.layers[0].kernel)
    assert report.loaded == ("model/dense_3/kernel", "model/dense_3/bias")
    assert [p for p, _ in report.skipped] == [
        f"model/dense_{i}/{w}" for i, w in ((4, "kernel"), (4, "bias"), (5, "kernel"))
    ]


def test_layers_that_the_model_lacks_are_warned_of(path):
    dense((4, 2)).save_weights(path)
    with pytest.warns(UserWarning, match=re.escape("unused: layers/dense_1")):
        report = dense((4,)).load_weights(path)
    assert report.unused == ("layers/dense_1",)


# ---- what cannot be done


@pytest.mark.parametrize("name", ["a.h5", "a.keras", "a", "a.weights.json"])
def test_names_of_files(tmp_path, name):
    with pytest.raises(ValueError, match=f"must end in '.weights.h5'; got .*{name}"):
        dense().save_weights(tmp_path / name)


def test_unbuilt_models(path):
    dense().save_weights(path)
    model = keras.Sequential([layers.Dense(2)], name="new")
    with pytest.raises(ValueError, match="'new' has no weights to save yet"):
        model.save_weights(path)
    with pytest.raises(ValueError, match=r"'new' has no weights yet to load .*a\.weights\.h5"):
        model.load_weights(path)


def test_other_arguments(path):
    with pytest.raises(ValueError, match="skip_mismatch; got 'by_name'"):
        dense().load_weights(path, by_name=True)


def test_overwrite(path, monkeypatch):
    model = dense()
    path.write_bytes(b"old")
    with pytest.raises(FileExistsError, match=r"a\.weights\.h5' exists, and overwrite is False"):
        model.save_weights(path, overwrite=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for answer, kept in (("n", True), ("y", False)):
        monkeypatch.setattr("builtins.input", lambda _, answer=answer: answer)
        model.save_weights(path, overwrite=False)
        assert (path.read_bytes() == b"old") == kept


PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "is an empty file"),
        (PNG, "is a PNG picture"),
        (b"PK\x03\x04 no more", "is damaged or truncated: its ZIP"),
        (b"\x89HDF\r\n\x1a\n no more", "is damaged, or not a file of weights"),
        (b"\x80\x04\x95", "is a pickle"),
        (b"hello", "is a file of an unknown kind"),
        (b"".join(_hdf5.write([])), "is an HDF5 file, but not one of a model's weights"),
    ],
)
def test_foreign_files(path, contents, message):
    path.write_bytes(contents)
    with pytest.raises(ValueError, match=message) as caught:
        dense().load_weights(path)
    assert "a.weights.h5" in str(caught.value)


def test_truncated_files(path):
    dense().save_weights(path)
    whole = path.read_bytes()
    for size in (9, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"a\.weights\.h5' is damaged"):
            dense().load_weights(path)


def test_absent_files(tmp_path):
    (tmp_path / "model.weights.h5").touch()
    with pytest.raises(FileNotFoundError, match=r"no file .*modle\.weights\.h5'\. Did you mean 'model\.weights\.h5'\?"):
        dense().load_weights(tmp_path / "modle.weights.h5")
    with pytest.raises(FileNotFoundError, match=r"no folder .*absent"):
        dense().load_weights(tmp_path / "absent" / "a.weights.h5")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        dense().load_weights(tmp_path)


def test_a_failing_save_leaves_the_old_file(path, monkeypatch):
    model = dense()
    model.save_weights(path)
    before = path.read_bytes()
    monkeypatch.setattr(_hdf5, "write", lambda _: [b"half", 5])
    with pytest.raises(TypeError):
        model.save_weights(path)
    assert path.read_bytes() == before
    assert [p.name for p in Path(path.parent).iterdir()] == [path.name]


def test_a_block_alone_has_its_places(path):
    model = keras.Sequential([keras.Input((3,)), Block()])
    model.save_weights(path)
    groups = _hdf5.read(path.read_bytes(), "File")
    assert groups["layers/block"] == Group("block", groups["layers/block"].arrays)
    assert {k: v.shape for k, v in groups["layers/block"].arrays.items()} == {"0": (3,), "1": ()}
