"""A list of configurations in the place of a space, and what hands them out."""

from typing import Any

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.samplers import Proposal, Sampler
from sklearn_automl.space import Configuration
from sklearn_automl.storage import describe

__all__ = ["CandidateSampler", "Candidates"]


class Candidates:
    """A space that is a list of configurations, of which some may be equal.

    Parameters
    ----------
    configs : list of dict
        The configurations, in the order in which they are tried.
    """

    def __init__(self, configs: list[Configuration]) -> None:
        self.configs = configs

    @property
    def size(self) -> int:
        return len(self.configs)

    def key(self, config: Configuration) -> str:
        """Return what identifies a configuration, in another process too."""
        return describe(config)


class CandidateSampler(Sampler):
    """Proposes the configurations of a list, in its order, equal ones too."""

    space: Any

    def start(self) -> None:
        self._n_asked = 0

    def ask(self, resource: float = 1) -> Configuration:  # noqa: ARG002
        if self._n_asked == self.space.size:
            raise SearchSpaceExhausted
        self._n_asked += 1
        config: Configuration = self.space.configs[self._n_asked - 1]
        return config

    def propose(self, resource: float) -> Proposal:
        return Proposal(self.ask(resource), "listed")
