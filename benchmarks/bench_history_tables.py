"""What a history is worth on published tables of evaluations.

* ``xgboost_quantile.npz``: 5,000 real evaluations of XGBoost on each of six data sets
  (Salinas, Shen and Perrone, "A quantile-based approach for hyperparameter transfer
  learning", ICML 2020). Five of them are the history of the sixth.
* ``lcbench_*.npz``: 2,000 configurations of a network on each of three data sets of
  LCBench, 52 epochs. Two of them are the history of the third.

An evaluation is the nearest configuration of the table. Each past search is a random
one of 60 rows. Regret is 0 for the best of the table and 1 for the median.

Run: ``OMP_NUM_THREADS=1 python benchmarks/bench_history_tables.py --data FOLDER``;
about a minute of CPU time. FOLDER has the ``.npz`` files.
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
from scipy.spatial import cKDTree
from scipy.stats import loguniform, randint, uniform
from sklearn.base import BaseEstimator, ClassifierMixin

from sklearn_automl import ASHASearchCV, BayesianSearchCV
from sklearn_automl.storage import SearchHistory

N_PAST, AFTER = 60, (5, 10, 20)

#: Columns of LCBench whose scale is logarithmic, and those of integers.
_LOGARITHMIC = {"batch_size", "learning_rate", "weight_decay", "max_units"}
_INTEGERS = {"num_layers", "max_depth_index"}


class Table:
    """The configurations and scores of a data set."""

    def __init__(self, name, names, X, scores, number):
        self.name, self.names = name, [str(n) for n in names]
        self.X, self.scores = X.astype(float), scores.astype(float)
        low, high = self.X.min(axis=0), self.X.max(axis=0)
        self.space = {
            n: _distribution(n, *bounds)
            for n, *bounds in zip(self.names, low.tolist(), high.tolist(), strict=True)
        }
        self._tree = cKDTree(self._scaled(self.X))
        # Only its fingerprint counts: the tables do not have the data themselves.
        rng = np.random.default_rng(number)
        self.data = rng.normal(size=(40, 5)), np.arange(40) % 2

    def _scaled(self, X):
        columns = [
            self.space[n].cdf(X[:, j]) for j, n in enumerate(self.names)
        ]  # of an integer, the upper end of its bin
        return np.column_stack(columns)

    def score(self, values):
        """Return the score of the nearest configuration."""
        point = self._scaled(np.array([[values[n] for n in self.names]], float))
        return float(self.scores[self._tree.query(point)[1][0]])

    def regret(self, scores):
        """Return how far the best of some scores is from the best of the table."""
        best, middle = self.scores.max(), np.median(self.scores)
        return float((best - np.max(scores)) / (best - middle))

    def estimator(self, sign):
        """Return an estimator that looks up its score."""

        def get_score(estimator, X, y):  # noqa: ARG001
            return sign * self.score(estimator.get_params())

        # One class name for all tables: they are of the same model.
        model = type("Recorded", (_Recorded,), {"score": get_score})
        model.__init__ = _constructor(self.names)
        return model()

    def past(self, seed):
        """Return the configurations of a random search."""
        rows = np.random.default_rng(seed).permutation(len(self.X))[:N_PAST]
        return [
            {
                n: int(v) if n in _INTEGERS else v
                for n, v in zip(self.names, self.X[row].tolist(), strict=True)
            }
            for row in rows
        ]


class _Recorded(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):  # noqa: ARG002
        return self


def _constructor(names):
    """Return a constructor with these parameters, which is what scikit-learn reads."""
    body = "".join(f"\n    self.{name} = {name}" for name in names)
    arguments = ", ".join(f"{name}=None" for name in names)
    found = {}
    exec(f"def __init__(self, {arguments}):{body}", found)
    return found["__init__"]


def _distribution(name, low, high):
    if name in _INTEGERS:
        return randint(int(low), int(high) + 1)
    if name in _LOGARITHMIC:
        return loguniform(low, high)
    return uniform(low, high - low)


def xgboost_tables(folder):
    """Return the six tables of XGBoost."""
    file = np.load(folder / "xgboost_quantile.npz")
    names = [key.removesuffix("_X") for key in file if key.endswith("_X")]
    return [
        Table(n, file["hyperparameters"], file[f"{n}_X"], -file[f"{n}_error"], i)
        for i, n in enumerate(names)
    ]


def lcbench_tables(folder):
    """Return the tables of LCBench, with the accuracy after all epochs."""
    files = [np.load(path) for path in sorted(folder.glob("lcbench_*.npz"))]
    return [
        Table(f"lcbench {i}", f["hp_names"], f["X"], f["val_accuracy"][:, -1], 100 + i)
        for i, f in enumerate(files)
    ]


def run(Search, table, n_iter, seed, sign=1, **params):
    """Return the scores of a search."""
    rows = np.arange(len(table.data[1]))
    search = Search(
        table.estimator(sign),
        table.space,
        n_iter=n_iter,
        resource=None,
        cv=[(rows, rows)],
        refit=False,
        random_state=seed,
        **params,
    )
    return search.fit(*table.data).cv_results_["mean_test_score"][:n_iter]


def measure(tables, seeds):
    """Return a row for each table and seed: regrets of each kind of search."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            paths = {}
            for kind, sign in (("history", 1), ("inverted", -1)):
                paths[kind] = os.path.join(folder, f"{kind} {seed}.db")
                for i, table in enumerate(tables):
                    past = table.past(100 * seed + i)
                    begun = {"initial_params": past, "history": paths[kind]}
                    run(ASHASearchCV, table, N_PAST, 0, sign, **begun)
            for table in tables:
                rows.append(compare(table, paths, folder, seed))
    return pd.DataFrame(rows)


def compare(table, paths, folder, seed):
    """Return the regrets of all searches of one table."""
    row = {}
    for name, Search in (("random", ASHASearchCV), ("gp", BayesianSearchCV)):
        for kind in ("", *paths):
            history = None
            if kind:
                history = shutil.copy(paths[kind], os.path.join(folder, "this.db"))
                SearchHistory(history).forget(X=table.data[0], y=table.data[1])
            scores = run(Search, table, max(AFTER), seed, history=history)
            for n in AFTER:
                row[f"{name} {kind}".strip(), n] = table.regret(scores[:n])
    return row


def report(name, rows):
    """Print the mean regrets."""
    print(f"{name}: mean regret of {len(rows)} searches after so many evaluations")
    means = rows.mean()
    means.index = pd.MultiIndex.from_tuples(means.index)
    print(means.unstack().round(3).to_string())
    ratios = {n: rows["gp history", n].mean() / rows["gp", n].mean() for n in AFTER}
    shown = ", ".join(f"{ratio:.2f} after {n}" for n, ratio in ratios.items())
    print(f"with a history, of that of the sampler alone: {shown}", flush=True)


def main():
    """Measure and print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    for name, read in (("XGBoost", xgboost_tables), ("LCBench", lcbench_tables)):
        try:
            tables = read(options.data)
        except FileNotFoundError as error:
            raise SystemExit(f"{error.filename} is missing: see --help.") from error
        if not tables:
            raise SystemExit(f"{options.data} has no lcbench_*.npz: see --help.")
        report(name, measure(tables, range(options.seeds)))
    print(f"{time.process_time():.0f} seconds of CPU time")


if __name__ == "__main__":
    main()
