"""
===================================================================
Bayesian optimization: fewer evaluations, more expensive proposals
===================================================================

:class:`~sklearn_automl.BayesianSearchCV` fits a Gaussian process to all results before
each proposal. Here it is compared with random search, with the same number of
evaluations in full. In one space, eight hyperparameters matter together. The other
space has two.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import loguniform
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.datasets import make_friedman1
from sklearn.model_selection import RandomizedSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVR

from sklearn_automl import BayesianSearchCV

# %%
# A weight for each feature
# -------------------------
# A support vector machine with an RBF kernel has one width for all features. With a
# weight for each feature, features have different widths: a feature that matters little
# can be shrunk, and a feature that the target follows closely can be stretched. The
# seven features here are all from 0 to 1, and two of them are noise. How good a weight
# is depends on the other weights and on ``C``. A grid of three values for each would
# have 6,561 configurations.


class Weights(TransformerMixin, BaseEstimator):
    """Multiplies each of seven features by its own number."""

    def __init__(self, w0=1, w1=1, w2=1, w3=1, w4=1, w5=1, w6=1):
        self.w0, self.w1, self.w2, self.w3 = w0, w1, w2, w3
        self.w4, self.w5, self.w6 = w4, w5, w6

    def fit(self, X, y=None):  # noqa: ARG002
        """Learn nothing."""
        return self

    def transform(self, X):
        """Return the weighted features."""
        return X * [getattr(self, f"w{i}") for i in range(7)]


X, y = make_friedman1(n_samples=2200, n_features=7, noise=1, random_state=0)
X, X_test, y, y_test = train_test_split(X, y, train_size=200, random_state=0)
pipeline = make_pipeline(Weights(), SVR(gamma=1))
c_range = {"svr__C": loguniform(1e-1, 1e3)}
spaces = {
    8: c_range | {f"weights__w{i}": loguniform(0.1, 10) for i in range(7)},
    2: c_range | {"svr__gamma": loguniform(0.01, 100)},  # one weight for all, squared
}

# %%
# Eight searches of each kind
# ---------------------------
# After each evaluation, we note the best cross-validated score so far, and the score of
# the same configuration on 2,000 rows that no search has seen.

N_TRIALS, N_SEEDS = 30, 8
searches = {"random": RandomizedSearchCV, "Bayesian": BayesianSearchCV}


def best_so_far(search):
    """Return the best score after each evaluation, and what it is on held-out rows."""
    results = search.fit(X, y).cv_results_
    scores = results["mean_test_score"]
    best = np.maximum.accumulate(scores)
    held_out = np.empty_like(best)
    for i in np.flatnonzero(scores == best):
        model = clone(pipeline).set_params(**results["params"][i]).fit(X, y)
        held_out[i:] = model.score(X_test, y_test)
    return best, held_out


runs = {}  # of shape (seeds, 2, evaluations)
for n_params, space in spaces.items():
    for name, Search in searches.items():
        common = {"n_iter": N_TRIALS, "cv": 3, "refit": False}
        runs[n_params, name] = np.array(
            [
                best_so_far(Search(pipeline, space, random_state=seed, **common))
                for seed in range(N_SEEDS)
            ]
        )

# %%
# When it wins, and when it does not
# ----------------------------------
# With eight hyperparameters, hardly any random configuration has good values for all of
# them. The Gaussian process learns which weights matter. After 10 evaluations it is as
# good as random search after 30. In the end the process has a score of 0.90, and random
# search has 0.73. On the held-out rows the scores are 0.93 and 0.80. (These are higher
# because the model was fitted on all 200 rows, not on two thirds of them.) The first
# six configurations do not come from the model, and they gain little. The process does
# not always win: one of the eight searches ends at 0.72, below the median of random
# search.
#
# The two hyperparameters of the other space are ``C`` and one width for all features.
# The process has 0.85 after ten evaluations, and random search has 0.84 after twenty.
# After that there is nothing left to gain. Random search also reaches more here than
# with eight hyperparameters: more hyperparameters help only a search that can handle
# them.
#
# The axis is evaluations, not seconds. A proposal takes about a hundredth of a second.
# An evaluation takes as long here, so random search could make up to twice as many
# evaluations in the same time. If a fit takes seconds, the time of the proposals does
# not matter.

fig, axes = plt.subplots(1, 3, figsize=(10, 4.2), sharey=True, layout="constrained")
panels = [
    (8, 0, "8 hyperparameters,\ncross-validated"),
    (8, 1, "8 hyperparameters,\nheld-out rows"),
    (2, 0, "2 hyperparameters,\ncross-validated"),
]
evaluations = np.arange(1, N_TRIALS + 1)
styles = {"random": ("black", "--"), "Bayesian": ("tab:red", "-")}
for ax, (n_params, row, title) in zip(axes, panels, strict=True):
    for name, (color, line) in styles.items():
        low, middle, high = np.quantile(
            runs[n_params, name][:, row], [0.25, 0.5, 0.75], axis=0
        )
        ax.plot(evaluations, middle, color=color, ls=line, lw=2.5, label=name)
        ax.fill_between(evaluations, low, high, color=color, alpha=0.18, lw=0)
    ax.set(xlabel="evaluations", xlim=(1, N_TRIALS), ylim=(0.6, 0.97))
    ax.set_title(title, loc="left")
    ax.grid(alpha=0.3)
axes[0].set_ylabel("$R^2$ of the best so far,\nmedian and quartiles of 8 seeds")
axes[0].legend(loc="lower right", fontsize="large")
plt.show()

# %%
# The table has the medians of the cross-validated and the held-out score, and the
# cross-validated score of the worst of the eight searches.

print("hyperparameters  search    evaluations     cv  held-out  worst cv")
for (n_params, name), scores in runs.items():
    for n in (5, 10, 20, 30):
        cv, held_out = np.median(scores[:, :, n - 1], axis=0)
        worst = scores[:, 0, n - 1].min()
        print(f"{n_params:15}  {name:8}  {n:11}", end="")
        print(f"  {cv:5.3f}  {held_out:8.3f}  {worst:8.3f}")
