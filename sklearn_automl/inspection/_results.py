"""What displays read of a finished search: the columns of ``cv_results_``."""

from functools import cached_property
from typing import Any, NoReturn

import numpy as np
from sklearn.exceptions import NotFittedError

__all__ = ["Results"]

_SCORE = "mean_test_"
_RUNGS = (
    "Searches with rungs have it, such as SuccessiveHalvingSearchCV, "
    "HyperbandSearchCV and ASHASearchCV."
)
_TIMES = (
    "Searches with a row for each evaluation have it, such as ASHASearchCV and "
    "SuccessiveHalvingSearchCV. GridSearchCV and RandomizedSearchCV have a row for "
    "each candidate instead."
)
# What to do where a column is missing.
_HINTS = {
    "rung": _RUNGS,
    "n_resources": _RUNGS,
    "start_time": _TIMES,
    "end_time": _TIMES,
    "mean_fit_time": "Every search with folds has it; was the table changed?",
    "n_parameters": "NASClassifier and NASRegressor have it.",
}
# The names of resources in words.
_RESOURCES = {
    "n_samples": "training rows",
    "n_folds": "folds",
    "partial_fit": "passes over the rows",
}


def folds_text(n: float) -> str:
    """Return a number of folds in words."""
    return f"{n:g} fold{'' if n == 1 else 's'}"


class Results:
    """The table of a search, with one meaning for each kind of search.

    Parameters
    ----------
    search : object
        A fitted search: anything that has ``cv_results_``.

    reader : str
        Who reads; errors name it.

    metric : str or None
        Which of several metrics is the score.
    """

    def __init__(self, search: Any, reader: str, metric: str | None = None) -> None:
        self.search = search
        self.reader = reader
        self.name = type(search).__name__
        if not hasattr(search, "cv_results_"):
            raise NotFittedError(
                f"{reader} needs a fitted search, and this {self.name} has no "
                "cv_results_. Call 'fit' before."
            )
        self.table = search.cv_results_
        self.n_rows = len(next(iter(self.table.values()), ()))
        if not self.n_rows:
            raise ValueError(f"{reader}: cv_results_ of {self.name} has no rows.")
        self._metric = metric

    # ---- columns -----------------------------------------------------------------

    def column(self, name: str, hint: str | None = None) -> np.ndarray:
        """Return a column, or say what to do about its absence."""
        if name not in self.table:
            self.refuse(name, hint)
        return np.asarray(self.table[name])

    def refuse(self, name: str, hint: str | None = None) -> NoReturn:
        """Raise the error of a missing column."""
        hint = _HINTS.get(name, "") if hint is None else hint
        raise ValueError(
            f"{self.reader} needs the column {name!r} of cv_results_, which "
            f"{self.name} does not have. {hint}".rstrip()
        )

    @cached_property
    def metrics(self) -> list[str]:
        """The names of the metrics; "score" if there is one without a name."""
        return [k.removeprefix(_SCORE) for k in self.table if k.startswith(_SCORE)]

    @cached_property
    def metric(self) -> str:
        """The metric that is the score."""
        given = self._metric
        if given is not None:
            if given not in self.metrics:
                raise ValueError(
                    f"metric={given!r} is not a metric of {self.name}. Pass one of "
                    f"{self.metrics}."
                )
            return given
        refit = getattr(self.search, "refit", None)
        for name in ("score", refit):
            if name in self.metrics:
                return name
        if len(self.metrics) == 1:
            return self.metrics[0]
        if not self.metrics:
            self.refuse("mean_test_score", "Is it the table of a search?")
        raise ValueError(
            f"{self.name} has several metrics and refits by none of them. Pass "
            f"metric= with one of {self.metrics}."
        )

    @cached_property
    def failed(self) -> np.ndarray:
        """Which rows have failed."""
        if "status" in self.table:
            return np.array([str(s) != "completed" for s in self.table["status"]])
        means = [np.asarray(self.table[_SCORE + m], float) for m in self.metrics]
        if not means:
            return np.zeros(self.n_rows, dtype=bool)
        return np.asarray(~np.isfinite(means).all(axis=0))

    @cached_property
    def scores(self) -> np.ndarray:
        """The mean test scores; NaN for what has failed."""
        scores = np.asarray(self.table[_SCORE + self.metric], dtype=float)
        return np.where(self.failed | ~np.isfinite(scores), np.nan, scores)

    @property
    def score_label(self) -> str:
        """What to write at an axis of scores."""
        return self.label_of(self.metric)

    @property
    def metric_name(self) -> str:
        """The metric, or the name of the scorer where the table says "score"."""
        return self._scorer_name or self.metric

    @property
    def _scorer_name(self) -> str:
        scoring = getattr(self.search, "scoring", None)
        is_name = self.metric == "score" and isinstance(scoring, str)
        return str(scoring) if is_name else ""

    def label_of(self, metric: str) -> str:
        """Return what to write at an axis of a metric."""
        is_named = metric == "score" and self._scorer_name
        return f"mean test {metric}" + (f" ({self._scorer_name})" if is_named else "")

    @property
    def n_splits(self) -> int:
        """Number of folds; 0 if neither the search nor its table has it."""
        return int(getattr(self.search, "n_splits_", 0)) or sum(
            name.startswith("split") and name.endswith(f"_test_{self.metric}")
            for name in self.table
        )

    # ---- trials, rungs and amounts -----------------------------------------------

    @cached_property
    def trials(self) -> np.ndarray:
        """A number for each row: rows of one configuration have the same one."""
        if "trial_id" in self.table:
            pairs = zip(self.brackets, self.column("trial_id"), strict=True)
            keys: list[Any] = list(pairs)
        elif "iter" in self.table:  # halving of scikit-learn names no trials
            own = self.resource_parameter
            keys = [
                repr(sorted((k, v) for k, v in params.items() if k != own))
                for params in self.table["params"]
            ]
        else:
            keys = list(range(self.n_rows))
        numbers: dict[Any, int] = {}
        return np.array([numbers.setdefault(key, len(numbers)) for key in keys])

    @cached_property
    def brackets(self) -> np.ndarray:
        """The bracket of each row; 0 where there are none."""
        return np.asarray(self.table.get("bracket", np.zeros(self.n_rows, int)))

    @cached_property
    def rungs(self) -> np.ndarray:
        """The rung of each row."""
        if "rung" not in self.table and "iter" in self.table:
            return self.column("iter")
        return self.column("rung")

    @cached_property
    def has_amounts(self) -> bool:
        """Whether the table says how much of a resource each row had."""
        return "n_resources" in self.table or "n_folds" in self.table

    @cached_property
    def _is_of_folds(self) -> bool:
        """Whether rows differ in their folds, beside what each fold had."""
        if not {"n_folds", "n_resources"} <= set(self.table):
            return False
        folds = np.asarray(self.table["n_folds"])
        is_resource = np.array_equal(folds, self.table["n_resources"])
        return not is_resource and len(np.unique(folds)) > 1

    @cached_property
    def amounts(self) -> np.ndarray:
        """How much each row had; 1 where every row had the same."""
        if not self.has_amounts:
            return np.ones(self.n_rows)
        name = "n_resources" if "n_resources" in self.table else "n_folds"
        amounts = np.asarray(self.table[name], dtype=float)
        if self._is_of_folds:
            return np.asarray(np.multiply(amounts, self.table["n_folds"]))
        return amounts

    @property
    def resource(self) -> str:
        """The resource in words."""
        resource = getattr(self.search, "resource", None)
        if hasattr(self.search, "max_epochs"):
            return "epochs"
        if "n_resources" not in self.table:
            return "folds"
        if not isinstance(resource, str):
            return "resource"
        return _RESOURCES.get(resource, resource.rpartition("__")[2])

    @property
    def resource_parameter(self) -> str | None:
        """The parameter that is the resource; None if the resource is no parameter."""
        name = getattr(self.search, "resource", None)
        return name if isinstance(name, str) and f"param_{name}" in self.table else None

    @property
    def amount_label(self) -> str:
        """What to write at an axis of amounts."""
        return self.resource + (", all folds together" if self._is_of_folds else "")

    def amount_text(self, row: int, resource: str | None = None) -> str:
        """Return how much a row had, in words."""
        name = "n_resources" if "n_resources" in self.table else "n_folds"
        unit = self.resource if resource is None else resource
        if unit == "folds":
            return folds_text(self.table[name][row])
        text = f"{self.table[name][row]:g} {unit}".rstrip()
        if self._is_of_folds:
            text += f" on {folds_text(self.table['n_folds'][row])}"
        return text

    def amount_if_several(self, row: int) -> str | None:
        """Return the amount that a row had in words; None if all rows had the same."""
        return self.amount_text(row) if len(np.unique(self.amounts)) > 1 else None

    @property
    def comparable_label(self) -> str:
        """What to write at comparable scores."""
        amount = self.comparable_amount
        return f"{self.score_label}\nwith {amount}" if amount else self.score_label

    @cached_property
    def seconds(self) -> np.ndarray:
        """The seconds of fits and scores of each row, of all folds together."""
        of_a_fold = self.column("mean_fit_time") + self.column("mean_score_time")
        has_folds = "n_folds" in self.table
        n_folds = self.column("n_folds") if has_folds else max(self.n_splits, 1)
        return np.asarray(np.nan_to_num(of_a_fold * n_folds))

    # ---- rows --------------------------------------------------------------------

    @cached_property
    def order(self) -> np.ndarray:
        """The rows in the order in which they ended."""
        if "end_time" in self.table:
            return np.argsort(self.column("end_time"), kind="stable")
        if "iter" in self.table:
            return np.argsort(self.column("iter"), kind="stable")
        return np.arange(self.n_rows)

    @cached_property
    def is_full(self) -> np.ndarray:
        """Which completed rows had the most of the resource."""
        usable = np.isfinite(self.scores)
        most = self.amounts[usable].max(initial=-np.inf)
        return np.asarray(usable & (self.amounts == most))

    @cached_property
    def last_rows(self) -> np.ndarray:
        """The row of each trial with the most resource."""
        rows: dict[int, int] = {}
        for row in np.argsort(self.amounts, kind="stable").tolist():
            rows[int(self.trials[row])] = row
        return np.array(sorted(rows.values()))

    # ---- what can be compared ----------------------------------------------------

    @cached_property
    def is_comparable(self) -> np.ndarray:
        """Which rows had the amount that most trials had; failed ones too.

        Scores with different amounts cannot be compared. In a race all rows can: they
        have some folds in common.
        """
        usable = self._usable_rows
        if self._shared_folds:
            return np.ones(self.n_rows, dtype=bool)
        levels, counts = np.unique(self.amounts[usable], return_counts=True)
        level = levels[counts == counts.max()].max()
        return np.asarray(self.amounts == level)

    @property
    def comparable_rows(self) -> np.ndarray:
        """Those rows without failures."""
        usable = self._usable_rows
        return np.asarray(usable[self.is_comparable[usable]])

    @cached_property
    def comparable_scores(self) -> np.ndarray:
        """The scores of all rows, in a race those of the folds that all rows have."""
        if not self._shared_folds:
            return self.scores
        shared = np.mean([self.table[name] for name in self._shared_folds], axis=0)
        return np.where(np.isnan(self.scores), np.nan, shared)

    @property
    def comparable_amount(self) -> str | None:
        """What the comparable rows had, in words; None if all rows had the same."""
        if self._shared_folds:
            return folds_text(len(self._shared_folds))
        return self.amount_if_several(int(self.comparable_rows[0]))

    @property
    def _usable_rows(self) -> np.ndarray:
        usable = np.flatnonzero(np.isfinite(self.scores))
        if not len(usable):
            raise ValueError(
                f"{self.reader}: no evaluation of {self.name} has a finite score. "
                "The column 'error' of cv_results_ says why, if it is there."
            )
        return usable

    @cached_property
    def _shared_folds(self) -> list[str]:
        """The columns of the folds that all candidates of a race ran on."""
        if "n_resources" in self.table or len(np.unique(self.amounts)) == 1:
            return []
        ending, usable = f"_test_{self.metric}", self._usable_rows
        return [
            name
            for name, column in self.table.items()
            if name.startswith("split")
            and name.endswith(ending)
            and np.isfinite(np.asarray(column, dtype=float)[usable]).all()
        ]

    @cached_property
    def best_row(self) -> int | None:
        """The row that won; None if every row has failed."""
        refit = getattr(self.search, "refit", True)
        is_decisive = self.metric in {"score", refit} or callable(refit)
        if is_decisive and hasattr(self.search, "best_index_"):
            return int(self.search.best_index_)
        full = np.flatnonzero(self.is_full)
        return int(full[np.argmax(self.scores[full])]) if len(full) else None
