"""
==========================
How to tune LightGBM
==========================

Search the hyperparameters of ``LGBMRegressor`` with rows as the resource: most
configurations are fitted on a few hundred rows, and only the best on all of them.

It needs the package ``lightgbm``.
"""

from lightgbm import LGBMRegressor
from scipy.stats import loguniform, randint
from sklearn.datasets import make_friedman1
from sklearn.model_selection import train_test_split

from sklearn_automl import HyperbandSearchCV

X, y = make_friedman1(n_samples=2000, noise=1.0, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

search = HyperbandSearchCV(
    LGBMRegressor(n_estimators=60, n_jobs=1, verbose=-1, random_state=0),
    {
        "learning_rate": loguniform(0.02, 0.5),
        "num_leaves": randint(4, 64),
        "min_child_samples": randint(5, 50),
        "reg_lambda": loguniform(1e-3, 10),
    },
    scoring="neg_root_mean_squared_error",
    random_state=0,
)
search.fit(X_train, y_train)

n_evaluations = len(search.cv_results_["params"])
print(f"{search.n_trials_} configurations, {n_evaluations} evaluations")
print(f"RMSE cross-validated {-search.best_score_:.3f}")
print(f"RMSE held out        {-search.score(X_test, y_test):.3f}")
for name, value in search.best_params_.items():
    print(f"{name:<18}{value:.4g}")

# %%
# In scikit-learn, a larger score is better, so errors are negated.
#
# ``resource="n_estimators"`` spends trees instead of rows. If the ``learning_rate`` is
# searched, rows are the better choice: the rate that is best with few trees is too
# large with many (:ref:`resources`).
#
# **Categories.** LightGBM takes the columns of a DataFrame that have the type
# ``category``: ``X = X.astype({"city": "category"})`` before ``fit``. Subsets of rows
# keep all categories. In a pipeline, encode them with
# ``OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)`` in a
# ``ColumnTransformer``, because a small subset of rows may lack a category that the
# test rows have. The names in the space then begin with the step:
# ``lgbmregressor__num_leaves``.
