"""What a history is worth to a new search, measured on real searches.

Several estimators, each on at least 20 real tables (``portfolio_data.py``). Each table
has a history of one random search of 30 configurations on each of the others (leave one
out). What is compared on it:

* a search of 10 evaluations that has the history,
* random search without it: how many evaluations it needs for the same score, expected
  over the orders of a pool of random configurations; more than the pool has is unknown,
* the same search with an inverted history, whose scores are negated,
* a search with a history of another estimator, which must change nothing.

All have the same two folds. The score is R², the log loss or, of models without
probabilities, the area under the ROC curve. Regret is 0 for the best of the pool, and 1
for the median. Then the time that a search waits for a proposal with 10,000 searches in
the file.

Run: ``OMP_NUM_THREADS=1 python benchmarks/bench_history.py --runs FILE``. The file
keeps all fits: the first run takes about seven minutes of CPU time, a second one about
three. What it needs is said in ``portfolio_data.py``.
"""

import argparse
import os
import shutil
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from history_runs import Problem, Scores
from portfolio_runs import PAIRS
from scipy.stats import loguniform, randint, uniform
from sklearn.datasets import load_iris
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

N_EVALUATIONS, N_PAST = 10, 30

SEARCHES = {"ASHASearchCV": ASHASearchCV, "BayesianSearchCV": BayesianSearchCV}

ESTIMATORS = [
    *("SVC", "DecisionTreeClassifier", "SGDClassifier", "KNeighborsClassifier"),
    *("KNeighborsRegressor", "ElasticNet", "SVR", "DecisionTreeRegressor"),
]


def run(Search, problem, n_iter, seed, sign=1, **params):
    """Return the scores and origins of a search, whose evaluations have everything."""
    results = (
        Search(
            problem.estimator(sign),
            problem.space,
            n_iter=n_iter,
            resource=None,
            cv=problem.cv,
            refit=False,
            random_state=seed,
            **params,
        )
        .fit(problem.X, problem.y)
        .cv_results_
    )
    scores = np.nan_to_num(results["mean_test_score"], nan=-np.inf)
    return scores[:n_iter], results["origin"][:n_iter]


def needed(pool, score):
    """Return how many random evaluations reach a score, expected over their orders."""
    n_as_good = np.count_nonzero(pool >= score - 1e-12)
    return (len(pool) + 1) / (n_as_good + 1)


def histories_of(problems, folder):
    """Return the paths of a history of all tables, and of an inverted one.

    The random search of a table is the beginning of its pool.
    """
    paths = {}
    for kind, sign in (("good", 1), ("inverted", -1)):
        paths[kind] = os.path.join(folder, f"{kind}.db")
        for problem in problems:
            begun = {"initial_params": problem.pool(N_PAST), "history": paths[kind]}
            run(ASHASearchCV, problem, N_PAST, 0, sign, **begun)
    return paths


def measure(problems, folder, n_pool, seeds):
    """Return a row for each table, class of search and seed."""
    rows, paths = [], histories_of(problems, folder)
    for problem in problems:
        pool = np.array([problem.score(config) for config in problem.pool(n_pool)])
        others = {}
        for kind, path in paths.items():
            others[kind] = shutil.copy(path, os.path.join(folder, f"other_{kind}.db"))
            SearchHistory(others[kind]).forget(X=problem.X, y=problem.y)
        for name, Search in SEARCHES.items():
            for seed in seeds:
                row = compare(Search, problem, others, pool, folder, seed)
                where = {"estimator": problem.pair.name, "table": problem.table}
                rows.append({**where, "search": name, "seed": seed, **row})
    return rows


def compare(Search, problem, others, pool, folder, seed):
    """Return what a history is worth, and regrets with and without it."""
    best, middle = pool.max(), np.median(pool)
    row = {}
    for kind in ("none", *others):
        history = None
        if kind != "none":
            # A search adds itself to its history.
            history = shutil.copy(others[kind], os.path.join(folder, "this.db"))
        scores, origin = run(Search, problem, N_EVALUATIONS, seed, history=history)
        row[kind] = max((best - scores.max()) / max(best - middle, 1e-9), 0.0)
        row[f"needed {kind}"] = needed(pool, scores.max())
        row[f"taken {kind}"] = np.count_nonzero(origin == "history")
    return row


def report(name, rows):
    """Print what some rows say together."""
    worth = rows["needed good"]
    low, middle, high = worth.quantile([0.25, 0.5, 0.75])
    inverted = rows["inverted"].mean() / rows["none"].mean()
    print(
        f"{name:24} {len(rows):4} searches: 10 evaluations with a history equal "
        f"{middle:.0f} random ones (median; quartiles {low:.0f}, {high:.0f}), without "
        f"{rows['needed none'].median():.0f}; mean regret without "
        f"{rows['none'].mean():.3f}, with {rows['good'].mean():.3f}, inverted "
        f"{rows['inverted'].mean():.3f} ({inverted:.2f} times); ended worse with it: "
        f"{np.mean(rows['good'] > rows['none'] + 1e-12):.0%}",
        flush=True,
    )


def small_problems():
    """Return an estimator and its space by name."""
    return {
        "svc": (
            SVC(),
            {"C": loguniform(1e-3, 1e4), "gamma": loguniform(1e-6, 1e2)},
        ),
        "tree": (
            DecisionTreeClassifier(random_state=0),
            {
                "max_depth": randint(1, 20),
                "min_samples_leaf": randint(1, 60),
                "max_features": uniform(0.05, 0.95),
                "ccp_alpha": loguniform(1e-5, 0.2),
            },
        ),
    }


def unrelated_is_identical():
    """Tell whether a history of another estimator leaves the table as it is."""
    (estimator, space), (other, its_space) = small_problems().values()
    X, y = load_iris(return_X_y=True)
    options = {"resource": None, "cv": 3, "refit": False, "random_state": 0}
    with tempfile.TemporaryDirectory() as folder:
        history = SearchHistory(os.path.join(folder, "h.db"))
        past = ASHASearchCV(other, its_space, n_iter=5, history=history, **options)
        past.fit(X, y)
        a, b = (
            BayesianSearchCV(estimator, space, n_iter=12, history=h, **options)
            .fit(X, y)
            .cv_results_
            for h in (None, history)
        )
    names = [k for k in a if not k.endswith("time")]
    return all(np.array_equal(np.asarray(a[k]), np.asarray(b[k])) for k in names)


def seconds_for_a_proposal(n_searches, n_evaluations=30):
    """Return wall and CPU seconds that `fit` waits for a full history."""
    from sklearn_automl.model_selection._data import make_data
    from sklearn_automl.model_selection._history import recall

    estimator, space = small_problems()["tree"]
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
        new = ASHASearchCV(estimator, space, n_iter=10, resource=None, history=history)
        data = make_data(new, X, y, {})
        began = time.perf_counter(), time.process_time()
        taken = recall(new, searched, data, history, None)
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
    parser.add_argument("--runs", type=Path, default=Path("history_runs.jsonl"))
    parser.add_argument("--rows", type=Path, help="where to add the rows, as CSV")
    parser.add_argument("--estimators", nargs="+", default=ESTIMATORS)
    parser.add_argument("--tables", type=int, default=20)
    parser.add_argument("--pool", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    scores, everything = Scores(options.runs), []
    for pair in PAIRS:
        if pair.name not in options.estimators:
            continue
        problems = [Problem(pair, t, scores) for t in pair.data[: options.tables]]
        with tempfile.TemporaryDirectory() as folder:
            found = measure(problems, folder, options.pool, range(options.seeds))
        everything.append(pd.DataFrame(found))
        report(pair.name, everything[-1])
        if options.rows:
            is_new = not options.rows.exists()
            everything[-1].to_csv(options.rows, mode="a", header=is_new, index=False)
    rows = pd.concat(everything)
    for name in SEARCHES:
        report(name, rows[rows["search"] == name])
    report("all", rows)
    print(f"{scores.n_fits} fits, {time.process_time():.0f} seconds of CPU time")
    print("unrelated history identical:", unrelated_is_identical())
    wall, cpu, size = seconds_for_a_proposal(10_000)
    print(f"10,000 searches ({size:.0f} MB): {wall:.2f} s, {cpu:.2f} s of CPU time")


if __name__ == "__main__":
    main()
