"""
====================================================
Custom scorer: search for your own metric
====================================================

``scoring`` takes any function of an estimator, X and y that returns a number. Larger is
better. ``make_scorer`` makes such a function from a metric of true and predicted
values.
"""

import numpy as np
from scipy.stats import loguniform
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_automl import SuccessiveHalvingSearchCV

X, y = load_breast_cancer(return_X_y=True)  # 0 is malignant


def cost(y_true, y_pred):
    """Return the mean cost: a missed tumor costs ten times a false alarm."""
    matrix = confusion_matrix(y_true, y_pred, labels=[0, 1])
    missed, false_alarms = matrix[0, 1], matrix[1, 0]
    return (10 * missed + false_alarms) / len(y_true)


pipe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
space = {
    "logisticregression__C": loguniform(1e-3, 1e2),
    "logisticregression__class_weight": [None, "balanced", {0: 10, 1: 1}],
}
search = SuccessiveHalvingSearchCV(
    pipe,
    space,
    scoring=make_scorer(cost, greater_is_better=False),
    random_state=0,
)
search.fit(X, y)
print(f"mean cost {-search.best_score_:.3f} with {search.best_params_}")

# %%
# A metric that needs the fitted estimator is a function of three arguments:


def certainty_of_truth(estimator, X, y):
    """Return the mean logarithm of the probability of the true class."""
    probabilities = estimator.predict_proba(X)[np.arange(len(y)), y]
    return np.log(probabilities.clip(1e-9)).mean()


search.set_params(scoring=certainty_of_truth).fit(X, y)
print(f"{search.best_score_:.3f} with {search.best_params_}")
