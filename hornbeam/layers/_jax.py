"""Models written for JAX or Flax as layers, and the names of those that need another engine."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from hornbeam._core import tree
from hornbeam._core.lazy import lazy
from hornbeam._core.op import read
from hornbeam._core.seeds import SeedGenerator
from hornbeam._core.state import Variable
from hornbeam.layers._checks import refusal
from hornbeam.layers._layer import Layer

scope = lazy("flax.core.scope", extra="flax")

_OF_CALL = ("params", "state", "rng", "inputs", "training")
_OF_INIT = ("rng", "inputs", "training")


class JaxLayer(Layer):
    """A function of JAX as a layer: its parameters are weights that training changes.

    Args:
        call_fn: a function of `inputs` and, each if it takes it, `params`, `state`, `rng` (a key) and `training`. It
            returns the outputs; one that takes `state` returns (outputs, new state).
        init_fn: a function of `rng` and `inputs` (zeros in the shape of the inputs), and of `training` if it takes it,
            that returns the parameters, or (parameters, state) for a `call_fn` that takes `state`.
        params, state: nests of arrays to begin with, in place of `init_fn`.
        seed: a whole number, for the same draws in each run.
        native_serialization_platforms: taken for Keras's sake; nothing is exported here.

    `params` and `state` become nests of Variables, named by their places; whole numbers are not trained. Raises
    ValueError for functions of other arguments, or without anything to begin with.

    >>> import hornbeam as keras
    >>> layer = keras.layers.JaxLayer(lambda params, inputs: inputs * params["scale"], params={"scale": 2.0})
    >>> layer(keras.ops.ones((1, 2))).tolist()
    [[2.0, 2.0]]
    """

    def __init__(
        self,
        call_fn: Callable[..., Any],
        init_fn: Callable[..., Any] | None = None,
        params: Any = None,
        state: Any = None,
        seed: int | None = None,
        native_serialization_platforms: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.call_fn, self.init_fn, self.seed = call_fn, init_fn, seed
        self.native_serialization_platforms = native_serialization_platforms
        self._takes = self._checked("call_fn", call_fn, _OF_CALL)
        self._init_takes = () if init_fn is None else self._checked("init_fn", init_fn, _OF_INIT)
        wanted = {"params", "state"} & set(self._takes)
        if wanted and init_fn is None and params is None and state is None:
            raise refusal(self, "init_fn, params or state, because call_fn takes them", "none of them")
        if "rng" in self._takes or init_fn is not None:
            self.seed_generator = SeedGenerator(seed)
        self.params = self.state = None
        if params is not None or state is not None or init_fn is None:
            self._hold(params, state)

    def _checked(self, what: str, fn: Callable[..., Any], known: tuple[str, ...]) -> tuple[str, ...]:
        """Return the names of a function's arguments, which must be among the known ones."""
        found = [
            p for p in inspect.signature(fn).parameters.values() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
        ]
        names = [p.name for p in found if p.name in known or p.default is p.empty]
        if "inputs" not in names or set(names) - set(known):
            raise refusal(self, f"{what} to take `inputs`, and of {', '.join(known)} what it needs", ", ".join(names))
        return tuple(names)

    def _hold(self, params: Any, state: Any) -> None:
        """Make Variables of the parameters and the state; the layer is built then."""
        self.params, self.state = self._variables(params, trainable=True), self._variables(state, trainable=False)
        self.built = True

    def _variables(self, nest: Any, *, trainable: bool) -> Any:
        def make(path: Any, leaf: Any) -> Variable:
            value = jnp.asarray(leaf)
            return self.add_weight(
                shape=value.shape,
                initializer=lambda *_, **__: value,
                dtype=value.dtype.name,
                trainable=trainable and jnp.issubdtype(value.dtype, jnp.inexact),
                name=jax.tree_util.keystr(path, simple=True, separator="_") or ("params" if trainable else "state"),
            )

        return jax.tree_util.tree_map_with_path(make, nest)

    def build(self, input_shape: Any) -> None:
        """Make the weights by `init_fn`, from zeros in the shape of the inputs (a length that is open is 1)."""
        if self.built or self.init_fn is None:
            return
        with jax.ensure_compile_time_eval():
            inputs = tree.map_shape_structure(
                lambda s: jnp.zeros([1 if d is None else d for d in s], self.compute_dtype), input_shape
            )
            given = {"rng": jnp.asarray(self.seed_generator.next()), "inputs": inputs, "training": True}
            made = self.init_fn(**{name: given[name] for name in self._init_takes})
        self._hold(*(made if "state" in self._takes else (made, None)))

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        """Return the outputs; a new state is stored."""
        given = {"params": read(self.params), "state": read(self.state), "inputs": inputs, "training": bool(training)}
        if "rng" in self._takes:
            given["rng"] = jnp.asarray(self.seed_generator.next())
        result = self.call_fn(**{name: given[name] for name in self._takes})
        if "state" not in self._takes:
            return result
        outputs, new = result
        jax.tree.map(lambda variable, value: variable.assign(value), self.state, new)
        return outputs

    def get_config(self) -> dict[str, Any]:
        """Return the functions, without the weights."""
        held = self.params, self.state
        self.params = self.state = None  # they are weights, not configuration
        try:
            return super().get_config()
        finally:
            self.params, self.state = held


class FlaxLayer(JaxLayer):
    """A `flax.linen.Module` as a layer: its parameters are trained, its other collections are state.

    Args:
        module: the module; it is called with `inputs`, and with `training` if it takes that.
        method: a method of the module, or a function whose first argument is the module; `__call__` by default.
        variables: the module's variables, as `module.init` returns them, to begin with.

    Needs the package flax. A model with such a layer is saved by its weights: make the layer again in code, then load.
    """

    def __init__(
        self, module: Any, method: Callable[..., Any] | None = None, variables: Any = None, **kwargs: Any
    ) -> None:
        self.module, self.method = module, method
        fn = type(module).__call__ if method is None else method
        takes_training = "training" in inspect.signature(fn).parameters
        mutable = scope.DenyList(["params"])

        def flag(training: bool) -> dict[str, bool]:
            return {"training": training} if takes_training else {}

        def call_fn(params: Any, state: Any, rng: Any, inputs: Any, training: bool) -> Any:
            held = {"params": params, **state}
            return module.apply(held, inputs, rngs=rng, method=method, mutable=mutable, **flag(training))

        def init_fn(rng: Any, inputs: Any, training: bool) -> tuple[Any, Any]:
            return _split(module.init(rng, inputs, method=method, **flag(training)))

        params, state = (None, None) if variables is None else _split(variables)
        super().__init__(call_fn, init_fn, params, state, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """Refuse, with a TypeError: a module of Flax is code."""
        message = f"Layer {self.name!r}: a Flax module has no config. Make the model again in code, load its weights."
        raise TypeError(message)


def _split(variables: Any) -> tuple[Any, dict[str, Any]]:
    """Return the parameters and the other collections of a module's variables."""
    return variables.get("params", {}), {name: value for name, value in variables.items() if name != "params"}


class TFSMLayer(Layer):
    """In Keras, a TensorFlow SavedModel as a layer; here it raises NotImplementedError: JAX is the one engine."""

    def __init__(
        self,
        filepath: Any,
        call_endpoint: str = "serve",
        call_training_endpoint: str | None = None,
        trainable: bool = True,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        message = (
            "TFSMLayer runs TensorFlow, and there is one engine here, JAX. Load the model in Keras on TensorFlow, save "
            f"it as .keras, and load that file; or export it to JAX and use JaxLayer. Got {filepath!r}."
        )
        raise NotImplementedError(message)


class TorchModuleWrapper(Layer):
    """In Keras, a PyTorch module as a layer; here it raises NotImplementedError: JAX is the one engine."""

    def __init__(self, module: Any, name: str | None = None, output_shape: Any = None, **kwargs: Any) -> None:
        message = (
            "TorchModuleWrapper runs PyTorch, and there is one engine here, JAX. Write the module with layers and copy "
            f"its weights by set_weights(), or use JaxLayer. Got {type(module).__name__}."
        )
        raise NotImplementedError(message)
