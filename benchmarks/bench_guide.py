"""Numbers of the user guide that no other benchmark measures.

The parts are

races
    GridSearchCV with a race and without one, on seven small tables of scikit-learn,
    with five kinds of models, grids of 9 to 36 candidates, and 5 or 10 shuffled folds.
    Shown is how often the winner is as good, and what the others lose.
text
    A text pipeline whose last step is searched, from 8,000 texts that are made up.
    GridSearchCV of scikit-learn, ours, and successive halving by rows and by folds, in
    one process.
depth
    The best depth of a decision tree on ``make_friedman1``, by the number of rows.

Run: ``OMP_NUM_THREADS=1 python benchmarks/bench_guide.py``, with the names of some
parts or with none for all. All of them take about twenty minutes.
"""

import sys
import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV as SklearnGridSearchCV
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_automl import GridSearchCV, SuccessiveHalvingSearchCV

# ---- races ---------------------------------------------------------------------------

_TREE = {"max_depth": [1, 2, 3, 4, 6, 8], "min_samples_leaf": [1, 2, 4, 8, 16, 32]}
_NEIGHBOURS = {"n_neighbors": [1, 3, 5, 9, 15, 25], "weights": ["uniform", "distance"]}
_KERNEL = {"C": [0.01, 0.1, 1, 10, 100], "gamma": [1e-4, 1e-3, 0.01, 0.1, 1]}
_LINE = np.logspace(-4, 4, 9)
CLASSIFIERS = [
    (DecisionTreeClassifier(random_state=0), _TREE),
    (KNeighborsClassifier(), {**_NEIGHBOURS, "p": [1, 2]}),
    (SVC(), _KERNEL),
    (SVC(), {"C": [0.1, 1, 10], "gamma": [0.01, 0.1, 1]}),
    (LogisticRegression(max_iter=200), {"C": _LINE}),
]
REGRESSORS = [
    (DecisionTreeRegressor(random_state=0), _TREE),
    (KNeighborsRegressor(), {**_NEIGHBOURS, "p": [1, 2]}),
    (SVR(), _KERNEL),
    (SVR(), {"C": [0.1, 1, 10], "gamma": [0.01, 0.1, 1]}),
    (Ridge(), {"alpha": _LINE}),
]
_SEEDS = range(10)


def tables() -> Iterator[tuple[np.ndarray, np.ndarray, list, type]]:
    """Yield rows, targets, models and folds of each table."""
    X, y = datasets.load_digits(return_X_y=True)
    for rows, target in (
        datasets.load_iris(return_X_y=True),
        datasets.load_wine(return_X_y=True),
        datasets.load_breast_cancer(return_X_y=True),
        (X[:400], y[:400]),
        datasets.make_moons(200, noise=0.3, random_state=0),
    ):
        yield rows, target, CLASSIFIERS, StratifiedKFold
    yield *datasets.load_diabetes(return_X_y=True), REGRESSORS, KFold
    yield *datasets.make_friedman1(200, noise=1.0, random_state=0), REGRESSORS, KFold


def races() -> None:
    """Print how often races have the winner of scikit-learn."""
    losses, errors, fits = [], [], []
    for X, y, models, Folds in tables():
        rows = StandardScaler().fit_transform(X)
        for model, grid in models:
            for n_folds in (5, 10):
                for seed in _SEEDS:
                    folds = Folds(n_folds, shuffle=True, random_state=seed)
                    options = {"cv": folds, "refit": False}
                    full = GridSearchCV(model, grid, race=False, **options).fit(rows, y)
                    race = GridSearchCV(model, grid, **options).fit(rows, y)
                    table = full.cv_results_
                    winner = table["params"].index(race.best_params_)
                    scores, best = table["mean_test_score"], full.best_index_
                    losses.append(scores[best] - scores[winner])
                    errors.append(table["std_test_score"][best] / np.sqrt(n_folds))
                    ran = race.cv_results_.get("n_folds", np.full(len(scores), n_folds))
                    fits.append(ran.mean() / n_folds)
    as_good = np.mean(np.array(losses) <= 1e-12)
    close = np.mean(np.array(losses) <= errors)
    print(
        f"{len(losses)} races: {as_good:.1%} with a winner as good as scikit-learn's,"
    )
    print(f"{close:.1%} within its standard error, mean loss {np.mean(losses):.4f},")
    print(f"with {np.mean(fits):.0%} of the fits")


# ---- text ----------------------------------------------------------------------------


def texts(n: int = 8_000) -> tuple[list[str], np.ndarray]:
    """Return texts of 60 words, and a class that some of their words tell."""
    rng = np.random.default_rng(0)
    words = np.array([f"word{i}" for i in range(5_000)])
    shares = 1 / np.arange(1, len(words) + 1)
    drawn = rng.choice(words, (n, 60), p=shares / shares.sum())
    y = rng.integers(0, 2, n)
    told = (
        rng.choice(words[1_000:1_100], (n, 2)),
        rng.choice(words[1_100:1_200], (n, 2)),
    )
    hints = np.where(y[:, None] == 1, *told)
    return [" ".join([*own, *hint]) for own, hint in zip(drawn, hints, strict=True)], y


def text() -> None:
    """Print the CPU seconds of searches of a text pipeline."""
    X, y = texts()
    pipe = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression())
    for C in (np.logspace(-2, 1, 24), np.logspace(1, 4, 24)):
        grid = {"logisticregression__C": C.tolist()}
        halving = {"sampler": "grid", "random_state": 0}
        print(f"C from {C[0]:g} to {C[-1]:g}")
        compare(
            X,
            y,
            {
                "scikit-learn's GridSearchCV": SklearnGridSearchCV(pipe, grid),
                "our GridSearchCV": GridSearchCV(pipe, grid),
                "halving by rows": SuccessiveHalvingSearchCV(pipe, grid, **halving),
                "halving by folds": SuccessiveHalvingSearchCV(
                    pipe, grid, resource="n_folds", **halving
                ),
            },
        )


def compare(X: list[str], y: np.ndarray, searches: dict[str, Any]) -> None:
    """Print seconds, the best score, and the share of the resource and of the fits."""
    for name, search in searches.items():
        search.set_params(refit=False)
        began = time.process_time()
        search.fit(X, y)
        seconds = time.process_time() - began
        best = search.cv_results_["mean_test_score"][search.best_index_]
        line = f"  {name}: {seconds:.1f} CPU s, {best:.4f}"
        if hasattr(search, "total_resources_"):
            in_full = search.max_resources_ * search.n_trials_
            line += f", {search.total_resources_ / in_full:.0%} of the resource"
        print(line, flush=True)


# ---- depth ---------------------------------------------------------------------------


def depth() -> None:
    """Print the best depth of a tree for each number of rows."""
    for n in (40, 120, 360, 1_080, 3_240):
        scores = np.zeros(14)
        for seed in range(20):
            X, y = datasets.make_friedman1(n, noise=1.0, random_state=seed)
            for i in range(len(scores)):
                tree = DecisionTreeRegressor(max_depth=1 + i, random_state=0)
                scores[i] += cross_val_score(tree, X, y).mean()
        print(f"{n} rows: depth {1 + int(np.argmax(scores))}")


PARTS = {"races": races, "text": text, "depth": depth}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for part in sys.argv[1:] or PARTS:
        print(f"== {part}")
        PARTS[part]()
