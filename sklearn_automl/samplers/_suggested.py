"""A sampler that also proposes what somebody else suggests, while that is any good."""

import math
from collections.abc import Hashable, Sequence

from sklearn_automl.samplers._base import Observation, Proposal, Sampler
from sklearn_automl.space import Configuration

__all__ = ["HISTORY", "SuggestingSampler"]

#: How suggested configurations are counted.
HISTORY = "history"

# After so many suggestions that were all among the worse half, no more are taken.
_N_TRIED = 4

# No more are taken either if those that are no better than others would do as badly
# only this often: the first two are worse than two others in one case of six.
_LEAST_CHANCE = 0.2


class SuggestingSampler(Sampler):
    """Take turns: one configuration that was suggested, one of a sampler.

    The initial configurations of the sampler come first. Nothing more is taken from the
    suggestions once two or more of them were evaluated, and nearly all others were
    better; or four of them, and none of those was among the better half.

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
        if self._is_turn and not self._sampler.has_initial:
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

    def _have_failed(self) -> bool:
        """Tell whether enough suggestions were tried, and none was a good one."""
        tried = [loss for key, loss in self._losses.items() if key in self._suggested]
        n, n_others = len(tried), len(self._losses) - len(tried)
        if n < 2:
            return False
        n_better = sum(loss < min(tried) for loss in self._losses.values())
        if n >= _N_TRIED and 2 * n_better >= len(self._losses):
            return True
        # In a random order, they would come after so many others this often.
        n_not_better = n_others - n_better
        chance = math.comb(n + n_not_better, n) / math.comb(n + n_others, n)
        return chance < _LEAST_CHANCE
