"""
==========================
How to tune CatBoost
==========================

Search the hyperparameters of ``CatBoostClassifier`` on a data frame with texts.
CatBoost encodes the categories itself. The recipe needs ``catboost`` and ``pandas``.
"""

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier
from scipy.stats import loguniform, randint

from sklearn_automl import SuccessiveHalvingSearchCV

rng = np.random.default_rng(1)
n = 1200
X = pd.DataFrame(
    {
        "age": rng.integers(18, 80, n),
        "visits": rng.poisson(4, n),
        "plan": rng.choice(["basic", "plus", "family"], n),
        "city": rng.choice(["Lima", "Oslo", "Pune", "Rome"], n),
    }
)
sign = np.where(X["plan"] == "basic", -1, 1)
y = (sign * (X["visits"] - 4) + rng.logistic(size=n) > 0).astype(int)

search = SuccessiveHalvingSearchCV(
    CatBoostClassifier(
        learning_rate=0.1,
        one_hot_max_size=5,
        verbose=0,
        thread_count=1,
        random_seed=0,
    ),
    {"depth": randint(2, 7), "l2_leaf_reg": loguniform(0.5, 50)},
    n_iter=9,
    resource="iterations",
    min_resources=20,
    max_resources=90,
    cv=3,
    random_state=0,
)
search.fit(X, y, cat_features=["plan", "city"])

print(f"cross-validated accuracy {search.best_score_:.3f}")
print(search.best_params_)
columns = ["n_resources", "n_folds", "mean_test_score"]
print(search.to_frame()[columns].round(3).tail(4))

# %%
# Pass ``cat_features`` to ``fit``. scikit-learn cannot copy a ``CatBoostClassifier``
# that was made with them.
#
# Set the ``learning_rate``, or search it. Otherwise CatBoost chooses a rate for the
# number of trees, and each rung has another rate (:ref:`continuation`).
