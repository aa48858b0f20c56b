"""A dense layer whose product is written in Einstein's notation."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from hornbeam import activations, initializers, ops
from hornbeam._core.state import Variable
from hornbeam.layers._checks import known, refusal
from hornbeam.layers._input_spec import InputSpec
from hornbeam.layers._views import Quantizable
from hornbeam.layers._weights import ruled_weight, store_rules

Lengths = dict[str, int | None]


class EinsumDense(Quantizable):
    """`activation(einsum(equation, inputs, kernel) + bias)`: a dense layer over any axes.

    Args:
        equation: such as 'abc,cd->abd': the inputs' axes, the kernel's, the output's. Three dots at the beginning or
            the end of inputs and output stand for any axes.
        output_shape: the lengths of the output's axes without the first, the batch; None where the input has them.
            Behind three dots, those of the named axes.
        activation: a name, a function or None.
        bias_axes: the output's axes that the bias has, such as 'd'; None for no bias.
        kernel_initializer, bias_initializer: first values.
        kernel_regularizer, bias_regularizer: penalties on the weights.
        kernel_constraint, bias_constraint: what the weights are put through after each step.
        lora_rank, lora_alpha: see `enable_lora`, which is then called when the layer is built.
        gptq_unpacked_column_size: None; GPTQ is left out.
        quantization_config: how `quantize` is to keep the weights, when it is not told otherwise.

    >>> import hornbeam as keras
    >>> layer = keras.layers.EinsumDense("abc,cde->abde", output_shape=(None, 4, 5), bias_axes="de")
    >>> layer(keras.ops.ones((2, 3, 8))).shape
    (2, 3, 4, 5)
    >>> keras.layers.EinsumDense("...x,xy->...y", output_shape=5)(keras.ops.ones((2, 3, 4, 8))).shape
    (2, 3, 4, 5)
    """

    kernel_initializer: Any

    def __init__(
        self,
        equation: str,
        output_shape: int | Sequence[int | None],
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        gptq_unpacked_column_size: None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.equation = equation
        self.partial_output_shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self.activation = activations.get(activation)
        self.bias_axes = bias_axes
        store_rules(
            self,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )
        self._store_lora(lora_rank, lora_alpha)
        self._store_quantization(quantization_config)
        self.gptq_unpacked_column_size = gptq_unpacked_column_size
        self._parts = self._parsed()
        self.bias: Variable | None = None

    def _parsed(self) -> tuple[str, str, str]:
        """Return the axes of inputs, kernel and output, checked."""
        left, arrow, output = self.equation.replace(" ", "").partition("->")
        inputs, comma, kernel = left.partition(",")
        letters = [part.replace("...", "") for part in (inputs, kernel, output)]
        dots = [(part.startswith("..."), part.endswith("...")) for part in (inputs, output)]
        whole = arrow and comma and all(part.isalpha() for part in letters)
        if not whole or dots[0] != dots[1] or "." in kernel or all(dots[0]) or not set(output) <= {*inputs, *kernel}:
            expected = "an equation such as 'abc,cd->abd', '...ab,bc->...ac' or 'ab...,bc->ac...'"
            raise refusal(self, expected, f"equation={self.equation!r}")
        if self.bias_axes and not set(self.bias_axes) <= set(letters[2]):
            raise refusal(self, f"bias_axes among the output's, {letters[2]!r}", f"bias_axes={self.bias_axes!r}")
        return inputs, kernel, output

    def _lengths(self, input_shape: Sequence[int | None]) -> Lengths:
        """Return the lengths of all named axes."""
        inputs, _, output = self._parts
        named = inputs.replace("...", "")
        if len(input_shape) < len(named) or (len(input_shape) > len(named) and "..." not in inputs):
            raise refusal(self, f"inputs with the axes {inputs!r}", f"shape {tuple(input_shape)}")
        own = input_shape[-len(named) :] if inputs.startswith("...") else input_shape[: len(named)]
        lengths: Lengths = dict(zip(named, own, strict=True))
        given = self.partial_output_shape
        for letter, length in zip(reversed(output.replace("...", "")), reversed(given), strict=False):
            if length is None:
                continue
            if lengths.get(letter) not in (None, length):
                expected = f"an output_shape that agrees with the inputs on axis {letter!r}"
                raise refusal(self, expected, f"{length} for {lengths[letter]}")
            lengths[letter] = length
        return lengths

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the kernel and, where `bias_axes` ask for one, the bias."""
        lengths = self._lengths(input_shape)
        _, kernel, output = self._parts
        shape = tuple(known(self, f"axis {x!r}", lengths.get(x), input_shape) for x in kernel)
        self.input_spec = InputSpec(ndim=len(input_shape))
        self.kernel = ruled_weight(self, "kernel", shape, self._initializer_for(kernel, output))
        if self.bias_axes:
            named = output.replace("...", "")
            named = named[min(map(named.index, self.bias_axes)) :]
            sizes = [lengths[x] if x in self.bias_axes else 1 for x in named]
            after = len(input_shape) - len(self._parts[0].replace("...", "")) if output.endswith("...") else 0
            bias_shape = tuple(known(self, "length of each axis of the bias", n, input_shape) for n in sizes)
            self.bias = ruled_weight(self, "bias", (*bias_shape, *(1,) * after))
        self._adapt_if_asked()

    def _initializer_for(self, kernel: str, output: str) -> Any:
        """Return the kernel's initializer, told which axes are outputs and which are summed over."""
        rule = self.kernel_initializer
        if isinstance(rule, initializers.VarianceScaling) and None in (rule.input_axes, rule.output_axes):
            rule = copy.copy(rule)
            rule.input_axes = [i for i, x in enumerate(kernel) if x not in output]
            rule.output_axes = [i for i, x in enumerate(kernel) if x in output]
        return rule

    def _axes(self, name: str) -> dict[str, Any]:
        """Return which axes of the kernel are summed over, and which axis of it each named axis of the output is."""
        _, kernel, output = self._parts
        named = output.replace("...", "")
        inputs = tuple(i for i, x in enumerate(kernel) if x not in named)
        return {"inputs": inputs, "outputs": tuple(kernel.index(x) if x in kernel else None for x in named)}

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the product, with bias and activation."""
        outputs = ops.einsum(self.equation, inputs, self.kernel.value)
        if self.bias is not None:
            outputs = outputs + self.bias.value
        return self.activation(outputs)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments; `output_shape` has another home because every layer has an `output_shape`."""
        return super().get_config() | {"output_shape": self.partial_output_shape}
