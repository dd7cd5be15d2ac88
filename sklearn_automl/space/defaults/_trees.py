"""Default spaces of trees and of scikit-learn's ensembles.

Sources of the ranges: van Rijn, Hutter, "Hyperparameter importance across datasets",
KDD 2018 (forests, AdaBoost); Probst, Boulesteix, Bischl, "Tunability", JMLR 20(53),
2019 (trees, forests); Grinsztajn, Oyallon, Varoquaux, "Why do tree-based models still
outperform deep learning on typical tabular data?", NeurIPS 2022 (boosting); the spaces
of auto-sklearn (NeurIPS 2015) and FLAML.
"""

from typing import Any

from sklearn_automl.space._when import When
from sklearn_automl.space.defaults._case import (
    Case,
    Rule,
    between,
    integers,
    integers_on_log_scale,
    log_scale,
)

__all__ = ["TREES"]

# Squared errors have no alternative that is as fast. "log_loss" is the same as
# "entropy".
_CRITERIA = ["gini", "entropy"]


def _share_of_features(case: Case) -> Any:
    # FLAML: from 1 / sqrt(d), scikit-learn's "sqrt", or 0.1 if that is less, to all.
    # van Rijn and Hutter: 0.1 to 0.9.
    n_features = case.shape.n_features
    lowest = 0.1 if n_features is None else min(0.1, n_features**-0.5)
    return log_scale(lowest, 1)


def _leaf_size(case: Case, most: int) -> Any:
    # A leaf of a twentieth of the rows leaves a tree of a few splits.
    most = case.share_of_rows(0.05, least=5, most=most)
    return integers_on_log_scale(1, most)


def _tree(case: Case) -> dict[str, Any]:
    # Probst et al., rpart: maxdepth 1 to 30, minbucket and minsplit 1 to 60.
    return {
        "max_depth": integers_on_log_scale(2, 30),
        "min_samples_leaf": _leaf_size(case, 60),
        "min_samples_split": integers_on_log_scale(2, 60),
        "max_features": [None, 0.75, 0.5, "sqrt"],
    }


def _tree_classifier(case: Case) -> dict[str, Any]:
    return {**_tree(case), "criterion": list(_CRITERIA)}


def _forest(case: Case) -> dict[str, Any]:
    # van Rijn and Hutter: min_samples_leaf 1 to 20, min_samples_split 2 to 20, with and
    # without bootstrap. Probst et al. add the share of rows that a tree gets, 0.1 to 1.
    # The number of trees is left out: more are better (Probst, Boulesteix, "To tune or
    # not to tune the number of trees in random forest", JMLR 18(181), 2018).
    space = {
        "max_features": _share_of_features(case),
        "min_samples_leaf": _leaf_size(case, 20),
        "min_samples_split": integers_on_log_scale(2, 20),
        "max_samples": When("bootstrap", True, between(0.4, 1)),
    }
    # They need a bootstrap.
    if not case.own.get("oob_score") and not case.has_set("max_samples"):
        space["bootstrap"] = [True, False]
    return space


def _forest_classifier(case: Case) -> dict[str, Any]:
    return {**_forest(case), "criterion": list(_CRITERIA)}


def _forest_regressor(case: Case) -> dict[str, Any]:
    # FLAML has the range above, in which half of the forests have less than a third of
    # the features, R's default for regression. scikit-learn's is all. Few features are
    # good without bootstrap at most: the portfolios have none below 0.19.
    return {**_forest(case), "max_features": between(0.15, 1)}


def _gradient_boosting(case: Case) -> dict[str, Any]:
    # Grinsztajn et al.: n_estimators 10 to 1000 and the learning rate on a log scale,
    # subsample 0.5 to 1, max_depth 2 to 5 or none, min_samples_leaf 1 to 50.
    return {
        "learning_rate": log_scale(0.01, 0.5),
        "n_estimators": integers_on_log_scale(50, 500),
        "max_depth": integers(2, 8),
        "min_samples_leaf": _leaf_size(case, 50),
        "subsample": between(0.5, 1),
        "max_features": _share_of_features(case),
    }


def _hist_gradient_boosting(case: Case) -> dict[str, Any]:
    # auto-sklearn: learning rates 0.01 to 1, max_leaf_nodes 3 to 2047, min_samples_leaf
    # 1 to 200, l2_regularization 1e-10 to 1. More leaves than a tenth of the rows
    # cannot be filled, and trees of more than 255 leaves hardly win.
    return {
        "learning_rate": log_scale(0.01, 1),
        "max_iter": integers_on_log_scale(50, 500),
        "max_leaf_nodes": integers_on_log_scale(
            3, case.share_of_rows(0.1, least=31, most=255)
        ),
        "min_samples_leaf": _leaf_size(case, 200),
        "l2_regularization": log_scale(1e-10, 10),
        "max_features": between(0.3, 1),
    }


def _ada_boost(case: Case) -> dict[str, Any]:  # noqa: ARG001
    # van Rijn and Hutter: both of these.
    return {
        "n_estimators": integers_on_log_scale(50, 500),
        "learning_rate": log_scale(0.01, 2),
    }


def _ada_boost_regressor(case: Case) -> dict[str, Any]:
    # Drucker, "Improving regressors using boosting techniques", ICML 1997.
    return {**_ada_boost(case), "loss": ["linear", "square", "exponential"]}


def _bagging(case: Case) -> dict[str, Any]:
    # Louppe, Geurts, "Ensembles on random patches", ECML 2012: shares of rows and of
    # features. As in forests, more estimators are better.
    space = {"max_samples": between(0.3, 1), "max_features": between(0.3, 1)}
    if not case.own.get("oob_score"):  # it needs a bootstrap
        return {**space, "bootstrap": [True, False]}
    return space


TREES: dict[str, Rule] = {
    "AdaBoostClassifier": _ada_boost,
    "AdaBoostRegressor": _ada_boost_regressor,
    "BaggingClassifier": _bagging,
    "BaggingRegressor": _bagging,
    "DecisionTreeClassifier": _tree_classifier,
    "DecisionTreeRegressor": _tree,
    "ExtraTreeClassifier": _tree_classifier,
    "ExtraTreeRegressor": _tree,
    "ExtraTreesClassifier": _forest_classifier,
    "ExtraTreesRegressor": _forest_regressor,
    "GradientBoostingClassifier": _gradient_boosting,
    "GradientBoostingRegressor": _gradient_boosting,
    "HistGradientBoostingClassifier": _hist_gradient_boosting,
    "HistGradientBoostingRegressor": _hist_gradient_boosting,
    "RandomForestClassifier": _forest_classifier,
    "RandomForestRegressor": _forest_regressor,
}
