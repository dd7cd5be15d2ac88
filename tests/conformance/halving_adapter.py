"""Our successive halving in the place of scikit-learn's, for scikit-learn's own tests.

Both classes below translate parameters and attributes; the rungs, the promotions and
the selection are ours. scikit-learn counts the rows of X, we count those of the
training folds, so that an integer ``cv`` becomes folds that train on all rows.
"""

from numbers import Integral

import numpy as np

from sklearn_automl import SuccessiveHalvingSearchCV
from sklearn_automl._sklearn_compat import Interval, StrOptions
from sklearn_automl.execution import evaluation_columns
from sklearn_automl.schedulers import n_halvings

# What our table has besides. The tests compare the full set of names.
EXTRA_COLUMNS = (*evaluation_columns([], int), "n_folds", "origin")
MIN_ROWS = 2  # of each class and split, in both libraries


class HalvingSearch(SuccessiveHalvingSearchCV):
    """What HalvingGridSearchCV and HalvingRandomSearchCV share."""

    _parameter_constraints = {
        **SuccessiveHalvingSearchCV._parameter_constraints,
        "param_grid": [dict, list],
        "n_candidates": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"exhaust"}),
        ],
        "min_resources": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"exhaust", "smallest"}),
        ],
        "aggressive_elimination": ["boolean"],
    }

    def fit(self, X, y=None, **params):
        given = self.get_params(deep=False)
        self._translate(X, y, params.get("groups"))
        try:
            super().fit(X, y, **params)
        finally:
            for name in ("min_resources", "max_resources", "cv"):
                setattr(self, name, given[name])
        self._describe()
        return self

    def _translate(self, X, y, groups):
        self.folds = "all"  # as there
        counts_rows = self.resource == "n_samples"
        if isinstance(self.cv, int):
            self.n_splits_ = self.cv
            self.cv = [(np.arange(len(X)), np.arange(len(X)))] * self.n_splits_
            if counts_rows and self.max_resources == "auto":
                self.max_resources = max(len(X), 1)
        else:
            self.n_splits_ = self.cv.get_n_splits(X, y, groups)
        if isinstance(self.min_resources, str):
            rows = MIN_ROWS * self.n_splits_ * max(len(np.unique(y)), 1)
            self.min_resources = rows if counts_rows else 1
        if self.n_candidates == "exhaust":
            largest = self.max_resources
            largest = len(X) if largest == "auto" else largest
            self.n_iter = max(largest // self.min_resources, 1)
        elif self.n_candidates is not None:
            self.n_iter = self.n_candidates

    def _n_trials(self, space):
        n_trials = super()._n_trials(space)
        s = n_halvings(1, n_trials, self.factor)
        # scikit-learn multiplies the lowest amount, we divide the highest one.
        if isinstance(self.max_resources, int):
            largest = self.max_resources
            if self.min_resources <= largest:
                s = min(s, n_halvings(self.min_resources, largest, self.factor))
            self.max_resources = largest // self.factor**s * self.factor**s
        return n_trials

    def _select(self, scorers, refit_metric, rows, folds):
        for name in EXTRA_COLUMNS:
            if name != "n_resources":
                self.cv_results_.pop(name)
        super()._select(scorers, refit_metric, rows, folds)

    def _describe(self):
        """Count iterations between what was given, not between its translation."""
        smallest, largest = self.n_resources_[0], self.max_resources_
        if isinstance(self.min_resources, int):
            smallest = self.min_resources
        if isinstance(self.max_resources, int):
            largest = self.max_resources
        self.n_possible_iterations_ = 1 + n_halvings(smallest, largest, self.factor)


class HalvingGridSearchCV(HalvingSearch):
    def __init__(
        self,
        estimator,
        param_grid,
        *,
        factor=3,
        resource="n_samples",
        max_resources="auto",
        min_resources="exhaust",
        aggressive_elimination=False,
        cv=5,
        scoring=None,
        refit=True,
        error_score=np.nan,
        return_train_score=True,
        random_state=None,
        n_jobs=None,
        verbose=0,
    ):
        super().__init__(
            estimator,
            param_grid,
            sampler="grid",
            factor=factor,
            resource=resource,
            max_resources=max_resources,
            min_resources=min_resources,
            cv=cv,
            scoring=scoring,
            refit=refit,
            error_score=error_score,
            return_train_score=return_train_score,
            random_state=random_state,
            n_jobs=n_jobs,
            verbose=verbose,
        )
        self.param_grid = param_grid
        self.aggressive_elimination = aggressive_elimination

    n_candidates = None

    def fit(self, X, y=None, **params):
        self.param_distributions = self.param_grid
        return super().fit(X, y, **params)


class HalvingRandomSearchCV(HalvingSearch):
    def __init__(
        self,
        estimator,
        param_distributions,
        *,
        n_candidates="exhaust",
        factor=3,
        resource="n_samples",
        max_resources="auto",
        min_resources="smallest",
        aggressive_elimination=False,
        cv=5,
        scoring=None,
        refit=True,
        error_score=np.nan,
        return_train_score=True,
        random_state=None,
        n_jobs=None,
        verbose=0,
    ):
        super().__init__(
            estimator,
            param_distributions,
            factor=factor,
            resource=resource,
            max_resources=max_resources,
            min_resources=min_resources,
            cv=cv,
            scoring=scoring,
            refit=refit,
            error_score=error_score,
            return_train_score=return_train_score,
            random_state=random_state,
            n_jobs=n_jobs,
            verbose=verbose,
        )
        self.n_candidates = n_candidates
        self.aggressive_elimination = aggressive_elimination
