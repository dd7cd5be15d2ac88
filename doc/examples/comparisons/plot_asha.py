"""
=====================================
ASHA: no worker waits for the slowest
=====================================

In successive halving, a rung ends when its last evaluation ends. One slow fit keeps all
other workers idle. :class:`~sklearn_automl.ASHASearchCV` promotes a configuration as
soon as it is among the best of those that have finished. If there is no configuration
to promote, it starts a new one.
"""

import time

import matplotlib.pyplot as plt
from joblib import parallel_config
from scipy.stats import uniform
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from sklearn_automl import ASHASearchCV, SuccessiveHalvingSearchCV
from sklearn_automl.inspection import TimelineDisplay

# %%
# Fits of very different lengths
# ------------------------------
# The estimator sleeps instead of computing, so that eight workers fit on any machine.
# How long it sleeps depends on a hyperparameter, as the time of a fit depends on the
# depth of a tree or the width of a network. Most fits are short, and a few are eight
# times as long. The score has noise, which decreases with more of the resource.


class Sleeper(BaseEstimator):
    """Sleeps in proportion to ``n_units``; good if ``quality`` is high."""

    def __init__(self, quality=0.5, size=0.5, n_units=27):
        self.quality = quality
        self.size = size
        self.n_units = n_units

    def fit(self, X, y=None):  # noqa: ARG002
        """Take 8 to 64 milliseconds for each unit."""
        time.sleep(self.n_units * 0.008 * 8 ** (self.size**4))
        return self

    def score(self, X, y=None):  # noqa: ARG002
        """Return the quality, with less noise after more units."""
        seed = int(self.quality * 1e6) + self.n_units
        return self.quality + check_random_state(seed).normal() / 3 / self.n_units


def fit_all(sizes):
    """Run both searches on eight workers."""
    common = {
        "param_distributions": {"quality": uniform(), "size": sizes},
        "n_iter": 162,
        "resource": "n_units",
        "min_resources": 1,
        "cv": [([0], [0])],
        "refit": False,
        "random_state": 0,
    }
    searches = (
        SuccessiveHalvingSearchCV(Sleeper(), **common),
        ASHASearchCV(Sleeper(), **common),
    )
    with parallel_config(backend="threading", n_jobs=8):
        return [search.fit([[0]]) for search in searches]


uneven = fit_all(uniform())

# %%
# Who did what, and when
# ----------------------
# The table says when each evaluation began and ended. In the picture, a row is a
# worker, and a bar is an evaluation. Where a row is white, the worker is idle.


def first_in_full(search):
    """Return when the first configuration had all of the resource."""
    results = search.cv_results_
    return results["end_time"][results["rung"] == 3].min()


fig, axes = plt.subplots(2, 1, figsize=(10, 6), layout="constrained", sharex=True)
for ax, search in zip(axes, uneven, strict=True):
    display = TimelineDisplay.from_search(search, ax=ax, color="resource", n_workers=8)
    first = first_in_full(search)
    ax.axvline(first, color="black", lw=1.5, ls="--")
    ax.set_title(
        f"{type(search).__name__}: first full result after {first:.1f} s, "
        f"workers idle for {display.idle_share_:.0%} of the time",
        loc="left",
    )
# The axes are shared, and both searches have to be visible.
axes[0].set_xlim(0, max(search.cv_results_["end_time"].max() for search in uneven))
plt.show()

# %%
# When it wins, and when it does not
# ----------------------------------
# ASHA wins where workers would wait: with fits of different lengths, or with many
# workers. Its first results in full are there long before the lowest rung is complete,
# so there is a result when a ``time_limit`` ends the search. Workers are busy as long
# as there are configurations to start.
#
# ASHA does not end sooner. It promotes early, when only a few results are known, so it
# promotes some configurations that a complete rung would not promote. If all fits take
# the same time, there is little waiting to avoid:

even = fit_all([0.5])

print("fits    search                     first in full    end  quality  rungs")
for fits, searches in {"uneven": uneven, "even": even}.items():
    for search in searches:
        results = search.cv_results_
        rungs = ", ".join(str(n) for n, _ in search.brackets_[0])
        found = results["params"][search.best_index_]["quality"]
        print(
            f"{fits:<7} {type(search).__name__:<26} {first_in_full(search):>11.2f} s "
            f"{results['end_time'].max():>4.1f} s {found:>8.3f}  {rungs}"
        )

# %%
# With more than one worker, a seed does not fix the result of ASHA, because it is not
# always the same evaluation that finishes first.
