"""What a history is worth to a new search, measured on real searches.

Three estimators on eight small data sets of scikit-learn. Each data set has a history
of random searches on all others (leave one out). What is compared on it:

* a search of 10 evaluations that has the history,
* random search without it: after how many evaluations it has the same score (the mean
  over permutations of a pool of random configurations),
* the same search with an inverted history, whose scores are negated,
* the same search with a history of another estimator, which must change nothing.

Then the time that a search waits for a proposal with 10,000 searches in the file.

Run: ``OMP_NUM_THREADS=1 python benchmarks/bench_history.py``; about five minutes.
"""

import argparse
import os
import tempfile
import time
import warnings
from dataclasses import replace

import numpy as np
from scipy.stats import loguniform, randint, uniform
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
    make_moons,
)
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_automl import ASHASearchCV, BayesianSearchCV
from sklearn_automl.space import SearchSpace
from sklearn_automl.storage import (
    DataFacts,
    PastEvaluation,
    PastSearch,
    SaltedDigest,
    SearchHistory,
    text_of_value,
)

N_EVALUATIONS = 10


def data_sets():
    """Return small data sets by name, of at most 400 rows."""

    def subset(X, y):
        rows = np.random.default_rng(0).permutation(len(y))[:400]
        return X[rows], y[rows]

    def made(seed, **params):
        return make_classification(300, random_state=seed, **params)

    return {
        "iris": load_iris(return_X_y=True),
        "wine": load_wine(return_X_y=True),
        "breast_cancer": subset(*load_breast_cancer(return_X_y=True)),
        "digits": subset(*load_digits(return_X_y=True)),
        "moons": make_moons(300, noise=0.3, random_state=0),
        "redundant": made(1, n_features=20, n_informative=4, flip_y=0.1),
        "wide": made(2, n_features=60, n_informative=6, n_classes=3),
        "clusters": made(3, n_features=10, n_informative=6, n_clusters_per_class=4),
    }


def problems():
    """Return an estimator and its space by name."""
    scaled = make_pipeline(StandardScaler(), SVC())
    tree = DecisionTreeClassifier(random_state=0)
    linear = make_pipeline(
        StandardScaler(),
        SGDClassifier(penalty="elasticnet", learning_rate="adaptive", random_state=0),
    )
    return {
        "svc": (
            scaled,
            {"svc__C": loguniform(1e-3, 1e4), "svc__gamma": loguniform(1e-6, 1e2)},
        ),
        "tree": (
            tree,
            {
                "max_depth": randint(1, 20),
                "min_samples_leaf": randint(1, 60),
                "max_features": uniform(0.05, 0.95),
                "ccp_alpha": loguniform(1e-5, 0.2),
            },
        ),
        "linear": (
            linear,
            {
                "sgdclassifier__alpha": loguniform(1e-7, 10),
                "sgdclassifier__l1_ratio": uniform(),
                "sgdclassifier__eta0": loguniform(1e-5, 10),
                "sgdclassifier__loss": ["hinge", "log_loss", "modified_huber"],
            },
        ),
    }


def search(Search, estimator, space, n_iter, seed, **params):
    """Return a search whose evaluations all have everything."""
    options = {"resource": None, "cv": 3, "refit": False, "random_state": seed}
    return Search(estimator, space, n_iter=n_iter, **options, **params)


def best_so_far(scores, n=N_EVALUATIONS):
    """Return the best score of the first evaluations."""
    return float(np.max(scores[:n]))


def needed(pool, score):
    """Return how many random evaluations reach a score, expected over permutations."""
    n_as_good = np.count_nonzero(pool >= score - 1e-12)
    return (len(pool) + 1) / (n_as_good + 1)


def invert(source, path):
    """Return a history whose scores are negated."""
    inverted = SearchHistory(path)
    for past in source:
        evaluations = [
            replace(e, score=None if e.score is None else -e.score)
            for e in past.evaluations
        ]
        inverted.add(replace(past, evaluations=evaluations))
    return inverted


def all_of(history):
    """Return every search of a file."""
    with history._file.open() as connection:
        from sklearn_automl.storage import _history as file

        rows = connection.execute(file._SELECT).fetchall()
    return [PastSearch.of_texts(*texts) for _, *texts in rows]


def measure(name, folder, n_pool, seeds):
    """Return the rows of one estimator: what `compare` returns."""
    estimator, space = problems()[name]
    sets = data_sets()
    pools, own = [], []
    for place, (X, y) in enumerate(sets.values()):
        pool = search(ASHASearchCV, estimator, space, n_pool, 100 + place).fit(X, y)
        pools.append(pool.cv_results_["mean_test_score"])
        # What is remembered is a search of its own, of 30 random configurations.
        history = SearchHistory(os.path.join(folder, f"{place}.db"))
        past = search(ASHASearchCV, estimator, space, 30, 200 + place)
        past.set_params(history=history).fit(X, y)
        own.append(all_of(history))
    rows = []
    for place, (data, (X, y)) in enumerate(sets.items()):
        others = [past for i, p in enumerate(own) if i != place for past in p]
        for seed in seeds:
            for Search in (ASHASearchCV, BayesianSearchCV):
                rows.append(
                    compare(Search, estimator, space, others, pools[place], X, y, seed)
                )
        print(f"  {data}: {np.round(np.mean(rows[-2 * len(seeds) :], axis=0), 3)}")
    return np.array(rows)


def compare(Search, estimator, space, others, pool, X, y, seed):
    """Return evaluations that a history is worth, and regrets with and without it."""
    regrets = []
    with tempfile.TemporaryDirectory() as folder:
        good = SearchHistory(os.path.join(folder, "good.db"))
        for past in others:
            good.add(past)
        bad = invert(others, os.path.join(folder, "bad.db"))
        scores = {}
        for key, history in (("none", None), ("good", good), ("bad", bad)):
            fitted = search(
                Search, estimator, space, N_EVALUATIONS, seed, history=history
            ).fit(X, y)
            scores[key] = fitted.cv_results_["mean_test_score"]
    best, middle = pool.max(), np.median(pool)
    for key in ("none", "good", "bad"):
        regret = (best - best_so_far(scores[key])) / max(best - middle, 1e-9)
        regrets.append(max(regret, 0.0))
    first = needed(pool, best_so_far(scores["good"], 3))
    return (needed(pool, best_so_far(scores["good"])), first, *regrets)


def unrelated_is_identical():
    """Tell whether a history of another estimator leaves the table as it is."""
    estimator, space = problems()["svc"]
    X, y = load_iris(return_X_y=True)
    with tempfile.TemporaryDirectory() as folder:
        history = SearchHistory(os.path.join(folder, "h.db"))
        other, its_space = problems()["tree"]
        search(ASHASearchCV, other, its_space, 5, 0, history=history).fit(X, y)
        tables = [
            search(BayesianSearchCV, estimator, space, 12, 0, history=h).fit(X, y)
            for h in (None, history)
        ]
    a, b = (t.cv_results_ for t in tables)
    names = [k for k in a if not k.endswith("time")]
    return all(np.array_equal(np.asarray(a[k]), np.asarray(b[k])) for k in names)


def seconds_for_a_proposal(n_searches, n_evaluations=30):
    """Return wall and CPU seconds that `fit` waits for a full history."""
    from sklearn_automl.model_selection._data import make_data
    from sklearn_automl.model_selection._history import recall

    estimator, space = problems()["tree"]
    rng = np.random.default_rng(0)
    searched = SearchSpace(space)
    pool = [
        {
            f"sklearn.DecisionTreeClassifier:{k}": text_of_value(v, SaltedDigest("a"))
            for k, v in c.items()
        }
        for c in (searched.sample(rng) for _ in range(500))
    ]
    X, y = load_iris(return_X_y=True)
    with tempfile.TemporaryDirectory() as folder:
        history = SearchHistory(os.path.join(folder, "h.db"))
        with history._file.open() as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN")
            for i in range(n_searches):
                _insert(connection, _made_search(pool, n_evaluations, i, rng))
            connection.execute("COMMIT")
        new = search(ASHASearchCV, estimator, space, 10, 0, history=history)
        data = make_data(new, X, y, {})
        began = time.perf_counter(), time.process_time()
        taken = recall(new, searched, data, None)
        ended = time.perf_counter(), time.process_time()
        assert len(taken.suggested) == 5
        size = os.path.getsize(history.path) / 1e6
    return ended[0] - began[0], ended[1] - began[1], size


def _made_search(pool, n, number, rng):
    return PastSearch(
        ("sklearn.DecisionTreeClassifier",),
        DataFacts("classification", *(int(k) for k in rng.integers(2, 10_000, 3))),
        f"data {number}",
        tuple(sorted(pool[0])),
        [
            PastEvaluation(pool[i], None, 3, float(rng.random()), 1.0)
            for i in rng.choice(len(pool), n, replace=False)
        ],
        resource="data",
        scorer="score",
        finished=float(number),
    )


def _insert(connection, past):
    its_digest, estimator, data, facts, parameters, *rest = past.texts()
    row = (its_digest, past.finished, len(past.evaluations), estimator, data)
    cursor = connection.execute(
        "INSERT INTO searches VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
        (*row, facts, parameters),
    )
    connection.execute(
        "INSERT INTO evaluations VALUES (?, ?, ?, ?)", (cursor.lastrowid, *rest)
    )


def main():
    """Measure and print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    warnings.filterwarnings("ignore", category=FutureWarning)
    n_pool, seeds = (60, [0]) if quick else (200, [0, 1, 2])
    everything = []
    for name in problems():
        print(name)
        with tempfile.TemporaryDirectory() as folder:
            rows = measure(name, folder, n_pool, seeds)
        everything.append(rows)
        report(name, rows)
    report("all", np.vstack(everything))
    print("unrelated history identical:", unrelated_is_identical())
    wall, cpu, size = seconds_for_a_proposal(10_000)
    print(f"10,000 searches ({size:.0f} MB): {wall:.2f} s, {cpu:.2f} s of CPU time")


def report(name, rows):
    """Print what some rows say together."""
    worth, first, none, good, bad = rows.T
    print(
        f"{name}: 10 evaluations with a history equal {np.median(worth):.0f} "
        f"random ones (median; quartiles {np.quantile(worth, 0.25):.0f}, "
        f"{np.quantile(worth, 0.75):.0f}), the first 3 {np.median(first):.0f}; "
        f"mean regret without {none.mean():.3f}, with {good.mean():.3f}, with an "
        f"inverted one {bad.mean():.3f}; worse with than without on "
        f"{np.mean(good > none + 1e-12):.0%}"
    )


if __name__ == "__main__":
    main()
