"""
=======================================
Learning curves: stop what cannot win
=======================================

It is often clear long before the end of a fit that the model will not be the best.
:class:`~sklearn_automl.LearningCurveSearchCV` extrapolates the curve of each trial. It
stops a trial that is unlikely to end above the best trial so far.
"""

import matplotlib.pyplot as plt
from scipy.stats import loguniform, randint
from sklearn.datasets import load_digits
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.model_selection import StratifiedShuffleSplit

from sklearn_automl import LearningCurveSearchCV

# %%
# Two sets of learning curves
# ---------------------------
# Trees are the resource, up to 60 of them. The boosted ensembles are very different,
# because their learning rates span three decades. The forests are all alike: they
# differ in the size of their leaves, within a sensible range.

X, y = load_digits(n_class=5, return_X_y=True)
X, y = X[::2], y[::2]
cv = StratifiedShuffleSplit(1, test_size=0.4, random_state=0)
searches = {
    "boosting, learning rates over three decades": LearningCurveSearchCV(
        GradientBoostingClassifier(
            n_estimators=60, max_features=8, subsample=0.7, random_state=0
        ),
        {"learning_rate": loguniform(1e-3, 1), "max_depth": randint(1, 4)},
        resource="n_estimators",
        scoring="neg_log_loss",
        n_iter=24,
        cv=cv,
        random_state=0,
    ),
    "forests, all alike": LearningCurveSearchCV(
        RandomForestClassifier(n_estimators=60, random_state=0),
        {"max_features": [6, 7, 8, 9], "min_samples_leaf": [1, 2, 3, 4, 5, 6]},
        resource="n_estimators",
        scoring="neg_log_loss",
        n_iter=24,
        cv=cv,
        random_state=0,
    ),
}
for search in searches.values():
    search.fit(X, y)

# %%
# What was stopped, and where
# ---------------------------
# A line is a trial. It is grey if the trial was stopped, at the dot, and blue if the
# trial ran in full. The first trial runs in full because there is nothing to beat yet.
# On the left, the best trial overtakes a faster learning rate at the end. It was not
# stopped while it was behind.

fig, axes = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
for ax, (title, search) in zip(axes, searches.items(), strict=True):
    frame = search.to_frame()
    best = frame["trial_id"][search.best_index_]
    n_full = 0
    for trial, rows in frame.groupby("trial_id"):
        trees, loss = rows["n_resources"], -rows["mean_test_score"]
        is_full = trees.max() == search.max_resources_
        n_full += is_full
        color, width = ("C0", 1.2) if is_full else ("0.6", 0.8)
        if trial == best:
            color, width = "C1", 2.5
        ax.plot(trees, loss, color=color, lw=width, zorder=2 + is_full)
        if not is_full:
            ax.plot(trees.iloc[-1], loss.iloc[-1], "o", color="0.4", ms=4, zorder=2)
    saved = 1 - search.total_resources_ / (search.n_trials_ * search.max_resources_)
    ax.set_title(f"{title}\n{n_full} of 24 in full, {saved:.0%} of the trees saved")
    ax.set(xscale="log", yscale="log", xlabel="trees", ylabel="log loss")
    ax.minorticks_off()
    ax.set_xticks([3, 10, 30, 60], ["3", "10", "30", "60"])
    print(f"{title}: {n_full} in full, {saved:.0%} saved, best {search.best_params_}")
axes[0].plot([], [], color="C1", lw=2.5, label="the best")
axes[0].plot([], [], color="C0", label="ran in full")
axes[0].plot([], [], "o-", color="0.6", ms=4, label="stopped")
axes[0].legend(loc="lower left")
plt.show()

# %%
# How sure should it be?
# ----------------------
# With a smaller ``confidence``, trials are stopped sooner, and a trial that becomes
# good late is lost more often.

search = searches["boosting, learning rates over three decades"]
print("confidence  trees saved  log loss of the best")
for confidence in (0.5, 0.9, 0.95, 0.99):
    search.set_params(confidence=confidence).fit(X, y)
    saved = 1 - search.total_resources_ / (search.n_trials_ * search.max_resources_)
    print(f"{confidence:<10}  {saved:>11.0%}  {-search.best_score_:.4f}")

# %%
# When it wins, and when it does not
# ----------------------------------
# The search wins if models are continued with more of the resource, such as epochs or
# trees, if configurations differ, and if you need the result that a search in full
# would find. A trial is not compared with trials at the same rung, but with the best
# trial at its end.
#
# On the right, the search saves little, because the trials are alike: until they have
# nearly ended, few of them are unlikely to win. A wrong choice among similar trials
# costs little, and :class:`~sklearn_automl.SuccessiveHalvingSearchCV` makes the choice
# early.
