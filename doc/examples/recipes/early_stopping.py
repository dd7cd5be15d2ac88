"""
====================================================
Early stopping in a search: eval_set in every fold
====================================================

Boosting can stop when its loss on other rows no longer falls. ``eval_set=0.2`` sets a
fifth of the training rows of each fold aside for this. These rows are never test rows,
and the pipeline transforms them like all other rows.

This recipe uses scikit-learn's boosting. XGBoost, LightGBM, CatBoost and skorch work in
the same way: set their ``early_stopping_rounds`` or their callback.
"""

from scipy.stats import loguniform, randint
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_automl import SuccessiveHalvingSearchCV

X, y = load_breast_cancer(return_X_y=True)
boosting = HistGradientBoostingClassifier(
    max_iter=300,  # the most; most fits stop earlier
    early_stopping=True,
    n_iter_no_change=5,
    random_state=0,
)
search = SuccessiveHalvingSearchCV(
    make_pipeline(StandardScaler(), boosting),
    {
        "histgradientboostingclassifier__learning_rate": loguniform(0.03, 1),
        "histgradientboostingclassifier__max_leaf_nodes": randint(3, 16),
    },
    n_iter=9,
    cv=3,
    eval_set=0.2,
    scoring="neg_log_loss",
    random_state=0,
)
search.fit(X, y)

table = search.to_frame()
table = table.rename(columns=lambda name: name.rpartition("__")[2])
columns = ["learning_rate", "n_resources", "mean_best_iteration", "mean_test_score"]
print(table[columns].round(3).to_string(index=False))

# %%
# ``mean_best_iteration`` is the number of trees at which the fits of a configuration
# stopped. The final model is fitted on all rows, with the mean number of trees of the
# winner:

print(search.best_estimator_[-1].max_iter, search.best_estimator_[-1].early_stopping)

# %%
# To end the *search* early instead, use ``time_limit``, ``stop_at`` or ``patience``
# (:ref:`good_enough`).
