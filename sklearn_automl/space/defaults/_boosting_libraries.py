"""Default spaces of LightGBM, XGBoost and CatBoost, which are known by name only.

Sources of the ranges: Gorishniy et al., "Revisiting deep learning models for tabular
data", NeurIPS 2021; Grinsztajn, Oyallon, Varoquaux, "Why do tree-based models still
outperform deep learning on typical tabular data?", NeurIPS 2022; Probst, Boulesteix,
Bischl, "Tunability", JMLR 20(53), 2019; the spaces of FLAML.
"""

from typing import Any

from sklearn_automl.space.defaults._case import (
    Case,
    Rule,
    between,
    integers,
    integers_on_log_scale,
    log_scale,
)

__all__ = ["ALIASES", "CATBOOST", "LIGHTGBM", "XGBOOST"]


def _lightgbm(case: Case) -> dict[str, Any]:
    # FLAML: num_leaves from 4 to the number of rows, min_child_samples 2 to 128,
    # learning_rate 2^-10 to 1, reg_alpha and reg_lambda 2^-10 to 2^10. The learning
    # rate begins where some hundred trees can still learn.
    space = {
        "learning_rate": log_scale(0.01, 0.5),
        "n_estimators": integers_on_log_scale(50, 500),
        "num_leaves": integers_on_log_scale(
            4, case.share_of_rows(0.1, least=31, most=255)
        ),
        "min_child_samples": integers_on_log_scale(
            2, case.share_of_rows(0.05, least=20, most=128)
        ),
        "colsample_bytree": between(0.4, 1),
        "reg_alpha": log_scale(2**-10, 2**6),
        "reg_lambda": log_scale(2**-10, 2**6),
    }
    # "goss" chooses its rows itself.
    kinds = {case.own.get("boosting_type"), case.own.get("data_sample_strategy")}
    if "goss" not in kinds:
        # Without a frequency the share of rows is not used.
        space |= {"subsample": between(0.5, 0.99), "subsample_freq": [1]}
    return space


def _xgboost(case: Case) -> dict[str, Any]:
    # Gorishniy et al.: max_depth 3 to 10, min_child_weight 1e-8 to 1e5, shares of rows
    # and features 0.5 to 1, alpha, lambda and gamma 1e-8 to 1e2. Grinsztajn et al.:
    # max_depth 1 to 11, min_child_weight 1 to 100. Probst et al.: 1 to 15, 1 to 128.
    penalties = {
        "learning_rate": log_scale(0.01, 0.5),
        "n_estimators": integers_on_log_scale(50, 500),
        "reg_alpha": log_scale(1e-8, 1e2),
        "reg_lambda": log_scale(1e-8, 1e2),
    }
    if case.own.get("booster") == "gblinear":
        return penalties
    return {
        **penalties,
        "max_depth": integers(2, 10),
        "min_child_weight": log_scale(0.1, 100),
        "subsample": between(0.5, 1),
        "colsample_bytree": between(0.4, 1),
        "gamma": log_scale(1e-8, 10),
    }


def _catboost(case: Case) -> dict[str, Any]:
    # Gorishniy et al.: depth 3 to 10, l2_leaf_reg 1 to 10. FLAML: learning_rate 0.005
    # to 0.2. The number of trees is left at 1000, because more of them hardly harm; and
    # the bagging, because what it may be depends on the loss. random_strength and rsm:
    # CatBoost's own guide to parameter tuning.
    space = {
        "learning_rate": log_scale(0.005, 0.3),
        "depth": integers(3, 10),
        "l2_leaf_reg": log_scale(1, 30),
        "random_strength": log_scale(0.1, 10),
    }
    if case.own.get("task_type") != "GPU":
        space["rsm"] = between(0.4, 1)
    return space


LIGHTGBM: dict[str, Rule] = {
    "LGBMClassifier": _lightgbm,
    "LGBMRanker": _lightgbm,
    "LGBMRegressor": _lightgbm,
}
XGBOOST: dict[str, Rule] = {
    "XGBClassifier": _xgboost,
    "XGBRanker": _xgboost,
    "XGBRegressor": _xgboost,
}
CATBOOST: dict[str, Rule] = {
    "CatBoostClassifier": _catboost,
    "CatBoostRegressor": _catboost,
}

#: Names of one parameter. Libraries refuse or pass over one that is set under two.
ALIASES: dict[str, tuple[frozenset[str], ...]] = {
    "lightgbm": tuple(
        map(
            frozenset,
            (
                {"learning_rate", "shrinkage_rate", "eta"},
                {
                    *("n_estimators", "num_iterations", "num_iteration", "n_iter"),
                    *("num_tree", "num_trees", "num_round", "num_rounds", "nrounds"),
                    *("num_boost_round", "max_iter"),
                },
                {"num_leaves", "num_leaf", "max_leaves", "max_leaf", "max_leaf_nodes"},
                {
                    *("min_child_samples", "min_data_in_leaf", "min_data_per_leaf"),
                    *("min_data", "min_samples_leaf"),
                },
                {"colsample_bytree", "feature_fraction", "sub_feature"},
                {"subsample", "bagging_fraction", "bagging", "sub_row"},
                {"subsample_freq", "bagging_freq"},
                {"reg_alpha", "lambda_l1", "l1_regularization"},
                {"reg_lambda", "lambda_l2", "lambda", "l2_regularization"},
            ),
        )
    ),
    "xgboost": tuple(
        map(
            frozenset,
            (
                {"learning_rate", "eta"},
                {"n_estimators", "num_boost_round", "num_round"},
                {"reg_alpha", "alpha"},
                {"reg_lambda", "lambda"},
                {"gamma", "min_split_loss"},
            ),
        )
    ),
    "catboost": tuple(
        map(
            frozenset,
            (
                {"learning_rate", "eta"},
                {"depth", "max_depth"},
                {"l2_leaf_reg", "reg_lambda"},
                {"rsm", "colsample_bylevel"},
                {"iterations", "n_estimators", "num_boost_round", "num_trees"},
            ),
        )
    ),
}
