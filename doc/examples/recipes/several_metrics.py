"""
====================================================
Multiple metrics: scoring with a list, refit by one
====================================================

Compute several metrics in one search. ``refit`` names the metric that decides which
configuration wins. With several metrics, ``RandomizedSearchCV`` runs every
configuration on all folds, so that you can compare all of them.
"""

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

from sklearn_automl import RandomizedSearchCV

X, y = load_breast_cancer(return_X_y=True)
search = RandomizedSearchCV(
    RandomForestClassifier(n_estimators=20, random_state=0),
    {
        "max_depth": [2, 3, 5, 8, None],
        "min_samples_leaf": [1, 3, 10],
        "class_weight": [None, "balanced"],
    },
    n_iter=12,
    cv=3,
    scoring=["roc_auc", "precision", "recall"],
    refit="roc_auc",
    random_state=0,
)
search.fit(X, y)
print(search.best_params_)

# %%
# Each metric has its columns:

columns = ["mean_test_roc_auc", "mean_test_precision", "mean_test_recall"]
print(search.to_frame()[columns].round(3).to_string(index=False))

# %%
# No row of the Pareto front is beaten by another one in all metrics at once. Seconds of
# fit time can be a metric as well: :ref:`pareto_front` shows this trade-off.
# :ref:`weights` says when weights of rows count in the metrics.

for row in search.pareto_front_:
    values = [search.cv_results_[name][row].round(3) for name in columns]
    print(*values, search.cv_results_["params"][row])

# %%
# ``refit`` can also be a function that chooses the row, such as "the best precision
# with a recall of at least 0.95":


def precise_enough(results):
    """Return the row with the best precision among those with a good recall."""
    good = results["mean_test_recall"] >= 0.95
    return (results["mean_test_precision"] * good).argmax()


search.set_params(refit=precise_enough).fit(X, y)
print(search.best_params_)
