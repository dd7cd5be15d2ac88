"""Our search in the place of GridSearchCV, for scikit-learn's own tests."""

import numpy as np

from sklearn_automl import ASHASearchCV
from sklearn_automl.execution import Resource, evaluation_columns

# What our searches have besides. The tests compare the full set of names.
EXTRA_COLUMNS = tuple(evaluation_columns([], Resource()))
EXTRA_ATTRIBUTES = (
    "brackets_",
    "n_trials_",
    "sampler_",
    "min_resources_",
    "max_resources_",
    "total_resources_",
    "stop_reason_",
)


class GridSearchCV(ASHASearchCV):
    """All candidates of a grid, at full resource, with GridSearchCV's signature."""

    _parameter_constraints = {
        **{
            name: constraint
            for name, constraint in ASHASearchCV._parameter_constraints.items()
            if name != "param_distributions"
        },
        "param_grid": [dict, list],
    }

    def __init__(
        self,
        estimator,
        param_grid,
        *,
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        pre_dispatch="2*n_jobs",
        error_score=np.nan,
        return_train_score=False,
    ):
        super().__init__(
            estimator,
            param_grid,
            resource=None,
            sampler="grid",
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.param_grid = param_grid
        self.pre_dispatch = pre_dispatch

    def fit(self, X, y=None, **params):
        self.param_distributions = self.param_grid
        super().fit(X, y, **params)
        for name in EXTRA_ATTRIBUTES:
            delattr(self, name)
        return self

    def _select(self, scorers, refit_metric):
        for name in EXTRA_COLUMNS:
            self.cv_results_.pop(name, None)
        super()._select(scorers, refit_metric)
