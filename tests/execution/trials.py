"""A trial's evaluations on the rungs of a search, without the search."""

import numpy as np
from sklearn.datasets import make_classification, make_regression

from sklearn_automl.execution import (
    PASSES,
    FoldScorer,
    FoldTask,
    ParameterResource,
    PassResource,
)
from sklearn_automl.execution._model_store import FolderModels

STEPS = (3, 9, 27)


def make_classes():
    return make_classification(n_samples=80, n_features=6, random_state=0)


def make_numbers():
    return make_regression(n_samples=80, n_features=6, noise=10, random_state=0)


class Trials:
    """Evaluates trials on folds of X as a search does, one amount after another."""

    def __init__(self, folder, estimator, name, X, y, splits=None, fit_params=None):
        folder.mkdir(exist_ok=True)
        self.model_store = FolderModels(str(folder))
        self.scorer = FoldScorer(
            estimator=estimator,
            X=X,
            y=y,
            splits=[(np.arange(len(X)),) * 2] if splits is None else splits,
            resource=PassResource() if name == PASSES else ParameterResource(name),
            scorer=self._see,
            error_score="raise",
            fit_params=fit_params,
            model_store=self.model_store,
        )

    def _see(self, estimator, X, y=None):
        self.seen = estimator
        return 0.0

    def run(self, start, amount, trial_id=0, split=0, is_last=False, params=None):
        """Return the model that was fitted, and the units that this took."""
        task = FoldTask(
            trial_id, params or {}, amount, is_last, (split,), (start,), (None,)
        )
        (result,) = self.scorer.run(task)
        return self.seen, result.units

    def climb(self, steps=STEPS, **options):
        """Return the model and the units of each step."""
        starts = (0, *steps)
        return [
            self.run(start, stop, **options)
            for start, stop in zip(starts, steps, strict=False)
        ]


def grow(folder, estimator, name, X, y, steps=STEPS, fit_params=None, **options):
    trials = Trials(folder, estimator, name, X, y, fit_params=fit_params)
    models, units = zip(*trials.climb(steps, **options), strict=True)
    return models[-1], list(units)


def outputs(model, X):
    for method in ("predict_proba", "decision_function", "predict"):
        if hasattr(model, method):
            return getattr(model, method)(X)
    raise AssertionError(f"{model} does not predict")


def assert_same_model(model, other, X):
    np.testing.assert_array_equal(outputs(model, X), outputs(other, X))
