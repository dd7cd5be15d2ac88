"""Evaluations that searches share: a configuration on a table is fitted once.

The searches of ``bench_history.py`` are real ones, of an estimator that looks up its
score. What is not known is fitted, and written to a file with a line for each.
"""

import json
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from portfolio_data import load
from portfolio_runs import Pair, evaluate

from sklearn_automl.space import SearchSpace, default_space

__all__ = ["Problem", "Scores"]

# The first that is there is the score: accuracy is a step function of few rows.
_METRICS = ("r2", "log_loss", "auc")


class Scores:
    """The scores of configurations, in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, Any] = {}
        self.n_fits = 0
        if path.exists():
            lines = path.read_text().splitlines()
            self._known = dict(json.loads(line) for line in lines)

    def of(self, pair: Pair, table: str, config: dict[str, Any], data: Any) -> float:
        """Return the score of two folds together; -inf if a fit failed."""
        key = json.dumps([pair.name, table, config], sort_keys=True)
        if key not in self._known:
            scores = evaluate(pair.make().set_params(**config), *data, pair.task)
            self._known[key] = scores
            self.n_fits += 1
            with self._path.open("a") as file:
                file.write(json.dumps([key, scores]) + "\n")
        scores = self._known[key]
        if scores is None:
            return -np.inf
        return next(scores[name] for name in _METRICS if name in scores)


class Problem:
    """An estimator on a table, with its default space."""

    def __init__(self, pair: Pair, table: str, scores: Scores) -> None:
        self.pair, self.table, self._scores = pair, table, scores
        self.X, self.y = load(table)
        target = self.y if pair.task == "regression" else None
        self.space = default_space(pair.make(), self.X, target)
        self._searched = SearchSpace(self.space)
        self._own = pair.make().get_params()

    @property
    def cv(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """One fold with all rows: the score is that of both folds together."""
        rows = np.arange(len(self.y))
        return [(rows, rows)]

    def score(self, values: dict[str, Any]) -> float:
        """Return the score of a configuration."""
        names = sorted(self._searched.names)
        config = {name: values.get(name, self._own[name]) for name in names}
        return self._scores.of(self.pair, self.table, config, (self.X, self.y))

    def pool(self, n: int) -> list[dict[str, Any]]:
        """Return random configurations, the same ones each time."""
        seeds = [f"{self.pair.name} {self.table} {i + 1}" for i in range(n)]
        rngs = [np.random.default_rng(crc32(seed.encode())) for seed in seeds]
        return [self._searched.sample(rng) for rng in rngs]

    def estimator(self, sign: int = 1) -> Any:
        """Return an estimator of the same class name that looks up its scores.

        Parameters
        ----------
        sign : int, default=1
            -1 negates them.
        """
        problem, base = self, type(self.pair.make())

        def fit(self: Any, X: Any, y: Any) -> Any:  # noqa: ARG001
            return self

        def score(self: Any, X: Any, y: Any) -> float:  # noqa: ARG001
            found = problem.score(self.get_params())
            return sign * found if np.isfinite(found) else np.nan

        body = {"fit": fit, "score": score, "__init__": base.__init__}
        body["__module__"] = base.__module__
        return type(base.__name__, (base,), body)(**self._own)
