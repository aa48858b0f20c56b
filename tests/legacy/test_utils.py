import numpy as np
import pytest

from hornbeam.legacy import utils


@pytest.mark.parametrize(
    ("probabilities", "classes"), [([[0.1, 0.9], [0.6, 0.4]], [1, 0]), ([[0.2], [0.7]], [0, 1]), ([0.2, 0.7], [0, 1])]
)
def test_classes(probabilities, classes):
    assert utils.probas_to_classes(np.array(probabilities)).tolist() == classes
