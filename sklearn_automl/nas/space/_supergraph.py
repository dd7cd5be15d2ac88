"""What a supernet holds, as plain data: all architectures of a space in one graph."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Protocol, Self, TypeVar

from sklearn_automl.nas.architecture import INPUT, Node

__all__ = [
    "HEAD",
    "NONE",
    "SKIP",
    "Choice",
    "EdgeOperation",
    "FixedNode",
    "Gate",
    "HeadChoice",
    "InputChoice",
    "MixedEdge",
    "MixedNode",
    "NodeBuilder",
    "OperationChoice",
    "Path",
    "SuperGraph",
    "SuperNode",
]

NONE, SKIP = "none", "identity"

#: The name of the choice among heads, and of the decision for one.
HEAD = "head"

#: Of each choice the number of the option that is taken; a choice that is not there
#: contributes nothing.
Path = Mapping[str, int]

Built = TypeVar("Built")
Built_co = TypeVar("Built_co", covariant=True)


# ---- what is chosen ------------------------------------------------------------------


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
class Choice(ABC):
    """What is decided at one place: one of some options."""

    options: tuple[Any, ...]

    #: Whether it is made on an edge, which can have a weight of its own.
    is_of_edge: ClassVar[bool] = False

    def __len__(self) -> int:
        return len(self.options)

    @abstractmethod
    def labels(self) -> list[str]:
        """Return the options in words."""

    def numbers_of(self, operation: str) -> list[int]:  # noqa: ARG002
        """Return which options are an operation."""
        return []


@dataclass(frozen=True)
class OperationChoice(Choice):
    """What an edge does: one of some operations."""

    options: tuple[EdgeOperation, ...]

    is_of_edge: ClassVar[bool] = True

    def labels(self) -> list[str]:
        """Return the operations in words, without what all have in common."""
        pairs = {pair for option in self.options for pair in option.options}
        names = [name for name, _ in pairs]
        common = {pair for pair in pairs if names.count(pair[0]) == 1}
        return [
            Node.of(
                "edge",
                option.operation,
                INPUT,
                **dict(pair for pair in option.options if pair not in common),
            ).label
            for option in self.options
        ]

    def numbers_of(self, operation: str) -> list[int]:
        """Return which options are an operation."""
        return [k for k, o in enumerate(self.options) if o.operation == operation]


@dataclass(frozen=True)
class InputChoice(Choice):
    """What a layer reads: some earlier layers, by their numbers, 0 for the data."""

    options: tuple[tuple[int, ...], ...]

    def labels(self) -> list[str]:
        """Return the numbers of the layers that are read."""
        return [", ".join(map(str, numbers)) for numbers in self.options]


@dataclass(frozen=True)
class HeadChoice(Choice):
    """How the last node becomes a vector: one of some heads, or the only one."""

    options: tuple[str, ...]

    def labels(self) -> list[str]:
        """Return the names of the heads."""
        return list(self.options)

    @property
    def is_open(self) -> bool:
        """Whether there is something to decide."""
        return len(self.options) > 1


# ---- the graph -----------------------------------------------------------------------


@dataclass(frozen=True)
class Gate:
    """By how much an edge is open: the weight that some options of a choice have."""

    choice: str
    numbers: tuple[int, ...]

    def is_open_on(self, path: Path) -> bool:
        """Tell whether a path takes one of these options."""
        return path[self.choice] in self.numbers


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


class NodeBuilder(Protocol[Built_co]):
    """Makes something of each kind of node."""

    def fixed(self, node: Node) -> Built_co:
        """Return what a node becomes that all architectures have."""

    def mixed(self, node: "MixedNode") -> Built_co:
        """Return what a sum of mixed edges becomes."""


class SuperNode(ABC):
    """A node of the graph of all architectures."""

    #: An identifier, unique in the graph.
    name: str
    #: The mixed edges that it sums.
    edges: tuple[MixedEdge, ...] = ()

    @abstractmethod
    def build(self, builder: NodeBuilder[Built]) -> Built:
        """Return what a builder makes of a node of this kind."""

    def edge_choices(self) -> tuple[str, ...]:
        """Return the choices of its edges."""
        return tuple(edge.choice for edge in self.edges if edge.choice is not None)


@dataclass(frozen=True)
class FixedNode(SuperNode):
    """A node that all architectures have."""

    node: Node

    @property
    def name(self) -> str:  # type: ignore[override]  # it is not set
        """That of the node."""
        return self.node.name

    def build(self, builder: NodeBuilder[Built]) -> Built:
        """Return what the builder makes of the node."""
        return builder.fixed(self.node)


@dataclass(frozen=True)
class MixedNode(SuperNode):
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

    def build(self, builder: NodeBuilder[Built]) -> Built:
        """Return what the builder makes of the sum."""
        return builder.mixed(self)


@dataclass(frozen=True)
class SuperGraph:
    """All architectures of a space in one graph.

    Parameters
    ----------
    nodes : tuple of SuperNode
        Each reads nodes before it.

    edge_choices : dict of str to Choice
        What is decided at the nodes.

    head : HeadChoice
        How the last node becomes a vector.
    """

    nodes: tuple[SuperNode, ...]
    edge_choices: Mapping[str, Choice] = field(hash=False)
    head: HeadChoice

    @cached_property
    def choices(self) -> dict[str, Choice]:
        """All that is decided, by name; the head comes last."""
        head = {HEAD: self.head} if self.head.is_open else {}
        return {**self.edge_choices, **head}
