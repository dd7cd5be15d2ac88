"""Estimators that average the predictions of others."""

from numbers import Integral

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted, column_or_1d

from sklearn_automl._sklearn_compat import (
    BaseHeterogeneousEnsemble,
    StrOptions,
    fit_context,
)
from sklearn_automl.ensemble._classes import (
    aligned,
    labels_of,
    votes_for,
    without_column,
)

__all__ = [
    "WeightedEnsembleClassifier",
    "WeightedEnsembleRegressor",
    "fit_members",
    "with_members",
]


def fit_members(estimators, X, y, fit_params, n_jobs, fit=None):
    """Fit estimators, in parallel as joblib does it, and return them.

    ``fit(estimator, X, y, fit_params)`` returns it fitted; None is its own fit.
    """
    return Parallel(n_jobs=n_jobs)(
        delayed(fit or _fit)(estimator, X, y, fit_params) for estimator in estimators
    )


def with_members(ensemble, members, y):
    """Return an ensemble that is fitted: its members were fitted elsewhere on ``y``."""
    ensemble._set_members(members, y)
    return ensemble


def _fit(estimator, X, y, fit_params):
    return estimator.fit(X, y, **fit_params)


class _WeightedEnsemble(BaseHeterogeneousEnsemble):
    _parameter_constraints: dict = {
        "estimators": [list],
        "weights": ["array-like", None],
        "n_jobs": [Integral, None],
    }

    @fit_context(prefer_skip_nested_validation=False)  # the members are not validated
    def fit(self, X, y, **fit_params):
        """Fit clones of the estimators.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training vectors.

        y : array-like of shape (n_samples,)
            Target values.

        **fit_params : dict
            Passed to the ``fit`` of each estimator.

        Returns
        -------
        self : object
            The fitted ensemble.
        """
        self._validate_estimators()
        self._checked_weights()
        self._check_target(y)
        chosen = [clone(e) for _, e in self.estimators if e != "drop"]
        self._set_members(fit_members(chosen, X, y, fit_params, self.n_jobs), y)
        return self

    def _set_members(self, members, y):
        self.weights_ = self._checked_weights()
        self.estimators_ = members
        if hasattr(members[0], "n_features_in_"):
            self.n_features_in_ = members[0].n_features_in_
        named = [m for m in members if hasattr(m, "feature_names_in_")]
        if named:
            self.feature_names_in_ = named[0].feature_names_in_
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        self._set_classes(y)

    def _checked_weights(self):
        """Return the weights of the members that are not dropped, with the sum 1."""
        n = len(self.estimators)
        weights = np.ones(n) if self.weights is None else np.asarray(self.weights)
        is_positive = np.ndim(weights) == 1 and (weights > 0).all()
        if len(weights) != n or not is_positive:
            raise ValueError(
                f"weights must have a positive number for each of the {n} estimators, "
                f"got {self.weights!r}."
            )
        weights = weights[[e != "drop" for _, e in self.estimators]].astype(float)
        return weights / weights.sum()

    def _check_target(self, y):
        """Refuse a target that the ensemble cannot have."""

    def _set_classes(self, y):
        """Set ``classes_``, where there are classes."""

    def _average(self, predictions):
        pairs = zip(self.weights_, predictions, strict=True)
        return sum(weight * values for weight, values in pairs)


def _all_have_probabilities(ensemble):
    if ensemble.method != "predict_proba":
        return False
    members = getattr(ensemble, "estimators_", None)
    if members is None:
        members = [e for _, e in ensemble.estimators if e != "drop"]
    return all(hasattr(member, "predict_proba") for member in members)


class WeightedEnsembleClassifier(ClassifierMixin, _WeightedEnsemble):
    """Average the predicted probabilities of classifiers, with weights.

    It is the ``ensemble_`` of a search whose estimator is a classifier.

    Unlike :class:`sklearn.ensemble.VotingClassifier`, it passes the labels to its
    members as they are, so that a `class_weight` with labels works. Classifiers with
    and without probabilities can be combined.

    Read more in the :ref:`User Guide <ensembles>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimators : list of (str, estimator)
        Names and classifiers. "drop" in the place of a classifier leaves it out.

    weights : array-like of shape (n_estimators,), default=None
        A positive number for each estimator; None for equal weights.

    method : {"predict_proba", "decision_function"}, default="predict_proba"
        What is averaged. With "predict_proba", a member that has no probabilities
        votes: its predicted class gets the probability 1. With "decision_function",
        every member must have this method, and all must be fitted on the same classes.

    n_jobs : int, default=None
        Number of members that ``fit`` fits at the same time, as in joblib.

    Attributes
    ----------
    estimators_ : list of estimator
        The fitted members.

    weights_ : ndarray of shape (n_members,)
        Their weights, which sum to 1.

    classes_ : ndarray of shape (n_classes,)
        The labels.

    n_features_in_ : int
        Number of features of the first member.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if a member has them.

    See Also
    --------
    WeightedEnsembleRegressor : The same for regression.
    greedy_selection : How a search chooses members and weights.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_automl.ensemble import WeightedEnsembleClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> ensemble = WeightedEnsembleClassifier(
    ...     [
    ...         ("linear", LogisticRegression(max_iter=1000)),
    ...         ("tree", DecisionTreeClassifier(random_state=0)),
    ...     ],
    ...     weights=[3, 1],
    ... ).fit(X, y)
    >>> ensemble.weights_
    array([0.75, 0.25])
    >>> ensemble.predict(X[:2])
    array([0, 0])
    """

    _parameter_constraints: dict = {
        **_WeightedEnsemble._parameter_constraints,
        "method": [StrOptions({"predict_proba", "decision_function"})],
    }

    def __init__(
        self, estimators, *, weights=None, method="predict_proba", n_jobs=None
    ):
        super().__init__(estimators=estimators)
        self.weights = weights
        self.method = method
        self.n_jobs = n_jobs

    def predict(self, X):
        """Return the most probable class of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Their classes.
        """
        check_is_fitted(self)
        if self.method == "decision_function":
            return labels_of(self.decision_function(X), self.classes_)
        return labels_of(self._probabilities(X), self.classes_)

    @available_if(_all_have_probabilities)
    def predict_proba(self, X):
        """Return the averaged probabilities. Every member must have them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        check_is_fitted(self)
        return self._probabilities(X)

    @available_if(lambda self: self.method == "decision_function")
    def decision_function(self, X):
        """Return the averaged decision values, with ``method="decision_function"``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        values : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Positive for the second of two classes, or a column for each class.
        """
        check_is_fitted(self)
        return self._average(m.decision_function(X) for m in self.estimators_)

    def _probabilities(self, X):
        return self._average(
            aligned(m.predict_proba(X), getattr(m, "classes_", None), self.classes_)
            if hasattr(m, "predict_proba")
            else votes_for(m.predict(X), self.classes_)
            for m in self.estimators_
        )

    def _check_target(self, y):
        check_classification_targets(column_or_1d(y, warn=True))

    def _set_classes(self, y):
        self.classes_ = np.unique(np.asarray(y))


class WeightedEnsembleRegressor(RegressorMixin, _WeightedEnsemble):
    """Average the predictions of regressors, with weights.

    It is the ``ensemble_`` of a search whose estimator is a regressor. Several outputs
    are supported if all members support them.

    Read more in the :ref:`User Guide <ensembles>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimators : list of (str, estimator)
        Names and regressors. "drop" in the place of a regressor leaves it out.

    weights : array-like of shape (n_estimators,), default=None
        A positive number for each estimator; None for equal weights.

    n_jobs : int, default=None
        Number of members that ``fit`` fits at the same time, as in joblib.

    Attributes
    ----------
    estimators_ : list of estimator
        The fitted members.

    weights_ : ndarray of shape (n_members,)
        Their weights, which sum to 1.

    n_features_in_ : int
        Number of features of the first member.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if a member has them.

    See Also
    --------
    WeightedEnsembleClassifier : The same for classification.
    greedy_selection : How a search chooses members and weights.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> from sklearn_automl.ensemble import WeightedEnsembleRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> ensemble = WeightedEnsembleRegressor(
    ...     [("linear", Ridge()), ("neighbors", KNeighborsRegressor(20))]
    ... ).fit(X, y)
    >>> ensemble.predict(X[:2]).round()
    array([188.,  94.])
    """

    def __init__(self, estimators, *, weights=None, n_jobs=None):
        super().__init__(estimators=estimators)
        self.weights = weights
        self.n_jobs = n_jobs

    def predict(self, X):
        """Return the averaged predictions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        values : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The predictions.
        """
        check_is_fitted(self)
        return self._average(without_column(m.predict(X)) for m in self.estimators_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        members = [e for _, e in self.estimators if e != "drop"]
        tags.target_tags.multi_output = all(
            get_tags(member).target_tags.multi_output for member in members
        )
        return tags
