"""
==================================
A network for a table of numbers
==================================

You can use :class:`~sklearn_automl.NASRegressor` in a pipeline and in cross-validation,
like any regressor of scikit-learn. Here it is compared with gradient boosting.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_friedman1
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import cross_validate
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_automl import NASRegressor

# %%
# Numbers and a category
# ----------------------
# The target is a smooth function of ten numbers, half of which do not matter. In one of
# three groups the function has the opposite sign.

rng = np.random.default_rng(0)
X, y = make_friedman1(1500, noise=1.0, random_state=0)
group = rng.integers(3, size=len(X))
y = np.where(group == 2, -y, y)
X = np.column_stack([X, group])


def preprocessor():
    """Return what makes numbers of all columns."""
    return make_column_transformer(
        (StandardScaler(), slice(0, 10)), (OneHotEncoder(), [10])
    )


# %%
# Networks of dense layers
# ------------------------
# With flat data, the space has chains of dense layers. The search chooses how many
# layers there are, how wide they are, their activation and how much dropout they have.
# ``n_trials`` architectures are tried in each fold, and the best is trained on all rows
# of that fold. The network standardises a table itself, so it needs no scaler. The
# category needs an encoder.

search = NASRegressor(
    strategy="bayesian",
    estimation="asha",
    n_trials=15,
    max_epochs=30,
    random_state=0,
)
models = {
    "gradient boosting": HistGradientBoostingRegressor(random_state=0),
    "MLPRegressor": MLPRegressor(early_stopping=True, max_iter=1000, random_state=0),
    "NASRegressor, reference": NASRegressor(
        strategy="random", n_trials=1, max_epochs=30, random_state=0
    ),
    "NASRegressor": search,
}
scores = {}
for name, model in models.items():
    results = cross_validate(
        make_pipeline(preprocessor(), model), X, y, cv=3, return_estimator=True
    )
    scores[name] = results["test_score"]
    seconds = results["fit_time"].mean()
    print(f"{name:<24} R2 {results['test_score'].mean():.3f}  {seconds:.1f} s a fold")

# %%
# Each fold has found its own architecture:

for pipeline in results["estimator"]:
    found = pipeline[-1]
    layers = ", ".join(node.label for node in found.best_architecture_.nodes)
    print(f"{found.best_score_:.3f}  {layers}")

# %%
# The network that was found is a little better than boosting, but boosting takes only a
# fraction of the time. The reference, a network without a search, is as good as
# boosting. On tables, try boosting first. Try a network if the function is smooth, or
# if another part of your system has to be a network too.

fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
for i, values in enumerate(scores.values()):
    ax.plot(values, [i] * len(values), "o", color=f"C{i}")
ax.set_yticks(range(len(scores)), list(scores))
ax.margins(y=0.15)
ax.invert_yaxis()
ax.set_xlabel("R$^2$ on the fold that is left out")
plt.show()
