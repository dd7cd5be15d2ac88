"""
==================================================
Good and cheap: a choice among the Pareto front
==================================================

The best score is not all that counts. A model that predicts in a tenth of the time can
be worth more than a model whose score is better in the third decimal. This example
searches random forests of many sizes, and draws the score against the seconds that
scoring takes. It chooses the cheapest configuration within one standard error of the
best score.
"""

# %%
# The rule
# ========
#
# :func:`~sklearn_automl.model_selection.pareto_front` returns the rows that no other
# row beats in both score and seconds. The rows within one standard error of the best
# score are about as good as the best. Of these rows, a callable ``refit`` returns the
# cheapest.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier

from sklearn_automl import GridSearchCV
from sklearn_automl.model_selection import pareto_front

METRICS = ["score", "mean_score_time"]


def least_score(cv_results):
    """Return the best mean score less its standard error, over five folds."""
    best = np.nanargmax(cv_results["mean_test_score"])
    error = cv_results["std_test_score"][best] / np.sqrt(5)
    return cv_results["mean_test_score"][best] - error


def cheapest_within_one_standard_error(cv_results):
    """Return the row of the cheapest configuration that is about as good."""
    front = pareto_front(cv_results, METRICS)
    good = front[cv_results["mean_test_score"][front] >= least_score(cv_results)]
    return good[np.argmin(cv_results["mean_score_time"][good])]


# %%
# The search
# ==========

X, y = load_digits(return_X_y=True)
X, y = X[:1000], y[:1000]
search = GridSearchCV(
    RandomForestClassifier(random_state=0),
    {"n_estimators": [5, 10, 20, 40, 80, 160], "max_depth": [4, 8, None]},
    refit=cheapest_within_one_standard_error,
).fit(X, y)

results = search.cv_results_
best = np.argmax(results["mean_test_score"])
for name, row in (("best", best), ("chosen", search.best_index_)):
    score = results["mean_test_score"][row]
    milliseconds = 1000 * results["mean_score_time"][row]
    print(f"{name:<7} {results['params'][row]}: {score:.4f} in {milliseconds:.1f} ms")

# %%
# The picture
# ===========
#
# Every point is a configuration. Points further up and to the left are better. The line
# joins the points that no other point beats. The chosen configuration is the leftmost
# point of this line in the green band.

front = pareto_front(results, METRICS)
milliseconds = 1000 * results["mean_score_time"]
scores = results["mean_test_score"]
front = front[np.argsort(milliseconds[front])]

fig, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
ax.axhspan(
    least_score(results),
    scores.max(),
    color="C2",
    alpha=0.15,
    label="within one standard error of the best",
)
ax.plot(milliseconds, scores, "o", color="0.6", label="configuration")
ax.plot(milliseconds[front], scores[front], "o-", color="C0", label="Pareto front")
ax.plot(milliseconds[best], scores[best], "*", ms=16, color="C1", label="best score")
ax.plot(
    milliseconds[search.best_index_],
    scores[search.best_index_],
    "D",
    ms=10,
    color="C3",
    label="chosen",
)
ax.set(
    xscale="log",
    xlabel="milliseconds to score one fold (log scale)",
    ylabel="accuracy, mean of 5 folds",
    title="Random forests on digits",
)
ticks = [2, 5, 10, 20, 40, 80]
ax.set_xticks(ticks, [str(t) for t in ticks])
ax.minorticks_off()
ax.legend(loc="lower right")
plt.show()
