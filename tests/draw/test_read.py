from itertools import pairwise

import pytest

import hornbeam as keras
from hornbeam.draw._layout import lay_out
from hornbeam.draw._picture import Cluster
from hornbeam.draw._read import Options, read
from tests.draw.pictures import check, homes

L = keras.layers


def seed_model():
    return keras.Sequential(
        [
            L.Conv2D(2, (3, 3), padding="same", activation="relu", input_shape=(8, 8, 1)),
            L.MaxPooling2D(pool_size=(2, 2)),
            L.Conv2D(3, (2, 2), padding="same", activation="relu"),
            L.MaxPooling2D(pool_size=(2, 2)),
            L.Flatten(),
            L.Dense(8, activation="relu"),
            L.Dense(3, activation="softmax"),
        ]
    )


def branched():
    """Two inputs, two outputs, a layer used twice, a function in the graph."""
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    shared = L.Dense(3, name="shared")
    joined = L.Concatenate(name="joined")([shared(left), shared(right)])
    return keras.Model([left, right], [L.Dense(1, name="a")(joined), L.Dense(2, name="b")(joined * 2.0)])


def nesting():
    """A sequential model in a functional one in a functional one; the innermost is used twice."""
    tower = keras.Sequential([keras.Input((3,)), L.Dense(2, name="t1"), L.Dense(3, name="t2")], name="tower")
    x = keras.Input((3,), name="x")
    twice = keras.Model(x, [tower(tower(x)), x], name="twice")
    inputs = keras.Input((3,), name="inputs")
    once, again = twice(inputs)
    return keras.Model(inputs, L.Add(name="sum")([once, again]))


def lines(picture):
    return [f"{edge.source}>{edge.target}" for edge in picture.edges]


def test_seed_model():
    picture = read(seed_model(), Options(shapes=True, names=True))
    assert [(box.title, box.family, box.rows[-1][1]) for box in picture.boxes()] == [
        ("Conv2D", "convolution", "(None, 8, 8, 2)"),
        ("MaxPooling2D", "pooling", "(None, 4, 4, 2)"),
        ("Conv2D", "convolution", "(None, 4, 4, 3)"),
        ("MaxPooling2D", "pooling", "(None, 2, 2, 3)"),
        ("Flatten", "reshaping", "(None, 12)"),
        ("Dense", "core", "(None, 8)"),
        ("Dense", "core", "(None, 3)"),
    ]
    keys = [box.key for box in picture.boxes()]
    assert keys == [box.name for box in picture.boxes()]
    assert lines(picture) == [f"{a}>{b}" for a, b in pairwise(keys)]


def test_inputs_outputs_and_shared_layers():
    picture = read(branched(), Options(shapes=True))
    assert lines(picture) == [
        "left>shared",
        "right>shared",
        "shared>joined",
        "joined>a",
        "joined>multiply",
        "multiply>b",
    ]
    boxes = {box.key: box for box in picture.boxes()}
    assert boxes["shared"].rows == (("input", "(None, 4)"), ("output", "(None, 3)"))
    assert boxes["joined"].rows == (("input", "2 x (None, 3)"), ("output", "(None, 6)"))
    assert boxes["left"].rows == (("output", "(None, 4)"),)
    assert (boxes["multiply"].title, boxes["multiply"].family) == ("Multiply", "merging")


def test_nested_models_closed():
    picture = read(nesting(), Options(shapes=True))
    assert lines(picture) == ["inputs>twice", "twice>sum"]
    assert {box.family for box in picture.boxes()} == {"input", "model", "merging"}


def test_nested_models_open():
    picture = read(nesting(), Options(nested=True))
    assert dict(homes(picture.items)) == {
        "inputs": (),
        "twice": (),
        "twice/x": ("twice",),
        "twice/tower": ("twice",),
        "twice/tower/t1": ("twice", "twice/tower"),
        "twice/tower/t2": ("twice", "twice/tower"),
        "sum": (),
    }
    assert sorted(lines(picture)) == [
        "inputs>twice/x",
        "twice/tower/t1>twice/tower/t2",
        "twice/tower/t2>sum",
        "twice/tower/t2>twice/tower/t1",
        "twice/x>sum",
        "twice/x>twice/tower/t1",
    ]
    assert [item.title for item in picture.items if isinstance(item, Cluster)] == ["twice"]
    check(picture, lay_out(picture))


def test_all_rows():
    x = keras.Input((4,), name="x")
    frozen = L.Dense(3, activation="tanh", name="frozen", trainable=False)
    model = keras.Model(x, L.Activation(lambda t: t, name="own")(L.Dropout(0.5, name="drop")(frozen(x))))
    options = Options(shapes=True, dtype=True, names=True, activations=True, trainable=True)
    boxes = {box.key: dict(box.rows) for box in read(model, options).boxes()}
    assert boxes == {
        "x": {"output": "(None, 4)", "dtype": "float32"},
        "frozen": {
            "activation": "tanh",
            "input": "(None, 4)",
            "output": "(None, 3)",
            "dtype": "float32",
            "weights": "Non-trainable",
        },
        "drop": {"input": "(None, 3)", "output": "(None, 3)", "dtype": "float32"},
        "own": {"activation": "<lambda>", "input": "(None, 3)", "output": "(None, 3)", "dtype": "float32"},
    }


def test_a_shared_layer_with_several_shapes_has_a_row_for_each():
    pool = L.Flatten(name="flat")
    ends = [keras.Input((2, 3)), keras.Input((4, 5))]
    picture = read(keras.Model(ends, [pool(x) for x in ends]), Options(shapes=True))
    assert next(box.rows for box in picture.boxes() if box.key == "flat") == (
        ("input", "(None, 2, 3)"),
        ("", "(None, 4, 5)"),
        ("output", "(None, 6)"),
        ("", "(None, 20)"),
    )


def test_a_model_from_the_middle_of_another():
    whole = branched()
    middle = keras.Model(whole.get_layer("joined").output, whole.outputs[0])
    picture = read(middle, Options(shapes=True, names=True))
    first, last = picture.boxes()
    assert (first.family, first.rows, last.key) == ("input", (("output", "(None, 6)"),), "a")
    assert lines(picture) == [f"{first.key}>a"]


class Own(keras.Model):
    def __init__(self):
        super().__init__(name="own")
        self.dense = L.Dense(2)

    def call(self, inputs):
        return self.dense(inputs)


def test_a_subclass_is_one_box():
    model = Own()
    with pytest.raises(ValueError, match="'own' must be built"):
        read(model, Options())
    model(keras.ops.ones((1, 3)))
    (box,) = read(model, Options(shapes=True, names=True)).boxes()
    assert (box.title, box.name, box.family) == ("Own", "own", "model")


def test_an_unbuilt_model_is_refused():
    with pytest.raises(ValueError, match="'stack' must be built before it can be drawn: give its first layer an inp"):
        read(keras.Sequential([L.Dense(2)], name="stack"), Options())
