"""What a supernet holds, as plain data: all architectures of a space in one graph."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from sklearn_automl.nas.architecture import INPUT, Node

__all__ = [
    "NONE",
    "SKIP",
    "EdgeOperation",
    "Gate",
    "MixedEdge",
    "MixedNode",
    "Path",
    "SuperGraph",
]

NONE, SKIP = "none", "identity"

#: Of each choice the number of the option that is taken; a choice that is not there
#: contributes nothing.
Path = Mapping[str, int]


@dataclass(frozen=True)
class EdgeOperation:
    """An operation that an edge can do.

    Parameters
    ----------
    operation : str
        A name in the registry of operations.

    options : tuple of (str, object)
        Its arguments, sorted by name.
    """

    operation: str
    options: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, operation: str, **options: Any) -> Self:
        """Return a candidate; its options are given as arguments."""
        return cls(operation, tuple(sorted(options.items())))


@dataclass(frozen=True)
class Gate:
    """By how much an edge is open: the weight that some options of a choice have."""

    choice: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class MixedEdge:
    """One of the summands of a node.

    Parameters
    ----------
    source : str
        The node that it reads.

    choice : str or None
        The choice among its operations; None for what it reads as it is.

    gates : tuple of Gate
        It is as open as their product.
    """

    source: str
    choice: str | None = None
    gates: tuple[Gate, ...] = ()


@dataclass(frozen=True)
class MixedNode:
    """A sum of edges, each of which is a mixture of operations.

    Parameters
    ----------
    name : str
        An identifier, unique in the graph.

    edges : tuple of MixedEdge
        What is summed. All have the same width, and the same length of axes.
    """

    name: str
    edges: tuple[MixedEdge, ...]


@dataclass(frozen=True)
class SuperGraph:
    """All architectures of a space in one graph.

    Parameters
    ----------
    nodes : tuple of Node and MixedNode
        Each reads nodes before it.

    choices : dict of str to tuple
        What is decided, and the options: of an edge operations, as
        :class:`EdgeOperation`; otherwise what the space decides. The choice "head", if
        there is one, is how the last node becomes a vector.

    head : str
        The head, if there is no such choice.
    """

    nodes: tuple[Node | MixedNode, ...]
    choices: Mapping[str, tuple[Any, ...]] = field(hash=False)
    head: str = "avg"

    def labels(self, choice: str) -> list[str]:
        """Return the options of a choice in words, without what all have in common.

        What is read is told by numbers of layers, 0 for the data.
        """
        options = self.choices[choice]
        if not isinstance(options[0], EdgeOperation):
            return [
                ", ".join(map(str, o)) if isinstance(o, tuple) else o for o in options
            ]
        pairs = {pair for option in options for pair in option.options}
        names = [name for name, _ in pairs]
        common = {pair for pair in pairs if names.count(pair[0]) == 1}
        return [
            Node(
                choice,
                option.operation,
                (INPUT,),
                tuple(pair for pair in option.options if pair not in common),
            ).label
            for option in options
        ]

    def numbers_of(self, choice: str, operation: str) -> list[int]:
        """Return which options of a choice are an operation."""
        return [
            number
            for number, option in enumerate(self.choices[choice])
            if isinstance(option, EdgeOperation) and option.operation == operation
        ]
