"""
====================================================
Choose between models and pipelines in one search
====================================================

Compare models, scalers and hyperparameters in one search. Each dict of the list is one
alternative with its own hyperparameters.
"""

from scipy.stats import loguniform, randint
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from sklearn_automl import SuccessiveHalvingSearchCV

X, y = load_wine(return_X_y=True)
pipe = Pipeline(
    [("scale", StandardScaler()), ("reduce", "passthrough"), ("model", SVC())]
)
alternatives = [
    {
        "scale": [StandardScaler(), MinMaxScaler()],
        "reduce": ["passthrough", PCA(5, random_state=0)],
        "model": [SVC()],
        "model__C": loguniform(1e-2, 1e3),
        "model__gamma": loguniform(1e-4, 1),
    },
    {
        "model": [LogisticRegression(max_iter=500)],
        "model__C": loguniform(1e-3, 1e3),
    },
    {
        "scale": ["passthrough"],  # trees need no scaler
        "model": [RandomForestClassifier(n_estimators=30, random_state=0)],
        "model__max_depth": randint(2, 10),
        "model__max_features": ["sqrt", 0.5],
    },
]
search = SuccessiveHalvingSearchCV(pipe, alternatives, n_iter=36, random_state=0)
search.fit(X, y)
print(f"{search.best_score_:.3f}")
print(search.best_estimator_)

# %%
# How good was the best configuration of each model on all folds?

table = search.to_frame()
table["kind"] = [type(params["model"]).__name__ for params in table["params"]]
in_full = table[table["n_folds"] == search.n_splits_]
print(in_full.groupby("kind")["mean_test_score"].agg(["max", "size"]).round(3))

# %%
# If a model is missing, all its configurations were stopped earlier.
# :ref:`search_spaces` has more, such as parameters that exist only with some values of
# another one.
