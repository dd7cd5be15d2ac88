"""
==========================
How to tune XGBoost
==========================

Search the hyperparameters of ``XGBClassifier``. Each configuration starts with few
rows; the good ones get more. Rows are the *resource*, because the ``learning_rate`` is
searched: the rate that is best with few trees is too large with many.

It needs the package ``xgboost``.
"""

from scipy.stats import loguniform, randint, uniform
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier

from sklearn_automl import SuccessiveHalvingSearchCV

X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

search = SuccessiveHalvingSearchCV(
    XGBClassifier(n_estimators=200, n_jobs=1, random_state=0),
    {
        "learning_rate": loguniform(0.02, 0.5),
        "max_depth": randint(2, 9),
        "min_child_weight": loguniform(0.5, 20),
        "subsample": uniform(0.5, 0.5),  # 0.5 to 1: lower end and width
        "reg_lambda": loguniform(0.1, 10),
    },
    n_iter=27,
    scoring="roc_auc",
    random_state=0,
)
search.fit(X_train, y_train)

print(f"cross-validated {search.best_score_:.4f}")
print(f"held out        {search.score(X_test, y_test):.4f}")
for name, value in search.best_params_.items():
    print(f"{name:<17}{value:.4g}")

# %%
# ``n_jobs=1`` keeps XGBoost to one thread. Use ``n_jobs=-1`` of the search for all
# cores.
#
# You do not have to write a space:
# ``SuccessiveHalvingSearchCV(XGBClassifier(), "auto")`` takes the ranges of the package
# (:ref:`default_spaces`).
#
# To stop a fit when its validation loss no longer falls, add
# ``early_stopping_rounds=20`` to XGBoost and ``eval_set=0.2`` to the search
# (:ref:`sphx_glr_auto_examples_recipes_early_stopping.py`). Keep rows as the resource:
# with early stopping XGBoost is fitted from scratch for each number of trees, so that
# ``resource="n_estimators"`` would save little. ``n_estimators`` is a good resource
# without early stopping and with a fixed ``learning_rate``, because each model is then
# continued. :ref:`learning_curves` has a table that says which resource to use.
