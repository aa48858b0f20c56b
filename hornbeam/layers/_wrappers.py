"""Layers around a layer."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from hornbeam import initializers, ops
from hornbeam._core.state import HERE, Variable, here
from hornbeam.layers._checks import as_layer, refusal, whole
from hornbeam.layers._core import Lambda
from hornbeam.layers._input_spec import InputSpec
from hornbeam.layers._layer import Layer, shape_of


class Wrapper(Layer):
    """The base of layers around a layer: subclass it and define `call`.

    Args:
        layer: the layer inside, a layer or its configuration.

    >>> import hornbeam as keras
    >>> class Twice(keras.layers.Wrapper):
    ...     def call(self, inputs):
    ...         return 2 * self.layer(inputs)
    >>> Twice(keras.layers.ReLU())([1.0, -1.0]).tolist()
    [2.0, 0.0]
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layer = as_layer(self, "layer", layer)

    def build(self, input_shape: Any = None) -> None:
        """Build the layer inside."""
        if not self.layer.built:
            self.layer.build(input_shape)


class TimeDistributed(Wrapper):
    """Applies a layer to each step of a sequence, the same weights at each.

    Input `(batch, time, ...)`, output `(batch, time, ...)`. A mask `(batch, time, ...)` is given to the layer step by
    step, where it takes one.

    Args:
        layer: a layer for inputs `(batch, ...)`.

    >>> import hornbeam as keras
    >>> layer = keras.layers.TimeDistributed(keras.layers.Conv2D(4, 3))
    >>> layer(keras.ops.ones((2, 5, 8, 8, 3))).shape
    (2, 5, 6, 6, 4)
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any = None) -> None:
        """Build the layer inside for one step."""
        if len(input_shape) < 3:
            raise refusal(self, "inputs (batch, time, ...) of rank 3 or more", f"shape {tuple(input_shape)}")
        super().build((input_shape[0], *input_shape[2:]))

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Return what the layer gives for each step."""
        if mask is not None and tuple(mask.shape[:2]) != tuple(inputs.shape[:2]):
            expected = f"a mask that begins with {shape_of(inputs)[:2]}"
            raise refusal(self, expected, f"one of shape {shape_of(mask)}")
        signature = self.layer._call_signature
        extra = {"training": training} if signature.training else {}
        stepwise_mask = mask if "mask" in signature.names else None
        if stepwise_mask is None and not self._steps_differ(training):
            flat = inputs.reshape(inputs.shape[0] * inputs.shape[1], *inputs.shape[2:])
            outputs = self.layer(flat, **extra)
            return outputs.reshape(*inputs.shape[:2], *outputs.shape[1:])

        def step(carry: None, x: tuple[Any, Any]) -> tuple[None, Any]:
            masks = {} if x[1] is None else {"mask": x[1]}
            with here(losses=[]):
                return carry, (self.layer(x[0], **extra, **masks), HERE.losses)

        by_step = jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), (inputs, stepwise_mask))
        _, (outputs, losses) = ops.scan(step, None, by_step)
        self.add_loss([jnp.sum(loss) for loss in losses])
        return jnp.swapaxes(outputs, 0, 1)

    def _steps_differ(self, training: bool | None) -> bool:
        """Return whether steps must be taken one by one: they draw, write or add losses, or may see their batch."""
        return any(_sees_its_batch(part) or (training and _writes(part)) for part in self.layer._flatten_layers())


def _sees_its_batch(layer: Any) -> bool:
    """Return whether a layer may not treat each sample by itself: it is the user's, or works on the batch axis."""
    axis = getattr(layer, "axis", None)
    known = type(layer).__module__.startswith("hornbeam.") and not isinstance(layer, Lambda)
    operations = getattr(getattr(layer, "_function", None), "operations", ())
    on_batch = 0 in axis if isinstance(axis, list | tuple) else axis == 0
    return not known or on_batch or not all(isinstance(op, Layer) for op in operations)


def _writes(layer: Any) -> bool:
    """Return whether a layer draws, moves averages or adds losses."""
    frozen = any(not w.trainable for w in layer._all_weights())
    return bool(layer._states()) or frozen or layer.activity_regularizer is not None


class Bidirectional(Layer):
    """Runs a recurrent layer in both directions and joins the outputs.

    Input as the layer takes it; output: that of the layer, or twice its features for 'concat'. With `return_state`:
    the output, then the states forward, then backward.

    Args:
        layer: a recurrent layer; two new ones are made of its configuration.
        merge_mode: 'concat', 'sum', 'mul' or 'ave'; None returns both outputs.
        weights: first weights, those of the forward layer and then those of the backward layer.
        backward_layer: the layer for the other direction, with `go_backwards=True`.

    Where sequences are returned, the output is 0 at steps that a mask excludes.

    >>> import hornbeam as keras
    >>> layer = keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True))
    >>> layer(keras.ops.ones((2, 5, 3))).shape
    (2, 5, 8)
    """

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        layer = as_layer(self, "layer", layer)
        if not hasattr(layer, "go_backwards"):
            raise refusal(self, "a recurrent layer", f"{layer!r}")
        if merge_mode not in ("sum", "mul", "ave", "concat", None):
            raise refusal(self, "merge_mode to be 'sum', 'mul', 'ave', 'concat' or None", f"merge_mode={merge_mode!r}")
        self.forward_layer = _again(layer, "forward")
        if backward_layer is None:
            self.backward_layer = _again(layer, "backward", go_backwards=True)
        else:
            self.backward_layer = as_layer(self, "backward_layer", backward_layer)
        self._check_pair()
        for each in (self.forward_layer, self.backward_layer):
            each.zero_output_for_mask = each.return_sequences
        self.merge_mode = merge_mode
        self.stateful, self.return_state = layer.stateful, layer.return_state
        self.return_sequences = layer.return_sequences
        self._first_weights = weights
        self.input_spec = layer.input_spec

    def _check_pair(self) -> None:
        forward, backward = self.forward_layer, self.backward_layer
        for name in ("stateful", "return_sequences", "return_state"):
            if getattr(forward, name) != getattr(backward, name):
                got = f"{getattr(forward, name)} forward and {getattr(backward, name)} backward"
                raise refusal(self, f"layers of equal {name}", got)
        if forward.go_backwards == backward.go_backwards:
            raise refusal(self, "layers whose go_backwards differs", f"{forward.go_backwards} for both")

    def build(self, sequences_shape: tuple[int | None, ...], initial_state_shape: Any = None) -> None:
        """Build both layers."""
        self.forward_layer.build(sequences_shape)
        self.backward_layer.build(sequences_shape)
        if self._first_weights is not None:
            self.set_weights(self._first_weights)

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool | None = None) -> Any:
        """Return the joined outputs; `initial_state` has the states forward, then those backward."""
        starts = (None, None)
        if initial_state is not None:
            half = len(initial_state) // 2
            starts = (initial_state[:half], initial_state[half:])
        forward, backward = (
            layer(sequences, initial_state=start, mask=mask, training=training)
            for layer, start in zip((self.forward_layer, self.backward_layer), starts, strict=True)
        )
        states: tuple[Any, ...] = ()
        if self.return_state:
            states = (*forward[1:], *backward[1:])
            forward, backward = forward[0], backward[0]
        if self.return_sequences:
            backward = jnp.flip(backward, 1)
        output = self._join(forward, backward)
        if not self.return_state:
            return output
        return (*output, *states) if self.merge_mode is None else (output, *states)

    def _join(self, forward: Any, backward: Any) -> Any:
        if self.merge_mode == "concat":
            return ops.concatenate([forward, backward], axis=-1)
        if self.merge_mode == "mul":
            return forward * backward
        if self.merge_mode is None:
            return forward, backward
        total = forward + backward
        return total / 2 if self.merge_mode == "ave" else total

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return the mask for each output where sequences are returned; states have none."""
        mask = previous_mask[0] if isinstance(previous_mask, list | tuple) else previous_mask
        mask = mask if self.return_sequences else None
        return (mask, mask) if self.merge_mode is None else mask

    @property
    def states(self) -> Any:
        """The states that both layers keep between calls, where they are stateful."""
        kept = (self.forward_layer.states, self.backward_layer.states)
        return None if None in kept else [*kept[0], *kept[1]]

    def reset_state(self) -> None:
        """Set the states that both layers keep to 0."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    reset_states = reset_state

    @property
    def layer(self) -> Layer:
        """The forward layer, as configurations call it."""
        return self.forward_layer


def _again(layer: Layer, direction: str, **changes: Any) -> Any:
    """Return a new layer like `layer`, named after a direction."""
    config = layer.get_config() | changes
    return type(layer).from_config(config | {"name": f"{direction}_{layer.name.removeprefix(f'{direction}_')}"})


class SpectralNormalization(Wrapper):
    """Divides a layer's kernel by its largest singular value while training (Miyato et al. 2018).

    Inputs and outputs are those of the layer. The value is found by power iteration from a vector that is kept.

    Args:
        layer: a layer with a `kernel` or `embeddings`.
        power_iterations: how many iterations a step makes, positive.

    >>> import hornbeam as keras
    >>> layer = keras.layers.SpectralNormalization(keras.layers.Dense(2))
    >>> layer(keras.ops.ones((1, 3)), training=True).shape
    (1, 2)
    """

    def __init__(self, layer: Any, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.power_iterations = whole(self, "power_iterations", power_iterations)

    def build(self, input_shape: Any = None) -> None:
        """Build the layer, and make the vector."""
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        kernel = getattr(self.layer, "kernel", None)
        kernel = getattr(self.layer, "embeddings", None) if kernel is None else kernel
        if not isinstance(kernel, Variable):
            raise refusal(self, "a layer with a kernel or embeddings", f"{self.layer!r}")
        self.kernel = kernel
        self.vector_u = self.add_weight(
            shape=(1, kernel.shape[-1]),
            initializer=initializers.TruncatedNormal(stddev=0.02),
            trainable=False,
            name="vector_u",
            dtype=kernel.dtype,
        )

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        """Return the layer's output, its kernel normalized before while training."""
        if training:
            u, kernel = self.normalized_weights()
            zero = jnp.all(self.kernel.value == 0)
            self.vector_u.assign(jnp.where(zero, self.vector_u.value, u))
            self.kernel.assign(jnp.where(zero, self.kernel.value, kernel))
        return self.layer(inputs).astype(inputs.dtype)

    def normalized_weights(self) -> tuple[Any, Any]:
        """Return the new vector and the kernel divided by its largest singular value."""
        kernel, u = self.kernel.value, self.vector_u.value
        matrix = kernel.reshape(-1, kernel.shape[-1])
        v = u
        for _ in range(self.power_iterations):
            v = ops.normalize(u @ matrix.T, axis=None)
            u = ops.normalize(v @ matrix, axis=None)
        u, v = jax.lax.stop_gradient((u, v))
        return u, kernel / (v @ matrix @ u.T)[0, 0]
