"""A sampler that also proposes what somebody else suggests, while that is any good."""

import math
from collections.abc import Hashable, Sequence

from sklearn_automl.samplers._base import Observation, Proposal, Sampler
from sklearn_automl.space import Configuration

__all__ = ["HISTORY", "SuggestingSampler"]

#: How suggested configurations are counted.
HISTORY = "history"

# With fewer suggestions tried, those that are left can still have a turn later.
_ENOUGH = 4


class SuggestingSampler(Sampler):
    """Take turns: one configuration that was suggested, one of a sampler.

    The initial configurations of the sampler come first. A suggestion waits while the
    suggestions before it lose more often than not, when each of them is compared with
    each other configuration. Nothing more is taken if four have lost like that.

    Parameters
    ----------
    sampler : Sampler
        A bound sampler. It is told of all results, and knows of what was suggested.

    suggestions : sequence of dict
        Configurations of its space, the most useful one first.
    """

    def __init__(self, sampler: Sampler, suggestions: Sequence[Configuration]) -> None:
        self._sampler = sampler
        self.learns = sampler.learns  # type: ignore[misc]
        self.space, self.rng = sampler.space, sampler.rng
        self.n_proposals = sampler.n_proposals
        self._suggestions = list(suggestions)
        self._is_turn = True
        self._suggested: set[Hashable] = set()
        # Of each configuration, the first loss counts.
        self._told: set[Hashable] = set()
        self._tried: list[float] = []
        self._others: list[float] = []
        self._n_lost = 0  # pairs of these two in which the suggestion is the worse one

    def keep(self, n: int) -> int:
        """Leave only the first suggestions.

        Parameters
        ----------
        n : int
            How many to leave at most.

        Returns
        -------
        n_left : int
            How many there are.
        """
        del self._suggestions[n:]
        return len(self._suggestions)

    def origin_of(self, config: Configuration) -> str:
        if self.space.key(config) in self._suggested:
            return HISTORY
        return self._sampler.origin_of(config)

    def ask(self, resource: float = 1) -> Configuration:
        if self._is_turn and not self._sampler.has_initial and not self._must_wait():
            suggestion = self._next_suggestion()
            if suggestion is not None:
                self._is_turn = False
                return suggestion
        self._is_turn = True
        return self._sampler.ask(resource)

    def propose(self, resource: float) -> Proposal:
        return self._sampler.propose(resource)

    def is_new(self, config: Configuration) -> bool:
        return self._sampler.is_new(config)

    def tell(self, observation: Observation) -> None:
        self._sampler.tell(observation)
        key = self.space.key(observation.config)
        if not self._suggestions or key in self._told:
            return
        self._told.add(key)
        loss = math.inf if math.isnan(observation.loss) else observation.loss
        self._count(loss, key in self._suggested)
        if len(self._tried) >= _ENOUGH and self._must_wait():
            self._suggestions.clear()

    def _next_suggestion(self) -> Configuration | None:
        while self._suggestions:
            config = self._suggestions.pop(0)
            if self._sampler.accept(config, HISTORY):
                self._suggested.add(self.space.key(config))
                return config
        return None

    def _count(self, loss: float, is_suggested: bool) -> None:
        """Compare a loss with all those of the other kind."""
        if is_suggested:
            self._n_lost += sum(other < loss for other in self._others)
            self._tried.append(loss)
        else:
            self._n_lost += sum(loss < tried for tried in self._tried)
            self._others.append(loss)

    def _must_wait(self) -> bool:
        """Tell whether suggestions lost more often than not: their turns cost too much.

        All of them count. If only the best one did, one that is good by chance would
        let the others of a misleading history through.
        """
        return 2 * self._n_lost > len(self._tried) * len(self._others)
