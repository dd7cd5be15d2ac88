"""
====================================================
Reproducible results: the same seed, the same search
====================================================

An integer ``random_state`` gives the same configurations, the same subsets of rows and
the same scores, with any number of workers.
"""

import numpy as np
import sklearn
from scipy.stats import loguniform
from sklearn.datasets import load_iris
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import StratifiedKFold

import sklearn_automl
from sklearn_automl import SuccessiveHalvingSearchCV

X, y = load_iris(return_X_y=True)


def search(seed, n_jobs):
    """Return a fitted search in which everything random has a seed."""
    return SuccessiveHalvingSearchCV(
        ExtraTreesClassifier(n_estimators=10, random_state=0),  # 1. the estimator
        {"max_depth": range(1, 9), "ccp_alpha": loguniform(1e-4, 1e-1)},
        cv=StratifiedKFold(3, shuffle=True, random_state=0),  # 2. the folds
        random_state=seed,  # 3. the search
        n_jobs=n_jobs,
    ).fit(X, y)


fitted = search(seed=0, n_jobs=1), search(seed=0, n_jobs=2), search(seed=1, n_jobs=1)
scores = [each.cv_results_["mean_test_score"] for each in fitted]
print("one and two workers agree:", np.array_equal(scores[0], scores[1]))
print("another seed agrees:      ", np.array_equal(scores[0], scores[2]))

# %%
# What a seed cannot fix:
#
# * a search that ``time_limit`` ends, because it depends on the speed of the machine;
# * ``ASHASearchCV`` with several workers, which promotes depending on what finished
#   first;
# * a Pareto front over seconds, such as ``mean_fit_time``, because times vary;
# * the last digits of sums if the number of threads differs. Set ``OMP_NUM_THREADS=1``;
# * different versions of the packages. Note the versions:

print("scikit-learn", sklearn.__version__)
print("sklearn_automl", sklearn_automl.__version__)

# %%
# :ref:`parallel` says exactly what is reproducible.
