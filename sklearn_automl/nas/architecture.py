"""Architectures as plain data: a graph of operations, without anything of torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

__all__ = ["HEADS", "INPUT", "MERGES", "Architecture", "Node"]

#: The name by which nodes read the data.
INPUT = "input"

#: How several inputs of a node become one.
MERGES = ("sum", "concat")

# What a layer does after its weights, in this order.
_AFTER_WEIGHTS = ("normalization", "activation", "dropout")

#: How what the last node gives becomes a vector, for the linear output layer.
HEADS = ("avg", "max", "flatten")


@dataclass(frozen=True)
class Node:
    """One operation of a network, and what it reads.

    Parameters
    ----------
    name : str
        An identifier. It must be unique in the architecture.

    operation : str
        A name in the registry of operations.

    inputs : tuple of str
        Names of earlier nodes. "input" is the data.

    options : tuple of (str, object)
        Arguments of the operation, sorted by name: `width`, `stride` and others.

    merge : {"sum", "concat"}, default="sum"
        How several inputs become one.
    """

    name: str
    operation: str
    inputs: tuple[str, ...]
    options: tuple[tuple[str, Any], ...] = ()
    merge: str = "sum"

    @classmethod
    def of(
        cls,
        name: str,
        operation: str,
        *inputs: str,
        merge: str = "sum",
        **options: Any,
    ) -> Self:
        """Return a node. Options are passed as keyword arguments."""
        return cls(name, operation, inputs, tuple(sorted(options.items())), merge)

    @property
    def label(self) -> str:
        """A short text that says what the node does."""
        options = dict(self.options)
        words = [self.operation.replace("_", " ")]
        if "kernel" in options:
            words.append(str(options.pop("kernel")))
        if "width" in options:
            words.append(f"to {options.pop('width')}")
        stride = options.pop("stride", 1)
        if stride != 1:
            words.append(f"stride {stride}")
        # Steps of a layer are named in the order in which they are done.
        known = [name for name in _AFTER_WEIGHTS if name in options]
        for name in (*known, *(n for n in options if n not in known)):
            value = options[name]
            if isinstance(value, bool) or value not in ("none", 0):
                words.append(_in_words(name, value))
        # The merge matters only where there are several inputs.
        if len(self.inputs) > 1:
            words.append(f"of a {self.merge}")
        return " ".join(words)


def _in_words(name: str, value: Any) -> str:
    """Return an option as one reads it."""
    if isinstance(value, bool):
        return name if value else f"no {name}"
    if isinstance(value, int | float):
        return f"{name} {value:g}"
    return value if isinstance(value, str) else f"{name} {value}"


@dataclass(frozen=True)
class Architecture:
    """A network without its weights, input shape and number of outputs.

    It consists of text and numbers only. So you can compare, hash, save and read it.

    Parameters
    ----------
    nodes : tuple of Node
        Each node reads nodes before it. The output is computed from the last node.

    head : {"avg", "max", "flatten"}, default="avg"
        How sequences and images become vectors in front of the linear output layer:
        the mean or the maximum of each channel, or all values. Flat data needs none.

    Raises
    ------
    ValueError
        If the nodes are not a graph.

    Examples
    --------
    >>> from sklearn_automl.nas import Architecture, Node
    >>> architecture = Architecture((Node.of("layer_1", "dense", "input", width=32),))
    >>> Architecture.from_dict(architecture.to_dict()) == architecture
    True
    """

    nodes: tuple[Node, ...]
    head: str = "avg"

    def __post_init__(self) -> None:
        if not self.nodes:
            raise ValueError("An architecture needs at least one node.")
        if self.head not in HEADS:
            raise ValueError(f"head={self.head!r} is none of {', '.join(HEADS)}.")
        known = {INPUT}
        for node in self.nodes:
            _check_node(node, known)
            known.add(node.name)

    def __len__(self) -> int:
        return len(self.nodes)

    def to_dict(self) -> dict[str, Any]:
        """Return the architecture as dicts, lists, text and numbers.

        Returns
        -------
        data : dict
            Plain data for :meth:`from_dict` or JSON.
        """
        nodes = [
            {
                "name": node.name,
                "operation": node.operation,
                "inputs": list(node.inputs),
                "options": dict(node.options),
                "merge": node.merge,
            }
            for node in self.nodes
        ]
        return {"nodes": nodes, "head": self.head}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the architecture that :meth:`to_dict` has written.

        Parameters
        ----------
        data : dict
            A dict in the form that ``to_dict`` returns.

        Returns
        -------
        architecture : Architecture
            Equal to the one that was written.

        Raises
        ------
        ValueError
            If `data` does not have this form.
        """
        try:
            nodes = tuple(
                Node(
                    name=node["name"],
                    operation=node["operation"],
                    inputs=tuple(node["inputs"]),
                    options=tuple(sorted(dict(node["options"]).items())),
                    merge=node["merge"],
                )
                for node in data["nodes"]
            )
            return cls(nodes, data["head"])
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"This is not an architecture: {error!r}. Pass what "
                "Architecture.to_dict() returns."
            ) from error

    def pruned(self) -> Self:
        """Return the architecture without nodes that nothing reads."""
        needed = {self.nodes[-1].name}
        kept: list[Node] = []
        for node in reversed(self.nodes):
            if node.name in needed:
                needed.update(node.inputs)
                kept.append(node)
        return type(self)(tuple(reversed(kept)), self.head)


def _check_node(node: Node, known: set[str]) -> None:
    if not isinstance(node.name, str) or not node.name.isidentifier():
        raise ValueError(f"The name of a node must be an identifier: {node.name!r}.")
    if node.name in known:
        raise ValueError(f"Two nodes have the name {node.name!r}.")
    if not isinstance(node.operation, str):
        raise ValueError(f"The operation of {node.name!r} must be a name.")
    if node.merge not in MERGES:
        raise ValueError(
            f"merge={node.merge!r} of {node.name!r} is none of {', '.join(MERGES)}."
        )
    if not node.inputs:
        raise ValueError(f"The node {node.name!r} reads nothing.")
    if unknown := [name for name in node.inputs if name not in known]:
        raise ValueError(
            f"The node {node.name!r} reads {unknown[0]!r}, which is not a node before "
            "it."
        )
