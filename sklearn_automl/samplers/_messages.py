"""What a sampler returns, and what it is told."""

from dataclasses import dataclass
from typing import Any

from sklearn_automl.space import Configuration

__all__ = ["Observation", "Proposal"]


@dataclass(frozen=True, slots=True)
class Observation:
    """The result of one evaluation of a configuration.

    Parameters
    ----------
    config : dict
        The configuration, from the sampler's space.

    loss : float
        The value that is minimised. An infinite loss or NaN means that the evaluation
        failed.

    resource : float
        The amount of the resource that the evaluation had, in the unit of the search:
        rows, trees or epochs, for example. At least 0.

    seconds : float, default=None
        How long the evaluation took; None if that is not known. Only a sampler that
        weighs what an evaluation costs needs it.

    See Also
    --------
    Sampler.tell : Takes an observation.

    Examples
    --------
    >>> from sklearn_automl.samplers import Observation
    >>> Observation({"C": 1.0}, loss=0.25, resource=100)
    Observation(config={'C': 1.0}, loss=0.25, resource=100, seconds=None)
    """

    config: Configuration
    loss: float
    resource: float
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A configuration that a sampler proposes, and how the sampler found it.

    Parameters
    ----------
    config : dict
        A configuration of the sampler's space.

    how : str
        One or two words, such as "random" or "model". ``n_proposals`` of the sampler
        counts the proposals by this word.

    memo : object, default=None
        Whatever the sampler needs again in :meth:`Sampler.note_asked`.

    See Also
    --------
    Sampler.propose : Returns a proposal.

    Examples
    --------
    >>> from sklearn_automl.samplers import Proposal
    >>> Proposal({"C": 1.0}, "random")
    Proposal(config={'C': 1.0}, how='random', memo=None)
    """

    config: Configuration
    how: str
    memo: Any = None
