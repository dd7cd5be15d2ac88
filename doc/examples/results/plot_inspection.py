"""
=================================
Ten pictures of a finished search
=================================

Every search can draw itself: ``search.plot(kind)``. This example draws all kinds, each
with a sentence that says what to look for. The pictures work with the searches of this
package, with scikit-learn's, and with the estimators that search networks.
"""

import matplotlib.pyplot as plt
from joblib import parallel_config
from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.model_selection import RandomizedSearchCV
from sklearn.svm import SVC

from sklearn_automl import HyperbandSearchCV
from sklearn_automl.inspection import SearchDisplay, SliceDisplay, rung_agreement

# %%
# Two searches
# ------------
# The searches are Hyperband and scikit-learn's random search, in the same space. Every
# value is drawn from three to six decades. The parameter ``shrinking`` changes no
# score.

X, y = load_digits(return_X_y=True)
X, y = X[:800], y[:800]
space = {
    "C": loguniform(1e-2, 1e3),
    "gamma": loguniform(1e-6, 1e-1),
    "kernel": ["rbf", "sigmoid"],
    "shrinking": [False, True],
}
search = HyperbandSearchCV(SVC(), space, n_iterations=4, cv=3, random_state=0)
with parallel_config(backend="threading", n_jobs=2):
    search.fit(X, y)
random = RandomizedSearchCV(SVC(), space, n_iter=25, random_state=0, cv=3).fit(X, y)

# %%
# Is it good yet?
# ---------------
# The line is the best score of all evaluations with the most rows. As long as the line
# climbs, it is worth trying more configurations.

search.plot("history", x="time")
plt.show()

# %%
# Is it better than another search?
# ---------------------------------
# Searches are compared by what they have spent. 1 is an evaluation with all rows on all
# folds.

SearchDisplay.compare({"Hyperband": search, "random": random}, x="resource")
plt.show()

# %%
# Which were promoted?
# --------------------
# A column is a rung. Blue configurations were promoted, and grey ones were stopped. The
# three brackets are those of the last iteration.

search.plot("rungs", brackets=[9, 10, 11])
plt.show()

# %%
# Were those that were stopped worse?
# -----------------------------------
# If two lines cross, a lower rung has judged these configurations wrongly.

search.plot("learning_curves")
plt.show()

# %%
# Do low rungs predict high ones?
# -------------------------------
# Near 1, they do. Near 0, the search stops configurations at random, and a warning says
# what to do.

search.plot("rung_agreement")
plt.show()
for name, column in rung_agreement(search).items():
    print(f"{name:<12}", *column, sep="  ")

# %%
# Which parameters matter?
# ------------------------
# A bar is the share of the differences between scores that a parameter explains alone.

search.plot("importance")
plt.show()

# %%
# Which values are good?
# ----------------------
# If the best dots are at an end of the axis, the range is too small.

SliceDisplay.from_search(random, parameters=["C", "gamma", "kernel"])
plt.show()

# %%
# Which values are good together?
# -------------------------------
# The colours between the dots are means of scores nearby.

search.plot("contour", parameters=["C", "gamma"])
plt.show()

# %%
# Which combinations are good?
# ----------------------------
# A line is a configuration. Lighter ones have higher scores.

search.plot("parallel_coordinates")
plt.show()

# %%
# Did the workers wait?
# ---------------------
# A bar is an evaluation. The share of time in which workers did nothing is in the
# title.

search.plot("timeline", color="resource")
plt.show()

# %%
# What does a better score cost?
# ------------------------------
# Nothing beats the blue dots in both score and seconds.

search.plot("pareto_front", metrics=["mean_score_time", "score"])
plt.show()
