"""
====================================================
Imbalanced data: class weights and the right metric
====================================================

One row in twenty is positive. Accuracy is useless here: the answer "never" is right
for 95 % of the rows. The search uses ``scoring="average_precision"`` instead.
"""

import warnings

from scipy.stats import loguniform
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from sklearn_automl import SuccessiveHalvingSearchCV

X, y = make_classification(
    4000, 10, n_informative=5, weights=[0.95], class_sep=0.8, random_state=0
)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

pipe = make_pipeline(
    StandardScaler(), PolynomialFeatures(), LogisticRegression(max_iter=500)
)
search = SuccessiveHalvingSearchCV(
    pipe,
    {
        "polynomialfeatures__degree": [1, 2, 3],
        "logisticregression__C": loguniform(1e-3, 1e2),
        "logisticregression__class_weight": [None, "balanced", {0: 1, 1: 5}],
    },
    scoring="average_precision",
    random_state=0,
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # some do not converge
    search.fit(X_train, y_train)

print(f"average precision {search.best_score_:.3f}, {search.best_params_}")

# %%
# The metric ranks rows, and says nothing about the threshold. Choose it last, for the
# metric that you need in the end:

tuned = TunedThresholdClassifierCV(search.best_estimator_, scoring="f1")
tuned.fit(X_train, y_train)
print(classification_report(y_test, tuned.predict(X_test), digits=3))

# %%
# Subsets of rows keep the shares of the classes, and have at least two rows of every
# class. ``search.plan(len(X_train), y_train)`` shows 444 rows for the lowest rung.
# About 24 of them are of the rare class. If these are too few, raise ``min_resources``.
# It is a lower bound: with 600, the lowest rung has 1,333 rows, and about 73 of them
# are of the rare class. Pipelines of imbalanced-learn, with SMOTE for example, work in
# the same way.
