"""
====================================================
Time series: search with TimeSeriesSplit
====================================================

Forecast the next day from the last days. Folds are in the order of time, so every model
is tested on days after those that it was fitted on.
"""

import numpy as np
from scipy.stats import loguniform, randint
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import TimeSeriesSplit

from sklearn_automl import SuccessiveHalvingSearchCV

rng = np.random.default_rng(0)
days = np.arange(1200)
sales = 20 + 0.01 * days + 5 * np.sin(2 * np.pi * days / 7) + rng.normal(size=len(days))

n_lags = 14
X = np.lib.stride_tricks.sliding_window_view(sales[:-1], n_lags)
y = sales[n_lags:]
X_past, X_future, y_past, y_future = X[:-100], X[-100:], y[:-100], y[-100:]

search = SuccessiveHalvingSearchCV(
    HistGradientBoostingRegressor(max_iter=50, random_state=0),
    {
        "learning_rate": loguniform(0.03, 0.5),
        "max_leaf_nodes": randint(3, 32),
        "min_samples_leaf": randint(5, 60),
    },
    n_iter=18,
    cv=TimeSeriesSplit(n_splits=4),
    scoring="neg_mean_absolute_error",
    random_state=0,
)
search.fit(X_past, y_past)

print(f"mean absolute error, cross-validated  {-search.best_score_:.3f}")
print(f"mean absolute error, last 100 days    {-search.score(X_future, y_future):.3f}")
naive = abs(X_future[:, -7] - y_future).mean()
print(f"mean absolute error, same day of week {naive:.3f}")
print(search.best_params_)

# %%
# The search sees that the folds are in the order of time. It begins with the most
# recent fold, and a subset of rows is the most recent rows of the training fold
# (:ref:`resources`). ``resource="n_folds"`` never cuts a training fold.
