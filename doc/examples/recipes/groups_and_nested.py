"""
====================================================
Groups and nested cross-validation
====================================================

Rows of one patient belong together. ``GroupKFold`` keeps them on one side of each
split. A second, outer cross-validation then estimates how good the whole search is.
"""

import numpy as np
from scipy.stats import loguniform
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_automl import SuccessiveHalvingSearchCV

rng = np.random.default_rng(0)
patients = np.repeat(np.arange(150), 4)  # four rows of each
is_ill = rng.integers(0, 2, 150)
person = rng.normal(size=(150, 8))
X = 0.5 * person[patients] + rng.normal(size=(600, 8))
X[:, :3] += is_ill[patients, None]
y = is_ill[patients]

search = SuccessiveHalvingSearchCV(
    make_pipeline(StandardScaler(), SVC()),
    {"svc__C": loguniform(1e-2, 1e2), "svc__gamma": loguniform(1e-4, 1)},
    n_iter=18,
    cv=GroupKFold(4),
    random_state=0,
)
search.fit(X, y, groups=patients)
print(f"best score of the search {search.best_score_:.3f}, {search.best_params_}")

# %%
# ``best_score_`` is the best of many, so on average it is too high. The outer loop
# searches again in each of its folds, and scores on patients that no part of that
# search has seen:

scores = []
for train, test in GroupKFold(5).split(X, y, patients):
    search.fit(X[train], y[train], groups=patients[train])
    scores.append(search.score(X[test], y[test]))
error = np.std(scores, ddof=1) / np.sqrt(len(scores))
print(f"nested cross-validation  {np.mean(scores):.3f}")
print(f"standard deviation {np.std(scores):.3f}, standard error {error:.3f}")

# %%
# Without groups and weights, ``cross_val_score(search, X, y)`` does the same in one
# line. With groups or weights, use metadata routing and
# ``cross_validate(search, X, y, params={"groups": ..., "sample_weight": ...})``.
# :ref:`weights` shows an example, and says what gets the weights. Do not share a
# ``history`` among the outer folds: it would carry knowledge from one fold to the next
# (:ref:`history`).
