import random
import re
import threading

import jax
import numpy as np
import pytest

from hornbeam._core import seeds


@pytest.mark.parametrize("seed", ["a", 1.5, -1, 2**32, [1]])
def test_a_seed_is_a_whole_number(seed):
    message = f"seed must be a whole number from 0 to 2**32 - 1, or a SeedGenerator; got {seed!r}"
    for take in (seeds.SeedGenerator, seeds.draw_seed, seeds.set_random_seed):
        with pytest.raises(ValueError, match=re.escape(message)):
            take(seed)


def test_state():
    generator = seeds.SeedGenerator(np.int64(2**32 - 1))
    assert (generator.state.path, generator.state.dtype, generator.state.trainable) == (
        "seed_generator/seed_generator_state",
        "uint32",
        False,
    )
    assert [generator.next().tolist() for _ in range(2)] == [[2**32 - 1, 0], [2**32 - 1, 1]]


def test_without_a_seed_python_decides():
    random.seed(5)
    expected = random.randint(1, 10**9)  # noqa: S311
    random.seed(5)
    generator = seeds.SeedGenerator()
    assert generator.state.numpy().tolist() == [expected, 0]
    assert generator.get_config() == {"seed": None, "name": "seed_generator"}


def test_config_starts_anew():
    generator = seeds.SeedGenerator(3, name="noise")
    generator.next()
    twin = seeds.SeedGenerator.from_config(generator.get_config())
    assert (twin.name, twin.state.numpy().tolist()) == ("noise", [3, 0])


def test_keys_pass_through():
    key = jax.random.key(1)
    assert seeds.draw_seed(key) is key


def test_set_random_seed_repeats_everything():
    def draws():
        return random.random(), np.random.random(), seeds.draw_seed(None).tolist(), seeds.draw_seed(None).tolist()  # noqa: NPY002, S311

    seeds.set_random_seed(1)
    first = draws()
    seeds.set_random_seed(1)
    assert draws() == first
    assert first[2] != first[3]


def test_the_global_generator_is_of_its_thread():
    seeds.set_random_seed(1)
    here = seeds.draw_seed(None).tolist()
    there = []

    def draw():
        there.append(seeds.draw_seed(None).tolist())

    random.seed(1)
    thread = threading.Thread(target=draw)
    thread.start()
    thread.join()
    assert there == [here]
