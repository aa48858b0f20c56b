"""What a model may define itself: its steps, its loss, its metrics; and its state as plain values.

A step comes in two styles. With `(self, state, data)` it is a pure function of four lists of arrays, as in Keras on
JAX. With `(self, data)` it reads and assigns Variables, and is made pure here. Both are compiled in the same loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hornbeam._core import tree
from hornbeam._core.graph import is_symbolic
from hornbeam._core.state import HERE, Variable, here, pure
from hornbeam.metrics import Metric
from hornbeam.training import _targets
from hornbeam.training._compile import Objective, flat_logs
from hornbeam.training._step import Batch, Steps

_NONE = object()  # no second argument was given


class Hooks:
    """The methods of a model that a subclass may override."""

    name: str
    optimizer: Any
    _objective: Objective | None
    _trainer: Steps | None

    # ---- loss and metrics

    def add_loss(self, loss: Any) -> None:
        """Add a number, or a list of numbers, to what training minimizes; call it inside `call`."""
        if any(is_symbolic(part) or callable(part) for part in tree.flatten(loss)):
            message = (
                f"Model {self.name!r}: add_loss() takes numbers, inside call(); got {loss!r}. Put the computation into "
                "a layer whose call() calls self.add_loss(), or override compute_loss()."
            )
            raise NotImplementedError(message)
        super().add_loss(loss)  # type: ignore[misc]

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return the number to minimize: the weighted losses of the outputs, and the penalties in `losses`.

        A subclass may compute any other number from inputs, targets and outputs `(batch, ...)`.
        """
        objective, flat = self._fitted(y, y_pred), tree.flatten(y_pred)
        names = objective.output_names
        targets = _targets.in_order(y, names, "y") if names else []
        return objective.total_loss(targets, flat, _targets.weights_in_order(sample_weight, names), self.losses)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Add a batch to the metrics that compile() was given, and return the results of all `metrics` by name."""
        self._fitted(y, y_pred).compile_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def _fitted(self, y: Any, y_pred: Any) -> Objective:
        """Return the losses and metrics, matched with the outputs."""
        objective = self._objective
        if objective is None:
            message = f"Model {self.name!r}: call compile() before its loss is computed."
            raise ValueError(message)
        if not objective.fitted:
            names = _targets.output_names(self, y_pred)
            layout = tree.pack_sequence_as(y_pred, names)
            named = _targets.are_named(self, y_pred)
            objective.fit_outputs(layout, _targets.in_order(y, names, "y"), tree.flatten(y_pred), named=named)
        return objective

    @property
    def losses(self) -> list[Any]:
        """The penalties: of the call that runs, or of the last one, and of the weights' regularizers."""
        if HERE.losses is None:
            return super().losses  # type: ignore[misc]
        return [*HERE.losses, *self._weight_losses()]  # type: ignore[attr-defined]

    @property
    def metrics(self) -> list[Metric]:
        """The running averages: of the loss, what compile() was given (as one), the model's own and its layers'."""
        compiled = [] if self._objective is None else self._objective.trackers()
        known = [] if self._objective is None else [*compiled, *self._objective.compile_metrics.parts]
        held = (m for part in self._flatten_layers() for m in part._children(Metric))  # type: ignore[attr-defined]
        own = {id(m): m for m in held if not any(m is k for k in known)}
        return [*compiled, *own.values()]

    @property
    def metrics_variables(self) -> list[Variable]:
        """The state of `metrics`."""
        return [v for metric in self.metrics for v in metric.variables]

    @property
    def metrics_names(self) -> list[str]:
        """The names of what evaluate() returns, in its order."""
        return list(self._metrics_by_name())

    def _metrics_by_name(self) -> dict[str, Metric]:
        """Return each metric by its name in logs, those that compile() was given one by one."""
        metrics, objective = self._counted(), self._objective
        compiled = [] if objective is None else objective.trackers()
        rest = {metric.name: metric for metric in metrics if not any(metric is k for k in compiled)}
        whole = objective is not None and all(any(m is k for m in metrics) for k in compiled)
        return objective.results_by_name() | rest if objective is not None and whole else {m.name: m for m in metrics}

    def get_metrics_result(self) -> dict[str, Any]:
        """Return what each of `metrics` has come to, by name; a metric that gives a dict adds its entries."""
        return flat_logs({metric.name: metric.result() for metric in self.metrics})

    def reset_metrics(self) -> None:
        """Start all running averages anew."""
        for metric in self._counted():
            metric.reset_state()

    def _counted(self) -> list[Metric]:
        """Return `metrics`, as the compiled functions know them if there are any: looking for them takes time."""
        return self.metrics if self._trainer is None else self._trainer.counted

    # ---- steps

    def train_step(self, state: Any, data: Any = _NONE) -> Any:
        """Do one step of training; a subclass may define it in either of two styles.

        `train_step(self, state, data)` returns (logs, new state), where `state` has the values of the trainable
        variables, the others, the optimizer's and the metrics'; it must be pure. `train_step(self, data)` returns
        logs, and reads and assigns Variables; `keras.value_and_grad` makes gradients. `data` is x, (x, y) or
        (x, y, sample_weight), as fit() was given it; logs are a dict of numbers.

        >>> import hornbeam as keras, numpy as np
        >>> class Plain(keras.Model):
        ...     def train_step(self, data):
        ...         x, y = data
        ...         loss = lambda: self.compute_loss(x, y, self(x, training=True))
        ...         value, gradients = keras.value_and_grad(loss, self.trainable_variables)()
        ...         self.optimizer.apply(gradients, self.trainable_variables)
        ...         return {"loss": value}
        >>> inputs = keras.Input((2,))
        >>> model = Plain(inputs, keras.layers.Dense(1)(inputs))
        >>> model.compile("sgd", "mse")
        >>> list(model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0).history)
        ['loss']
        """
        return self._base_step("train", state, data)

    def test_step(self, state: Any, data: Any = _NONE) -> Any:
        """Evaluate one batch; in the styles of `train_step`, the pure one without the optimizer's values."""
        return self._base_step("test", state, data)

    def predict_step(self, state: Any, data: Any = _NONE) -> Any:
        """Return the outputs of one batch; in the styles of `train_step`.

        The pure one takes the values of trainable and other variables, and returns (outputs, new state).
        """
        if data is not _NONE:
            outputs, rest = self.stateless_call(*state, _split(data).x, training=False)  # type: ignore[attr-defined]
            return outputs, (state[0], rest)
        with here(training=False):
            return self(_split(state).x)  # type: ignore[operator]

    def _base_step(self, kind: str, state: Any, data: Any) -> Any:
        """Do the step of a model that overrides nothing, in the style of the call."""
        if kind == "train" and not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)  # type: ignore[attr-defined]
            self._trainer = None
        steps: Steps = self._steps()  # type: ignore[attr-defined]
        step = getattr(steps, kind)
        places = (0, 1, 2, 3) if kind == "train" else (0, 1, 3)
        if data is not _NONE:
            groups: list[Any] = [[], [], [], []]
            for place, values in zip(places, state, strict=True):
                groups[place] = values
            *new, logs = step((*groups, {}), _split(data))
            results = pure(self.get_metrics_result, steps.metrics)(new[3])[0]
            return results | logs, tuple(new[place] for place in places)
        *new, logs = step((*([v.value for v in group] for group in steps.groups), {}), _split(state))
        for place in places:
            for variable, value in zip(steps.groups[place], new[place], strict=True):
                variable.assign(value)
        return self.get_metrics_result() | logs

    def stateless_compute_loss(
        self,
        trainable_variables: Sequence[Any],
        non_trainable_variables: Sequence[Any],
        metrics_variables: Sequence[Any],
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> tuple[Any, tuple[Any, ...]]:
        """Return (loss, (trainable, other, metrics' values)) for given values of the Variables; no state changes."""
        groups = (self.trainable_variables, self.non_trainable_variables, self.metrics_variables)  # type: ignore[attr-defined]
        given = (trainable_variables, non_trainable_variables, metrics_variables)
        own, values = ([a for part in parts for a in part] for parts in (groups, given))
        with here(losses=HERE.losses or []):
            loss, new = pure(self.compute_loss, own)(values, x, y, y_pred, sample_weight, training)
        a, b = len(groups[0]), len(groups[0]) + len(groups[1])
        return loss, (new[:a], new[a:b], new[b:])

    def compute_loss_and_updates(
        self,
        trainable_variables: Sequence[Any],
        non_trainable_variables: Sequence[Any],
        metrics_variables: Sequence[Any],
        x: Any,
        y: Any,
        sample_weight: Any,
        training: bool = False,
        optimizer_variables: Sequence[Any] | None = None,
    ) -> tuple[Any, tuple[Any, ...]]:
        """Return (loss, (loss, outputs, other values, metrics' values)), to be differentiated by its first argument.

        The first loss is scaled as the optimizer asks, if its values are given.
        """
        y_pred, rest, added = self.stateless_call(  # type: ignore[attr-defined]
            trainable_variables, non_trainable_variables, x, return_losses=True, training=training
        )
        with here(losses=added):
            loss, (_, rest, counts) = self.stateless_compute_loss(
                trainable_variables, rest, metrics_variables, x, y, y_pred, sample_weight, training
            )
        scaled = loss
        if training and optimizer_variables is not None and self.optimizer.scales_loss:
            scaled = self.optimizer.stateless_scale_loss(optimizer_variables, loss)
        return scaled, (loss, y_pred, rest, counts)

    def make_train_function(self, force: bool = False) -> None:
        """Forget what was compiled, if `force`; it is compiled anew when it is needed."""
        if force:
            self._trainer = None

    make_test_function = make_predict_function = make_train_function

    # ---- state as values

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, Any]:
        """Return the values of all variables, in dicts nested as their paths are.

        The keys are 'trainable_variables', 'non_trainable_variables', 'optimizer_variables' and 'metrics_variables';
        the arrays are JAX's, with `value_format` 'numpy_array' NumPy's.
        """
        if value_format not in ("backend_tensor", "numpy_array"):
            message = f"value_format must be 'backend_tensor' or 'numpy_array'; got {value_format!r}."
            raise ValueError(message)
        found: dict[str, Any] = {}
        for group, variables in self._state_groups().items():
            below = found[group] = {}
            for variable in variables:
                *folders, last = variable.path.split("/")
                at: dict[str, Any] = below
                for folder in folders:
                    at = at.setdefault(folder, {})
                at[last] = variable.value if value_format == "backend_tensor" else variable.numpy()
        return found

    def set_state_tree(self, state_tree: Mapping[str, Any]) -> None:
        """Set variables to the values of a tree like that of `get_state_tree`, which may be a part of it."""
        groups = self._state_groups()
        pairs: list[tuple[Variable, Any]] = []
        for group, values in state_tree.items():
            known = {v.path: v for v in groups.get(group, ())}
            for path, value in _leaves(values):
                if path not in known:
                    place = (
                        f"group {group!r} of its state"
                        if group in groups
                        else f"groups {', '.join(groups)}; not {group!r}"
                    )
                    message = f"Model {self.name!r} has no variable {path!r} in the {place}."
                    raise ValueError(message)
                pairs.append((known[path], value))
        for variable, value in pairs:
            variable.assign(value)

    def _state_groups(self) -> dict[str, list[Variable]]:
        return {
            "trainable_variables": self.trainable_variables,  # type: ignore[attr-defined]
            "non_trainable_variables": self.non_trainable_variables,  # type: ignore[attr-defined]
            "optimizer_variables": [] if self.optimizer is None else self.optimizer.variables,
            "metrics_variables": self.metrics_variables,
        }

    def jax_state_sync(self) -> None:
        """Wait until the Variables have the values of the last step: they have them always, this only waits."""
        if self._trainer is not None:
            self._trainer.settle()


def _leaves(values: Any, path: str = "") -> list[tuple[str, Any]]:
    """Return (path, value) for each value of nested dicts."""
    if not isinstance(values, Mapping):
        return [(path, values)]
    return [leaf for key, inner in values.items() for leaf in _leaves(inner, f"{path}/{key}" if path else key)]


def _split(data: Any) -> Batch:
    """Return x, (x,), (x, y) or (x, y, sample_weight) as a batch."""
    return Batch(*data) if isinstance(data, tuple) else Batch(data)
