"""
==========================================
Configurations that hang, crash and go on
==========================================

Some configurations of a search do harm: one never ends, one kills its process, and one
cannot be fitted at all. The search reports these configurations and goes on. In the
second part, the same search is interrupted, and then it goes on from its file.
"""

import os
import tempfile
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import BaseEstimator

from sklearn_automl import ASHASearchCV
from sklearn_automl.samplers import GridSampler

# %%
# An estimator that does harm
# ---------------------------
# The estimator stands for a solver that does not converge, for a bug in native code,
# and for a parameter that cannot work.


class Harmful(BaseEstimator):
    """Fits for a short time, or does what ``harm`` says."""

    def __init__(self, quality=0.5, harm=None):
        self.quality = quality
        self.harm = harm

    def fit(self, X, y=None):  # noqa: ARG002, D102
        if self.harm == "hangs":
            time.sleep(3600)
        if self.harm == "crashes":
            os._exit(1)
        if self.harm == "raises":
            raise ValueError("this cannot be fitted")
        time.sleep(0.15 + 0.2 * self.quality)
        return self

    def score(self, X, y=None):  # noqa: ARG002, D102
        return self.quality


X = np.zeros((60, 1))
good = {"quality": np.linspace(0.1, 0.9, 14).round(2)}
bad = {"harm": ["hangs", "crashes", "raises"]}

# %%
# The search
# ----------
# The search has two workers, and an evaluation may take at most two seconds.

search = ASHASearchCV(
    Harmful(),
    [good, bad],
    sampler=GridSampler(shuffle=True),
    resource=None,
    cv=2,
    n_jobs=2,
    trial_timeout=2,
    random_state=0,
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that three were not completed
    search.fit(X)

results = search.to_frame().sort_values("start_time", ignore_index=True)
lost = results[results["status"] != "completed"]
for params, status, error in zip(
    lost["params"], lost["status"], lost["error"], strict=True
):
    print(f"{params['harm']:8} {status:8} {error.strip().splitlines()[-1]}")
print("best:", search.best_params_)

# %%
# Each bar is an evaluation, from the start of its first fold to the end of its last.
# Its two folds run side by side, and the limit is for both together. The evaluation
# that crashed was run a second time, alone, before the search gave it up. In the gaps,
# new workers start and replace the workers that were lost.

colors = {
    "completed": "tab:blue",
    "timeout": "tab:orange",
    "crashed": "tab:red",
    "failed": "tab:purple",
}
fig, ax = plt.subplots(figsize=(7, 4))
for status, rows in results.groupby("status", sort=False):
    lengths = np.maximum(rows["end_time"] - rows["start_time"], 0.03)
    ax.barh(
        rows.index, lengths, left=rows["start_time"], color=colors[status], label=status
    )
ax.invert_yaxis()
ax.set(xlabel="seconds since the start of the search", ylabel="evaluation", yticks=[])
ax.legend()
fig.tight_layout()

# %%
# Stop, and go on
# ---------------
# With ``checkpoint`` every finished evaluation is in a file. The time limit stands for
# a process that is killed.

with tempfile.TemporaryDirectory() as folder:
    search.set_params(
        param_distributions=good,
        checkpoint=os.path.join(folder, "search.db"),
        trial_timeout=None,
        time_limit=1.0,
    )
    search.fit(X)
    n_before = len(search.cv_results_["params"])
    began = time.perf_counter()
    search.set_params(time_limit=None).fit(X)
    seconds = time.perf_counter() - began

n_all = len(search.cv_results_["params"])
print(
    f"{n_before} evaluations before the end, {n_all} after going on for {seconds:.1f} s"
)
