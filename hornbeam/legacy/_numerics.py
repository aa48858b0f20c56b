"""Formulas that changed between the eras."""

from typing import Any

import jax.numpy as jnp

from hornbeam._core.op import op


@op
def classic_hard_sigmoid(x: Any) -> Any:
    """Return 0.2 x + 0.5, cut to [0, 1], elementwise: what 'hard_sigmoid' meant before Keras 3 (now x / 6 + 0.5).

    >>> from hornbeam.legacy import backend as K
    >>> K.hard_sigmoid(K.constant([-3.0, 0.0, 1.0])).tolist()
    [0.0, 0.5, 0.699999988079071]
    """
    return jnp.clip(0.2 * x + 0.5, 0.0, 1.0)
