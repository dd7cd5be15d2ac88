"""Spaces of layers: each layer has an operation, and options of that."""

from collections.abc import Sequence
from itertools import product
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator

from sklearn_automl.nas._layers import ACTIVATIONS, NORMALIZATIONS
from sklearn_automl.nas.architecture import INPUT, Node
from sklearn_automl.nas.operations import get_operation, operation_names
from sklearn_automl.nas.space._base import ArchitectureSpace, is_integer, is_list
from sklearn_automl.nas.space._supergraph import EdgeOperation, OperationChoice, Path
from sklearn_automl.space import Configuration, When

__all__ = ["LayeredSpace"]

_STRIDES = (1, 2, 4)

# Of the first layer, and of those behind it. A chain that begins with a pooling loses
# what it needs. Waves are made of the numbers of the data only.
_OPERATIONS_FLAT = (("dense", "periodic_dense"), ("dense",))
_OPERATIONS = (("conv", "sep_conv"), ("conv", "sep_conv", "max_pool"))

_DENSE: dict[str, Any] = {
    "operation": "dense",
    "width": 256,
    "activation": "relu",
    "dropout": 0.1,
}


def _convolution(width: int, kernel: int, stride: int) -> dict[str, Any]:
    return {
        "operation": "conv",
        "width": width,
        "kernel": kernel,
        "stride": stride,
        "activation": "relu",
        "dropout": 0.0,
    }


def _convolutions(kernel: int) -> list[dict[str, Any]]:
    shapes = [(32, 1), (64, 2), (64, 1), (128, 2)]
    return [_convolution(width, kernel, stride) for width, stride in shapes]


# Layers of the networks that searches are compared with: for flat data, for sequences
# and for images. See `benchmarks/bench_nas_tables.py`.
_REFERENCE = ([_DENSE] * 3, _convolutions(5), _convolutions(3))


class LayeredSpace(ArchitectureSpace):
    """A space whose architectures have layers with options of their own.

    The decisions of layer i have names that begin with ``layer_i_``. An option with
    only one possible value is not a decision.
    """

    #: Options of a layer, and the argument of the space that lists their values.
    _LISTS: ClassVar[dict[str, str]] = {
        "width": "widths",
        "kernel": "kernels",
        "stride": "strides",
        "activation": "activations",
        "normalization": "normalizations",
        "dropout": "dropouts",
    }

    def __init__(
        self,
        *,
        n_layers: tuple[int, int] = (2, 5),
        operations: Sequence[str] | None = None,
        widths: Sequence[int] | None = None,
        kernels: Sequence[int] = (3, 5),
        strides: Sequence[int] = (1, 2),
        activations: Sequence[str] = ("relu", "gelu"),
        normalizations: Sequence[str] = ("batch",),
        dropouts: Sequence[float] | None = None,
        heads: Sequence[str] | None = None,
        stem: int | None = None,
    ) -> None:
        self.n_layers = n_layers
        self.operations = operations
        self.widths = widths
        self.kernels = kernels
        self.strides = strides
        self.activations = activations
        self.normalizations = normalizations
        self.dropouts = dropouts
        self.heads = heads
        self.stem = stem

    def _check(self) -> None:
        self._check_layer_lists()
        if self.stem is not None:
            self._check_positive("stem")
        self._check_heads()
        n_layers = self.n_layers
        is_pair = is_list(n_layers) and len(n_layers) == 2
        if not is_pair or not all(is_integer(n, 1) for n in n_layers):
            raise self._refuse(
                "n_layers", "a pair, as (1, 3): the smallest and the largest number"
            )
        if n_layers[0] > n_layers[1]:
            raise self._refuse("n_layers", "the smallest number and then the largest")

    def _check_layer_lists(self) -> None:
        if self.operations is not None:
            self._check_list("operations", operation_names(self.n_dims))
        if self.widths is not None:
            self._check_positives("widths")
        self._check_positives("kernels")
        if any(kernel % 2 == 0 for kernel in self.kernels):
            raise self._refuse("kernels", "a list of odd integers")
        self._check_list("strides", _STRIDES)
        self._check_list("activations", list(ACTIVATIONS))
        self._check_list("normalizations", NORMALIZATIONS)
        if self.dropouts is not None and not (
            is_list(self.dropouts) and all(_is_dropout(p) for p in self.dropouts)
        ):
            raise self._refuse("dropouts", "a list of numbers from 0 on and below 1")

    def operation_names(self) -> tuple[str, ...]:
        """Return the operations of its layers.

        Returns
        -------
        names : tuple of str
            Names in the registry.
        """
        return self._operations()

    def reference(self) -> Configuration:
        """Return the decisions of a plain network that is hard to beat.

        Returns
        -------
        config : dict
            Three wide dense layers for flat data, and four convolutions otherwise. Two
            of the convolutions halve the axes. If the space has no such layers, the
            nearest that it has.
        """
        layers = _REFERENCE[self.n_dims]
        wanted: dict[str, Any] = {"n_layers": len(layers)}
        for i in range(1, self.n_layers[1] + 1):
            layer = layers[min(i, len(layers)) - 1]
            wanted |= {f"layer_{i}_{name}": value for name, value in layer.items()}
            operation = self._with_weights(layer["operation"], i)
            wanted[f"layer_{i}_operation"] = operation
            wanted[f"layer_{i}_inputs"] = (i - 1,)
        return self._nearest(wanted)

    def _with_weights(self, wanted: str, i: int) -> str:
        """Return an operation of layer i: the wanted one, or one that has weights."""
        names = self._operations_of_layer(i)
        having = [name for name in names if get_operation(name).has_weights]
        return wanted if wanted in names or not having else having[0]

    def _operations(self) -> tuple[str, ...]:
        """Return the operations of all layers."""
        first, later = self._operations_of_layer(1), self._operations_of_layer(2)
        return tuple(dict.fromkeys((*first, *later)))

    def _operations_of_layer(self, i: int) -> tuple[str, ...]:
        """Return what layer i can do; those that the user names can be anywhere."""
        if self.operations is not None:
            return tuple(self.operations)
        first, later = _OPERATIONS_FLAT if self.n_dims == 0 else _OPERATIONS
        return first if i == 1 else later

    def _values(self, option: str) -> tuple[Any, ...]:
        """Return what an option of a layer can be."""
        values = getattr(self, self._LISTS[option])
        if values is None:
            is_flat = self.n_dims == 0
            values = {
                "width": (64, 128, 256, 512) if is_flat else (32, 64, 128),
                "dropout": (0.0, 0.1, 0.3) if is_flat else (0.0,),
            }[option]
        # Numbers of NumPy would get into architectures, which are plain data.
        return tuple(v.item() if isinstance(v, np.generic) else v for v in values)

    def _options_of(self, operation: str) -> list[str]:
        """Return the options that a layer with this operation has."""
        entry = get_operation(operation)
        own = [option for option in self._LISTS if option in entry.options]
        if self.n_dims == 0:  # there are no axes
            own = [option for option in own if option not in ("kernel", "stride")]
        return ["width", *own] if entry.has_weights else own

    def _layer_decisions(self, i: int) -> dict[str, Any]:
        """Return the decisions of layer i: its operation, and the options of that."""
        operations = self._operations_of_layer(i)
        decisions: dict[str, Any] = {f"layer_{i}_operation": list(operations)}
        for option in self._LISTS:
            values = list(self._values(option))
            having = [o for o in operations if option in self._options_of(o)]
            if not having or len(values) == 1:
                continue
            parent = f"layer_{i}_operation"
            decisions[f"layer_{i}_{option}"] = (
                values
                if len(having) == len(operations)
                else When(parent, having, values)
            )
        return decisions

    def _layer_options(self, config: Configuration, i: int) -> dict[str, Any]:
        """Return the arguments of the operation of layer i."""
        operation = config[f"layer_{i}_operation"]
        return {
            option: config.get(f"layer_{i}_{option}", self._values(option)[0])
            for option in self._options_of(operation)
        }

    def _layer_does_nothing(self, config: Configuration, i: int) -> bool:
        is_identity = config[f"layer_{i}_operation"] == "identity"
        return is_identity and self._layer_options(config, i).get("stride", 1) == 1

    def _stem(self) -> list[Node]:
        """Return the linear layer in front of the others, if there is one."""
        if self.stem is None:
            return []
        options: dict[str, Any] = {"width": int(self.stem), "activation": "none"}
        if self.n_dims == 0:
            return [Node.of("stem", "dense", INPUT, **options)]
        return [Node.of("stem", "conv", INPUT, kernel=1, **options)]

    # ---- one network for all of them -------------------------------------------------

    def _check_supernet(self) -> None:
        """Refuse to build a supernet whose alternatives have different shapes."""
        if obstacles := self._obstacles():
            raise self._refuse_supernet("; ".join(obstacles))
        self._check_heads_mix()

    def _obstacles(self) -> list[str]:
        """Return what is in the way of a supernet, and how to remove it."""
        obstacles = []
        least, most = self.n_layers
        if least != most:
            obstacles.append(
                f"its networks have {least} to {most} layers (pass "
                f"n_layers=({most}, {most}); a chain with 'identity' among its "
                "operations can leave layers out)"
            )
        widths, strides = self._values("width"), self._values("stride")
        if len(widths) > 1:
            obstacles.append(f"its layers differ in width (pass widths=[{widths[-1]}])")
        # Flat data has no axes, so strides do not matter.
        if self.n_dims and len(strides) > 1:
            obstacles.append("its layers differ in stride (pass strides=[1])")
        without = [o for o in self._operations() if not get_operation(o).has_weights]
        if without and self.stem != widths[-1]:
            obstacles.append(
                f"{without[0]!r} in its first layer would give as many channels as the "
                f"data has, where others give {widths[-1]} (pass stem={widths[-1]})"
            )
        return obstacles

    def _layer_choice(self, i: int) -> OperationChoice:
        """Return what layer i can be, operations with all their options."""
        return OperationChoice(
            tuple(
                EdgeOperation.of(operation, **dict(zip(names, values, strict=True)))
                for operation in self._operations_of_layer(i)
                for names in [self._options_of(operation)]
                for values in product(*map(self._values, names))
            )
        )

    def path(self, config: Configuration) -> Path:
        """Return where an architecture is, as :class:`ArchitectureSpace` says."""
        path = {}
        for i in range(1, config["n_layers"] + 1):
            candidates = self._layer_choice(i).options
            operation = config[f"layer_{i}_operation"]
            own = EdgeOperation.of(operation, **self._layer_options(config, i))
            path[f"layer_{i}"] = candidates.index(own)
        return {**path, **self._path_of_head(config)}

    def config_of(self, path: Path) -> Configuration:
        """Return the decisions of a path, as :class:`ArchitectureSpace` says."""
        decided: Configuration = {"n_layers": self.n_layers[0], **self._head_on(path)}
        for i in range(1, self.n_layers[0] + 1):
            candidate = self._layer_choice(i).options[path[f"layer_{i}"]]
            decided[f"layer_{i}_operation"] = candidate.operation
            for option, value in candidate.options:
                decided[f"layer_{i}_{option}"] = value
        # An option with one possible value is no decision.
        names = [p.name for p in self.decisions.branches[0]]
        return {name: decided[name] for name in names if name in decided}

    def _conditional_layers(self) -> dict[str, Any]:
        """Return the decisions of all layers, each if there are that many."""
        least, most = self.n_layers
        distributions: dict[str, Any] = {"n_layers": list(range(least, most + 1))}
        for i in range(1, most + 1):
            decisions = self._layer_decisions(i)
            if i > least:
                having = list(range(i, most + 1))
                decisions = {
                    name: When("n_layers", having, domain)
                    for name, domain in decisions.items()
                }
            distributions.update(decisions)
        return {**distributions, **self._head_decision()}

    def _layers(self, config: Configuration) -> list[dict[str, Any]]:
        """Return the decisions of each layer, by their names within it."""
        layers = []
        for i in range(1, config["n_layers"] + 1):
            prefix = f"layer_{i}_"
            layers.append(
                {k[len(prefix) :]: v for k, v in config.items() if k.startswith(prefix)}
            )
        return layers

    def _with_layers(
        self, config: Configuration, layers: list[dict[str, Any]], rng: Generator
    ) -> Configuration | None:
        """Return the decisions with other layers; None if they are too many or few."""
        least, most = self.n_layers
        if not least <= len(layers) <= most:
            return None
        other = {k: v for k, v in config.items() if not k.startswith("layer_")}
        other["n_layers"] = len(layers)
        for i, layer in enumerate(layers, start=1):
            other.update({f"layer_{i}_{name}": value for name, value in layer.items()})
        return self._completed(other, rng)


def _is_dropout(value: Any) -> bool:
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    return is_number and 0 <= float(value) < 1
