"""A sampler that also proposes what somebody else suggests, while that is any good."""

import math
from collections.abc import Hashable, Sequence

from sklearn_automl.samplers._base import Observation, Proposal, Sampler
from sklearn_automl.space import Configuration

__all__ = ["HISTORY", "SuggestingSampler"]

#: How suggested configurations are counted.
HISTORY = "history"

# No more are taken once suggestions that are no better than others would do as badly
# only this often. Four are never among the worse half as often as this.
_LEAST_CHANCE = 0.2


class SuggestingSampler(Sampler):
    """Take turns: one configuration that was suggested, one of a sampler.

    The initial configurations of the sampler come first. A suggestion waits while all
    other configurations were better than those that were suggested before. Nothing more
    is taken once that can hardly be by chance: after five others that were all better,
    for example, or after four suggestions that were all among the worse half.

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
        self._losses: dict[Hashable, float] = {}  # the first one of each

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
        if self._suggestions:
            key = self.space.key(observation.config)
            loss = math.inf if math.isnan(observation.loss) else observation.loss
            self._losses.setdefault(key, loss)
            if self._have_failed():
                self._suggestions.clear()

    def _next_suggestion(self) -> Configuration | None:
        while self._suggestions:
            config = self._suggestions.pop(0)
            if self._sampler.accept(config, HISTORY):
                self._suggested.add(self.space.key(config))
                return config
        return None

    def _counts(self) -> tuple[int, int, int]:
        """Return how many suggestions and others were tried, and how many of the others
        are better than all suggestions.
        """
        tried = [loss for key, loss in self._losses.items() if key in self._suggested]
        best = min(tried, default=math.inf)
        n_better = sum(loss < best for loss in self._losses.values())
        return len(tried), len(self._losses) - len(tried), n_better

    def _must_wait(self) -> bool:
        """Tell whether all others were better so far: their turns cost too much."""
        n, n_others, n_better = self._counts()
        return n > 0 and 0 < n_others == n_better

    def _have_failed(self) -> bool:
        """Tell whether enough suggestions were tried, and none was a good one."""
        n, n_others, n_better = self._counts()
        if n == 0:
            return False
        # In a random order, they would come after so many others this often.
        n_not_better = n_others - n_better
        chance = math.comb(n + n_not_better, n) / math.comb(n + n_others, n)
        return chance < _LEAST_CHANCE
