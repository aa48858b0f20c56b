"""Policies of layers whose weights are kept in few bits, and the policies of many layers by their paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hornbeam._core.registry import public
from hornbeam._core.serialize import deserialize, serialize
from hornbeam.dtype_policies._policy import QUANTIZED, DTypePolicy, dtype_policy, get


class QuantizedDTypePolicy(DTypePolicy):
    """Weights in whole numbers of few bits, computations as in the policy `source_name`.

    Args:
        mode: 'int8', or 'int4' with one scale for each output.
        source_name: the name of the other policy, by default that of the default policy.

    Layers that have no weights to quantize follow the other policy.

    >>> import hornbeam as keras
    >>> policy = keras.dtype_policies.QuantizedDTypePolicy("int8", "mixed_bfloat16")
    >>> policy.name, policy.quantization_mode, policy.compute_dtype
    ('int8_from_mixed_bfloat16', 'int8', 'bfloat16')
    """

    _modes: tuple[str, ...] = ("int8", "int4", "float8")  # what stands before the first '/' of `mode`
    _sizes: tuple[str, ...] = ()  # what the numbers after it are called

    def __init__(self, mode: str, source_name: str | None = None) -> None:
        source = dtype_policy().name if source_name is None else source_name
        super().__init__(source)
        kind, *sizes = mode.split("/")
        whole = [int(x) for x in sizes if x.removeprefix("-").isdigit()]
        if kind not in self._modes or len(whole) != len(self._sizes) or len(whole) != len(sizes):
            expected = "/".join([f"{' or '.join(self._modes)}", *(f"<{name}>" for name in self._sizes)])
            message = f"{type(self).__name__}: mode must be {expected}; got {mode!r}."
            raise ValueError(message)
        if kind != "float8" and self.compute_dtype == "float16":
            message = f"{mode!r} does not go with compute_dtype='float16', whose range is too small; got {source!r}."
            raise ValueError(message)
        self.mode, self.source_name, self.quantization_mode = mode, source, kind
        self.name = f"{mode}_from_{source}"
        vars(self).update(zip(self._sizes, whole, strict=True))
        self._check_sizes(**dict(zip(self._sizes, whole, strict=True)))

    def _check_sizes(self, weight_bits: int = 4, block_size: int = -1, group_size: int = -1) -> None:
        allowed = (2, 3, 4, 8) if self.quantization_mode == "gptq" else (4,)
        if weight_bits not in allowed or any(n != -1 and n < 1 for n in (block_size, group_size)):
            expected = f"weights of {' or '.join(map(str, allowed))} bits in groups of -1 or a positive number"
            message = f"{type(self).__name__}: mode must name {expected}; got {self.mode!r}."
            raise ValueError(message)

    def get_config(self) -> dict[str, Any]:
        """Return mode and source."""
        return {"mode": self.mode, "source_name": self.source_name}


class QuantizedFloat8DTypePolicy(QuantizedDTypePolicy):
    """Training in eight bits: a policy that files may hold; no layer follows it here (see `Layer.quantize`).

    Args:
        mode: 'float8'.
        source_name: the name of the other policy.
        amax_history_length: how many steps the largest elements are remembered for.
    """

    _modes = ("float8",)
    default_amax_history_length = 1024

    def __init__(self, mode: str, source_name: str | None = None, amax_history_length: int = 1024) -> None:
        if not isinstance(amax_history_length, int):
            message = f"QuantizedFloat8DTypePolicy: amax_history_length must be an int; got {amax_history_length!r}."
            raise TypeError(message)
        super().__init__(mode, source_name)
        self.amax_history_length = amax_history_length

    def get_config(self) -> dict[str, Any]:
        """Return mode, source and the length of the history."""
        return super().get_config() | {"amax_history_length": self.amax_history_length}


class Int4DTypePolicy(QuantizedDTypePolicy):
    """Weights in four bits with a scale and a zero for each block of inputs: 'int4/128', or 'int4/-1' for one scale.

    >>> import hornbeam as keras
    >>> keras.dtype_policies.get("int4/32_from_float32").block_size
    32
    """

    _modes, _sizes = ("int4",), ("block_size",)
    block_size: int


class GPTQDTypePolicy(QuantizedDTypePolicy):
    """The policy 'gptq/<weight_bits>/<group_size>': a policy that files may hold; no layer follows it here."""

    _modes, _sizes = ("gptq",), ("weight_bits", "group_size")


class AWQDTypePolicy(QuantizedDTypePolicy):
    """The policy 'awq/4/<group_size>': a policy that files may hold; no layer follows it here."""

    _modes, _sizes = ("awq",), ("weight_bits", "group_size")


class DTypePolicyMap(DTypePolicy):
    """The policies of a layer and of the layers inside it, by their paths.

    Args:
        default_policy: the policy of a layer whose path is not in the map; by default the default policy.
        policy_map: dict path -> policy. A path is that of a layer, such as 'encoder/query', or a regular expression
            that matches whole paths, such as 'encoder/.*'.

    Raises:
        ValueError: a path matches two regular expressions, or is set twice.

    >>> import hornbeam as keras
    >>> policies = keras.dtype_policies.DTypePolicyMap(policy_map={"block/.*": keras.DTypePolicy("bfloat16")})
    >>> policies["block/query"].name, policies["head"].name
    ('bfloat16', 'float32')
    """

    def __init__(self, default_policy: Any = None, policy_map: Mapping[str, Any] | None = None) -> None:
        if policy_map is not None and not isinstance(policy_map, Mapping):
            message = f"DTypePolicyMap: policy_map must be a dict; got {policy_map!r}."
            raise TypeError(message)
        self._given, self._policies = default_policy, {}
        self.default_policy = get(default_policy)
        default = self.default_policy
        self.compute_dtype, self.variable_dtype = default.compute_dtype, default.variable_dtype
        self.name, self.quantization_mode = f"map_{default.name}", default.quantization_mode
        for path, policy in (policy_map or {}).items():
            self[path] = get(policy)

    def match(self, path: str) -> DTypePolicy | None:
        """Return the policy that the map itself holds for `path`, or None."""
        if path in self._policies:
            return self._policies[path]
        found = [key for key in self._policies if re.fullmatch(key, path)]
        if len(found) > 1:
            message = f"DTypePolicyMap: one key at most must match a path; {path!r} matches {', '.join(found)}."
            raise ValueError(message)
        return self._policies[found[0]] if found else None

    def __getitem__(self, path: str) -> DTypePolicy:
        return self.match(path) or self.default_policy

    def __setitem__(self, path: str, policy: Any) -> None:
        if path in self._policies:
            message = f"DTypePolicyMap: each path is set once; {path!r} has {self._policies[path]!r} already."
            raise ValueError(message)
        self._policies[path] = get(policy)

    def __delitem__(self, path: str) -> None:
        del self._policies[path]

    def __contains__(self, path: object) -> bool:
        return path in self._policies

    def __len__(self) -> int:
        return len(self._policies)

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicyMap) and self.get_config() == other.get_config()

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<DTypePolicyMap default_policy={self.default_policy.name}, {dict(self._policies)}>"

    def get_config(self) -> dict[str, Any]:
        """Return the policies."""
        default = None if self._given is None else serialize(self.default_policy)
        return {"default_policy": default, "policy_map": serialize(self._policies)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> DTypePolicyMap:
        """Return the map that `get_config` described."""
        return cls(deserialize(config["default_policy"]), deserialize(config["policy_map"]))


QUANTIZED |= {
    "int8": QuantizedDTypePolicy,
    "int4": QuantizedDTypePolicy,
    "float8": QuantizedFloat8DTypePolicy,
    "int4/": Int4DTypePolicy,
    "gptq/": GPTQDTypePolicy,
    "awq/": AWQDTypePolicy,
}
public(
    "keras.dtype_policies",
    DTypePolicyMap=DTypePolicyMap,
    **{policy.__name__: policy for policy in QUANTIZED.values()},
)
