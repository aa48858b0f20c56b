"""A layer's dtype policy, those of the layers inside it, and the change to one that keeps weights in few bits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from hornbeam import dtype_policies
from hornbeam._core.serialize import constructor_arguments
from hornbeam.dtype_policies import DTypePolicyMap
from hornbeam.quantizers._configs import resolve


def chosen_by(filters: Any) -> Callable[[Any], bool]:
    """Return whether a layer is meant by `filters`: regular expressions found in its name, a function, or None."""
    if filters is None:
        return lambda _: True
    if callable(filters):
        return lambda layer: bool(filters(layer))
    patterns = [filters] if isinstance(filters, str) else filters
    if not isinstance(patterns, list | tuple) or not all(isinstance(p, str) for p in patterns):
        message = f"filters must be a regular expression, a list of them, or a function of a layer; got {filters!r}."
        raise ValueError(message)
    return lambda layer: any(re.search(p, layer.name) for p in patterns)


class LayerPolicies:
    """What every layer knows about policies; Layer inherits it."""

    name: str
    path: str
    built: bool
    dtype_policy: dtype_policies.DTypePolicy
    quantizable = False
    _flatten_layers: Any

    def _store_policy(self, dtype: Any) -> None:
        """Store the policy that `dtype` means; of a map, the one for this layer."""
        policy = dtype_policies.get(dtype)
        self._policies = policy if isinstance(policy, DTypePolicyMap) else None  # those of the layers inside
        self.dtype_policy = policy if self._policies is None else self._policies[self.name]

    def _take_policy(self, around: tuple[LayerPolicies, ...]) -> None:
        """Take the policy that this layer, or one `around` it, was given for this layer's path."""
        for layer in () if self.built else (*around, self):
            if layer._policies is not None:
                inside = layer.name + self.path.removeprefix(layer.path)
                self.dtype_policy = layer._policies.match(inside) or self.dtype_policy

    def _policies_to_save(self) -> Any:
        """Return the policy, or a map where layers inside are quantized that no argument of this layer holds."""
        held = [getattr(self, name, None) for name in constructor_arguments(type(self))]
        apart = {id(x) for layer in held if isinstance(layer, LayerPolicies) for x in layer._flatten_layers()}
        inside = {
            self.name + part.path.removeprefix(self.path): part.dtype_policy
            for part in self._flatten_layers(include_self=False)
            if part.quantizable and part.quantization_mode is not None and id(part) not in apart
        }
        if self._policies is not None:
            inside = {path: self._policies[path] for path in self._policies} | inside
        return DTypePolicyMap(self.dtype_policy, inside) if inside else self.dtype_policy

    @property
    def quantization_mode(self) -> str | None:
        """In how few bits the main weights are kept: 'int8', 'int4' or None."""
        return self.dtype_policy.quantization_mode

    def quantize(self, mode: str | None = None, type_check: bool = True, config: Any = None) -> None:
        """Keep the main weights of this layer, and of the layers inside it, as whole numbers of few bits.

        Dense, EinsumDense, Embedding and ReversibleEmbedding have such weights, so attention has too. The real numbers
        are let go of, and the whole ones are not trained; `enable_lora` adds what is. Each call makes the weights real
        numbers again and computes with these. Inputs are not rounded, so results are nearer to those of the layer
        before than in Keras, where 'int8' rounds inputs too. Files are Keras's.

        Args:
            mode: 'int8', one scale for each output; 'int4', a scale and a zero for each output and 128 inputs.
            type_check: whether a subclass with a `call` of its own is refused.
            config: an Int8QuantizationConfig or Int4QuantizationConfig, in place of `mode`. Without it, a layer that
                was constructed with one of this mode follows its own.

        Raises:
            ValueError: a layer is not built, or is quantized already; nothing is changed.
            NotImplementedError: nothing here can be quantized, or `mode` is 'float8', 'gptq' or 'awq'.

        >>> import hornbeam as keras
        >>> layer = keras.layers.Dense(3)
        >>> layer.build((None, 8))
        >>> layer.quantize("int8")
        >>> [(w.name, w.dtype) for w in layer.weights]
        [('bias', 'float32'), ('kernel', 'int8'), ('kernel_scale', 'float32')]
        """
        self._quantize_layers(self._flatten_layers(), mode, config, type_check=type_check)

    def _quantize_layers(
        self, layers: Iterable[Any], mode: str | None, config: Any, *, type_check: bool = True
    ) -> None:
        """Quantize those of `layers` that can be: all of them or, after an error, none."""
        default, chosen = resolve(mode, config), [layer for layer in layers if layer.quantizable]
        if not chosen:
            message = (
                f"Layer {self.path!r} ({type(self).__name__}) has no weights to quantize: Dense, EinsumDense, "
                "Embedding and ReversibleEmbedding have."
            )
            raise NotImplementedError(message)
        for layer in chosen:
            layer._check_quantizable(type_check=type_check)
        for layer in chosen:
            own = None if config is not None else layer.quantization_config
            layer._quantize(default if own is None or own.mode != default.mode else own)
