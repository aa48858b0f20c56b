"""What Keras offers as `keras.mixed_precision`: the policies of types, and the optimizer that scales the loss."""

from hornbeam.dtype_policies import DTypePolicy, dtype_policy, set_dtype_policy
from hornbeam.dtype_policies import DTypePolicy as Policy
from hornbeam.dtype_policies import dtype_policy as global_policy
from hornbeam.dtype_policies import set_dtype_policy as set_global_policy
from hornbeam.optimizers import LossScaleOptimizer

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]
