import json

import pytest

from hornbeam.utils import Config


def test_settings_are_attributes_and_items():
    config = Config(a=1)
    config.b, config["c"] = 2, 3
    config.update({"d": 4}, e=5)
    assert config.pop("d") == 4
    del config["e"], config.b
    assert (config.a, config["c"], len(config), "a" in config, list(config)) == (1, 3, 2, True, ["a", "c"])
    assert (config.get("z", 9), dict(config.items()), list(config.keys()), list(config.values())) == (
        9,
        {"a": 1, "c": 3},
        ["a", "c"],
        [1, 3],
    )
    assert json.loads(config.to_json()) == config.as_dict()
    assert repr(config) == "<Config {'a': 1, 'c': 3}>"


def test_frozen_settings_cannot_change():
    config = Config(a=1)
    config.freeze()
    assert config.frozen
    for change in (lambda: setattr(config, "a", 2), lambda: config.update(b=1), lambda: config.pop("a")):
        with pytest.raises(ValueError, match="frozen: call unfreeze"):
            change()
    config.unfreeze()
    config.a = 2
    assert config.a == 2


def test_absent_settings():
    with pytest.raises(AttributeError, match="settings 'a'; got 'b'"):
        _ = Config(a=1).b
    with pytest.raises(KeyError):
        _ = Config(a=1)["b"]
