"""
======================================
Evolution: children of the best so far
======================================

:class:`~sklearn_automl.EvolutionarySearchCV` breeds new configurations from those that
were good. Here its strategies are compared with random search, on scores that have an
order to follow and on scores that have none.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import uniform
from sklearn.base import BaseEstimator

from sklearn_automl import ASHASearchCV, EvolutionarySearchCV

# %%
# Two landscapes
# --------------
# The estimator computes nothing: its score is a function of six hyperparameters. This
# way many searches can be repeated, and the best possible score is known: it is 0. In
# the first landscape, good configurations are near other good ones. In the second,
# every hyperparameter is cut into 50 pieces, and the scores of the pieces have no
# order. A place near a good configuration then says nothing. Both landscapes have about
# the same number of configurations with each score.

NAMES = "abcdef"
rng = np.random.default_rng(0)
SHUFFLED = [rng.permutation(50) for _ in NAMES]


class Landscape(BaseEstimator):
    """Scores minus the squared distance to a point, or to its shuffled image."""

    def __init__(self, a=0.0, b=0.0, c=0.0, d=0.0, e=0.0, f=0.0, is_shuffled=False):
        self.a = a
        self.b = b
        self.c = c
        self.d = d
        self.e = e
        self.f = f
        self.is_shuffled = is_shuffled

    def fit(self, X, y=None):  # noqa: ARG002
        """Learn nothing."""
        return self

    def score(self, X, y=None):  # noqa: ARG002
        """Return 0 at 0.3 in each coordinate, less anywhere else."""
        point = np.array([getattr(self, name) for name in NAMES])
        if self.is_shuffled:
            pieces = np.minimum((point * 50).astype(int), 49)
            point = np.array([s[k] for s, k in zip(SHUFFLED, pieces, strict=True)]) / 50
        return -float(((point - 0.3) ** 2).sum())


STRATEGIES = [
    "genetic",
    "regularized_evolution",
    "differential_evolution",
    "particle_swarm",
    "cma_es",
]
N_TRIALS, N_SEEDS = 200, 16


def best_so_far(strategy, is_shuffled):
    """Return how far the best is from the optimum after each evaluation."""
    common = {
        "estimator": Landscape(is_shuffled=is_shuffled),
        "param_distributions": {name: uniform() for name in NAMES},
        "resource": None,
        "cv": [([0], [0])],
        "refit": False,
    }
    runs = []
    for seed in range(N_SEEDS):
        if strategy == "random":
            search = ASHASearchCV(**common, n_iter=N_TRIALS, random_state=seed)
        else:
            search = EvolutionarySearchCV(
                **common, strategy=strategy, random_state=seed
            )
        scores = search.fit([[0]]).cv_results_["mean_test_score"]
        runs.append(np.minimum.accumulate(-scores))
    return np.median(runs, axis=0)


curves = {
    is_shuffled: {s: best_so_far(s, is_shuffled) for s in ["random", *STRATEGIES]}
    for is_shuffled in (False, True)
}

# %%
# When it wins, and when it does not
# ----------------------------------
# Lower is better. In most strategies, the first 20 configurations, left of the dotted
# line, are the same Latin hypercube. Except for luck, the best of them is no better
# than the best of 20 random configurations: with so few evaluations there is nothing to
# gain. If scores have an order that can be followed (left), some strategies are only
# slightly better at 60 evaluations. At 200, random search is three to forty times as
# far from the best score as the strategies. If scores have no order (right), strategies
# that move in directions gain hardly anything. Strategies that pass on single values
# still win, because each hyperparameter counts separately here.

fig, axes = plt.subplots(1, 2, figsize=(10, 4.5), layout="constrained", sharey=True)
colors = ["black", *plt.get_cmap("tab10").colors[:5]]
evaluations = np.arange(1, N_TRIALS + 1)
for ax, is_shuffled in zip(axes, (False, True), strict=True):
    for (name, curve), color in zip(curves[is_shuffled].items(), colors, strict=True):
        style = {"lw": 2.5, "ls": "--"} if name == "random" else {"lw": 1.8}
        ax.plot(evaluations, curve, color=color, label=name, **style)
    ax.axvline(20, color="gray", lw=1, ls=":")
    ax.set(yscale="log", xlabel="evaluations", xlim=(1, N_TRIALS))
    ax.set_title("shuffled scores" if is_shuffled else "smooth scores", loc="left")
axes[0].set_ylabel("distance of the best score from 0")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
plt.show()

# %%
# The table has the distance of each strategy from the best score, as a share of the
# distance of random search:

print(f"{'strategy':<24}{'after':>6} {'smooth':>8} {'shuffled':>9}")
for strategy in STRATEGIES:
    for n in (20, 60, 200):
        shares = [
            curves[where][strategy][n - 1] / curves[where]["random"][n - 1]
            for where in (False, True)
        ]
        print(f"{strategy:<24}{n:>6} {shares[0]:>8.2f} {shares[1]:>9.2f}")
