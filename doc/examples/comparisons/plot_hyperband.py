"""
====================================
Hyperband: an insurance, and its fee
====================================

You have to tell successive halving how early it drops configurations. To drop them
early is cheap, but it is wrong if the best configurations take long to become good.
:class:`~sklearn_automl.HyperbandSearchCV` runs brackets of all kinds, from many
configurations on little of the resource to few configurations in full. Each bracket
costs about the same.
"""

import matplotlib.pyplot as plt
import numpy as np
from joblib import Parallel, delayed
from scipy.stats import loguniform, randint, uniform
from sklearn.base import BaseEstimator
from sklearn.datasets import make_friedman1
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.metrics import r2_score
from sklearn.model_selection import ParameterSampler, train_test_split

from sklearn_automl import HyperbandSearchCV, SuccessiveHalvingSearchCV

# %%
# Two kinds of learning curves
# ----------------------------
# Trees are the resource. A forest with good parameters is good from its first trees on.
# A boosted ensemble with a small learning rate needs many trees to be good.
#
# A single run of a search says little. To run each search many times, we compute the
# curves of 150 configurations once, in 27 steps, and an estimator replays them.

X, y = make_friedman1(1000, noise=1, random_state=0)
X, X_test, y, y_test = train_test_split(X, y, train_size=200, random_state=0)


def forest_curve(params):
    forest = RandomForestRegressor(n_estimators=27, random_state=0, **params).fit(X, y)
    trees = np.cumsum([tree.predict(X_test) for tree in forest.estimators_], axis=0)
    return [r2_score(y_test, total / (i + 1)) for i, total in enumerate(trees)]


def boosting_curve(params):
    model = GradientBoostingRegressor(n_estimators=81, random_state=0, **params)
    predictions = list(model.fit(X, y).staged_predict(X_test))
    return [r2_score(y_test, predicted) for predicted in predictions[2::3]]


def curves_of(curve, space):
    """Return the curves of 150 configurations, a row each."""
    sample = ParameterSampler(space, 150, random_state=0)
    return np.array(Parallel(n_jobs=2)(delayed(curve)(params) for params in sample))


forests = {
    "max_depth": randint(1, 12),
    "min_samples_leaf": randint(1, 40),
    "max_features": uniform(0.1, 0.9),
}
boosting = {"learning_rate": loguniform(1e-2, 1), "max_depth": randint(1, 5)}
curves = {
    "forests: early ranks hold": curves_of(forest_curve, forests),
    "boosting: early ranks mislead": curves_of(boosting_curve, boosting),
}


class Replay(BaseEstimator):
    """A model whose score is read off one of 150 curves."""

    def __init__(self, curves=None, place=0.0, n_steps=27):
        self.curves = curves
        self.place = place
        self.n_steps = n_steps

    def fit(self, X, y=None):  # noqa: ARG002
        """Learn nothing."""
        return self

    def score(self, X, y=None):  # noqa: ARG002
        """Return the score after ``n_steps``."""
        return self.curves[int(self.place), self.n_steps - 1]


# %%
# The same cost for each
# ----------------------
# Here, one iteration of Hyperband costs as much as 16 full evaluations. So do
# successive halving with 108 configurations and random search with 16.

# A list of 150 values would be a small space, and Hyperband would try all of it.
space = {"place": uniform(0, 150)}
common = {"resource": "n_steps", "cv": [([0], [0])], "refit": False}
searches = {
    "random search": lambda replay, seed: SuccessiveHalvingSearchCV(
        replay, space, n_iter=16, random_state=seed, **{**common, "resource": None}
    ),
    "successive halving": lambda replay, seed: SuccessiveHalvingSearchCV(
        replay, space, n_iter=108, random_state=seed, **common
    ),
    "Hyperband": lambda replay, seed: HyperbandSearchCV(
        replay, space, n_iterations=1, random_state=seed, **common
    ),
}


def regrets(make_search, curves, n_seeds=40):
    """Return how far the configurations found are from the best of all."""
    final = curves[:, -1]
    found = []
    for seed in range(n_seeds):
        search = make_search(Replay(curves), seed).fit([[0]])
        found.append(final[int(search.best_params_["place"])])
    return final.max() - np.array(found)


results = {
    task: {name: regrets(make, curve) for name, make in searches.items()}
    for task, curve in curves.items()
}

# %%
# A dot is one seed. The bars are medians.

fig, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained", sharey=True)
rng = np.random.default_rng(0)
for ax, (task, by_search) in zip(axes, results.items(), strict=True):
    for place, (name, values) in enumerate(by_search.items()):
        jitter = place + rng.uniform(-0.25, 0.25, len(values))
        ax.plot(values, jitter, "o", color=f"C{place}", ms=5, alpha=0.4, mew=0)
        median = np.median(values)
        ax.plot([median] * 2, [place - 0.35, place + 0.35], color="k", lw=2.5)
        print(f"{task}, {name}: median {median:.4f}, worst {values.max():.4f}")
    ax.set(title=task, xlabel="$R^2$ below the best of all 150", xlim=(-0.002, None))
    ax.set_yticks(range(len(by_search)), list(by_search))
    ax.locator_params(axis="x", nbins=5)
    ax.grid(axis="x", alpha=0.3)
plt.show()

# %%
# When it wins, and when it does not
# ----------------------------------
# Successive halving is by far the best if early ranks hold, and the worst if they
# mislead. Hyperband is never the worst. On the left it pays a fee: some brackets begin
# higher than they need to. On the right these brackets save it, and it is about as good
# as random search. If you know which kind of curves you have, do not pay the fee. Use
# successive halving if early ranks hold, and another resource if they mislead.
#
# These are the brackets that Hyperband ran:

search = searches["Hyperband"](Replay(curves["forests: early ranks hold"]), 0).fit(
    [[0]]
)
for bracket in search.brackets_:
    print(" -> ".join(f"{n} with {steps} steps" for n, steps in bracket))
