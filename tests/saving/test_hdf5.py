import io

import h5py
import jax.numpy as jnp
import numpy as np
import pytest

from hornbeam.saving import _hdf5
from hornbeam.saving._hdf5 import Group

GROUPS = {
    "": Group("model", {}),
    "layers/dense": Group("dense_7", {"0": np.arange(6, dtype="float32").reshape(2, 3), "1": np.zeros(3, "float64")}),
    "layers/brain": Group("brain", {"0": np.asarray(jnp.arange(4, dtype="bfloat16")), "s": np.array(3, "uint8")}),
}


def file_of(make):
    """Return the bytes of the HDF5 file that `make(file)` fills."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        make(file)
    return buffer.getvalue()


def test_round_trip():
    data = b"".join(_hdf5.write(GROUPS.items()))
    found = _hdf5.read(data, "File 'a'")
    assert found.keys() == GROUPS.keys()
    for place, group in GROUPS.items():
        assert found[place].name == group.name
        for key, array in group.arrays.items():
            assert found[place].arrays[key].dtype == array.dtype
            np.testing.assert_array_equal(found[place].arrays[key], array)
    assert data == b"".join(_hdf5.write(GROUPS.items()))


KINDS = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split()
RAW_KINDS = "bfloat16 float8_e4m3fn float8_e5m2 int4 uint4 complex64 complex128".split()


@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3), (700,)])
def test_every_kind_of_number_is_what_h5py_reads(shape):
    values = np.random.default_rng(0).integers(0, 2, shape)
    arrays = {kind: values.astype(jnp.dtype(kind)) for kind in KINDS + RAW_KINDS} | {"big": values.astype(">f8")}
    data = b"".join(_hdf5.write([("a/b", Group("x", arrays))]))
    found = _hdf5.read(data, "File 'a'")["a/b"].arrays
    with h5py.File(io.BytesIO(data)) as file:
        for kind, array in arrays.items():
            assert found[kind].dtype == array.dtype
            np.testing.assert_array_equal(found[kind], array)
            if kind in RAW_KINDS:
                assert file["a/b/vars"][kind].attrs["dtype"] == kind
            else:
                assert file["a/b/vars"][kind].dtype == array.dtype
                np.testing.assert_array_equal(file["a/b/vars"][kind], array)


@pytest.mark.parametrize("count", [0, 1, 8, 9, 257, 3000])
def test_groups_of_many_members_are_what_h5py_reads_and_changes(count):
    groups = {f"layers/l{i}": Group(f"name {i}", {"0": np.float32(i)}) for i in range(count)}
    buffer = io.BytesIO(b"".join(_hdf5.write(groups.items())))
    with h5py.File(buffer, "r+") as file:
        assert len(file.get("layers", ())) == count
        for i in range(0, count, 37):
            assert file[f"layers/l{i}/vars"].attrs["name"] == f"name {i}"
            assert file[f"layers/l{i}/vars/0"][()] == i
        file.create_group("layers/k/vars").create_dataset("0", data=7.0)
    found = _hdf5.read(buffer.getvalue(), "File 'a'")
    assert found.keys() == groups.keys() | {"layers/k"}
    assert all(found[place].arrays["0"] == group.arrays["0"] for place, group in groups.items())


@pytest.mark.parametrize(
    "options",
    [
        {"chunks": (33, 8), "compression": "gzip", "shuffle": True},
        {"chunks": (33, 8), "fletcher32": True},
        {"chunks": (1, 1)},
        {"chunks": (7, 70), "maxshape": (None, 70), "compression": "gzip"},
    ],
)
def test_chunked_and_packed_arrays(options):
    array = np.random.default_rng(0).normal(size=(50, 35)).astype("float32")
    data = file_of(lambda f: f.create_group("vars").create_dataset("0", data=array, **options))
    np.testing.assert_array_equal(_hdf5.read(data, "File 'a'")[""].arrays["0"], array)


def test_older_name_of_the_folder_of_layers():
    data = file_of(
        lambda f: f.create_group("_layer_checkpoint_dependencies/dense/vars").create_dataset("0", data=[1.0])
    )
    assert list(_hdf5.read(data, "File 'a'")) == ["layers/dense"]


def _cycle(file):
    file.create_group("a")["up"] = file["/"]


def _virtual(file):
    layout = h5py.VirtualLayout((3,), "float32")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (3,))
    file.create_group("vars").create_virtual_dataset("0", layout)


def _objects(file):
    file.create_group("vars").create_dataset("0", data=["text"], dtype=h5py.string_dtype())


def _bytes_without_type(file):
    file.create_group("vars").create_dataset("0", data=np.zeros(2, "V2"))


def _bytes_of_wrong_type(file):
    _bytes_without_type(file)
    file["vars/0"].attrs["dtype"] = "float32"


def _unknown_filter(file):
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk((2,))
    plan.set_filter(32099, h5py.h5z.FLAG_OPTIONAL, ())
    space = h5py.h5s.create_simple((2,))
    dataset = h5py.h5d.create(file.create_group("vars").id, b"0", h5py.h5t.IEEE_F32LE, space, plan)
    dataset.write_direct_chunk((0,), bytes(8))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda f: f.create_group("vars").__setitem__("0", h5py.ExternalLink("/etc/x.h5", "/0")), "links"),
        (lambda f: f.create_group("vars").__setitem__("0", h5py.SoftLink("/b")), "link"),
        (lambda f: f.create_group("a").__setitem__("b", h5py.ExternalLink("x.h5", "/")), "links"),
        (_cycle, "nested too deeply"),
        (_virtual, "layout"),
        (lambda f: f.create_group("vars").create_dataset("0", (9,), "f4", external="/etc/passwd"), "external storage"),
        (_objects, "numbers are expected"),
        (_bytes_without_type, "number type.*None"),
        (_bytes_of_wrong_type, "number type.*float32"),
        (_unknown_filter, "filter 32099"),
        (lambda f: f.create_group("vars").create_dataset("0", (10**13,), "f4"), "beyond the end"),
        (
            lambda f: f.create_group("vars").create_dataset("0", (10**8,), "f4", chunks=True, compression="gzip"),
            "far larger",
        ),
        (lambda f: f.attrs.__setitem__("layer_names", ["a"]), "layout from before.*'layer_names'"),
    ],
)
def test_what_is_refused(make, message):
    with pytest.raises(ValueError, match=f"File 'a'.*{message}"):
        _hdf5.read(file_of(make), "File 'a'")


def test_the_newest_format_is_refused_with_the_way_out():
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver="latest") as file:
        file.create_group("vars")
    with pytest.raises(ValueError, match=r"File 'a'.*version 3.*h5repack"):
        _hdf5.read(buffer.getvalue(), "File 'a'")


def test_text_among_the_weights_is_refused():
    with pytest.raises(TypeError, match="numbers; 'a/0' has type"):
        _hdf5.write([("a", Group(None, {"0": "text"}))])


def test_damage_is_an_error_that_names_the_file():
    data = b"".join(_hdf5.write(GROUPS.items()))
    random = np.random.default_rng(0)
    outcomes = {"read": 0, "refused": 0}
    for _ in range(300):
        if random.random() < 0.2:
            damaged = bytearray(data[: random.integers(8, len(data))])
        else:
            damaged = bytearray(data)
            for place in random.integers(8, len(data), 9):
                damaged[place] ^= 1 << random.integers(8)
        try:
            _hdf5.read(bytes(damaged), "File 'a'")
            outcomes["read"] += 1
        except ValueError as error:
            assert "File 'a'" in str(error)  # noqa: PT017  # some damage hits bytes that nobody reads
            outcomes["refused"] += 1
    assert outcomes["refused"] > 50, outcomes
