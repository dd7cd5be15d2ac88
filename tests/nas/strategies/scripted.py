"""A training whose scores with shared weights are known."""

import numpy as np


class ScriptedTraining:
    """Looks like a training to strategies that derive; nothing is trained.

    ``score_of(config)`` is the score on all rows; ``noise`` is what others add to it.
    """

    def __init__(self, space, score_of, noise=0.0, n_rows=100):
        self.space, self.rng = space, np.random.default_rng(0)
        self._score_of, self._noise, self._n_rows = score_of, noise, n_rows
        self.scored, self.most_scores = [], 10**6

    def must_stop(self):
        return len(self.scored) >= self.most_scores

    def new_rng(self):
        return np.random.default_rng(1)

    def some_rows(self, rng, n_batches):
        return rng.permutation(self._n_rows)[: 10 * n_batches]

    def score(self, path=None, mixture=None, rows=slice(None)):
        config = self.space.config_of(path)
        is_all = isinstance(rows, slice)
        self.scored.append((config, self._n_rows if is_all else len(rows)))
        noise = 0 if is_all else self._noise * self.rng.normal()
        return self._score_of(config) + noise
