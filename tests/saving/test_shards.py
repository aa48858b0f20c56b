import json

import numpy as np
import pytest

from tests.saving.models import dense, same_weights

KIB = 1 / 2**20  # of a GiB


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.weights.json"


def test_round_trip_in_several_files(path):
    model, other = dense((40, 40, 40)), dense((40, 40, 40))
    model.save_weights(path, max_shard_size=8 * KIB)
    files = list(path.parent.iterdir())
    assert len(files) == 3
    report = other.load_weights(path)
    same_weights(model, other)
    assert len(report.loaded) == 6
    index = json.loads(path.read_text())
    assert index["metadata"]["total_size"] == sum(w.nbytes for w in model.get_weights())
    assert set(index["weight_map"]) == {"/layers/dense/vars", "/layers/dense_1/vars", "/layers/dense_2/vars"}


def test_old_shards_go_when_the_new_ones_are_there(path):
    model = dense((40, 40))
    other = path.with_name("b_00000.weights.h5")
    other.touch()
    model.save_weights(path, max_shard_size=7 * KIB)
    assert len(list(path.parent.iterdir())) == 4
    model.save_weights(path, max_shard_size=1)
    assert sorted(p.name for p in path.parent.iterdir()) == ["a.weights.json", "a_00000.weights.h5", other.name]


def test_shards_of_two_saves_are_not_taken_for_one(path):
    model = dense((40, 40))
    model.save_weights(path, max_shard_size=7 * KIB)
    shard = path.with_name("a_00001.weights.h5")
    older = shard.read_bytes()
    model.layers[1].kernel.assign(np.ones((40, 40)))
    model.save_weights(path, max_shard_size=7 * KIB)
    shard.write_bytes(older)
    with pytest.raises(ValueError, match=r"a_00001\.weights\.h5' is not the one .* a save was interrupted"):
        model.load_weights(path)


def test_a_failing_save_leaves_the_old_shards(path):
    model, other = dense((40, 40)), dense((40, 400))
    model.save_weights(path, max_shard_size=7 * KIB)
    before = {p.name: p.read_bytes() for p in path.parent.iterdir()}
    with pytest.raises(ValueError, match="larger max_shard_size"):
        other.save_weights(path, max_shard_size=7 * KIB)
    assert {p.name: p.read_bytes() for p in path.parent.iterdir()} == before


def test_a_layer_that_does_not_fit(path):
    with pytest.raises(ValueError, match=r"weights of 'layers/dense' alone take .* larger max_shard_size"):
        dense((400,)).save_weights(path, max_shard_size=KIB)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ("{", "not an index of sharded weights"),
        ("[]", "not an index of sharded weights"),
        ("{}", "needs a 'weight_map'"),
        ('{"weight_map": {"/vars": ["../a.weights.h5"]}}', "name of a file in the same folder"),
        ('{"weight_map": {"/vars": ["/etc/passwd"]}}', "name of a file in the same folder"),
        ('{"weight_map": {"/vars": [7]}}', "name of a file in the same folder"),
        ('{"weight_map": {"/vars": ["a.weights.json"]}}', "shard of weights is expected; .* is JSON text"),
    ],
)
def test_foreign_indices(path, index, message):
    path.write_text(index)
    with pytest.raises(ValueError, match=message):
        dense().load_weights(path)


def test_an_absent_shard(path):
    path.write_text('{"weight_map": {"/vars": ["b.weights.h5"]}}')
    with pytest.raises(FileNotFoundError, match=r"b\.weights\.h5"):
        dense().load_weights(path)


def test_the_name_of_an_index(tmp_path):
    with pytest.raises(ValueError, match=r"must end in '\.weights\.json'"):
        dense().save_weights(tmp_path / "a.weights.h5", max_shard_size=1)
