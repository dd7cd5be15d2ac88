"""What expected improvement per second saves: BOHB on boosting, with and without it.

The leaves, the learning rate and more of HistGradientBoosting are searched, and the
number of trees is the resource. For each data set and search: the seconds of CPU of the
search, the accuracy on held-out rows and the leaves of the winner, as means over seeds,
and both as ratios or differences to plain BOHB with the same seed.

Run it with one thread: ``OMP_NUM_THREADS=1 python benchmarks/bench_costs.py``.
"""

import argparse
import time
import warnings

import numpy as np
from scipy.stats import loguniform, randint
from sklearn.datasets import load_digits, make_hastie_10_2
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split

from sklearn_automl import BOHBSearchCV, HyperbandSearchCV

SPACE = {
    "max_leaf_nodes": randint(2, 129),
    "learning_rate": loguniform(0.01, 1),
    "min_samples_leaf": randint(2, 51),
    "l2_regularization": loguniform(1e-3, 1e2),
}


def parity_of_digits():
    """Tell odd digits from even ones."""
    X, y = load_digits(return_X_y=True)
    return X, y % 2


DATA = {
    "hastie": lambda: make_hastie_10_2(3000, random_state=0),
    "digits, odd or even": parity_of_digits,
}
SEARCHES = {
    "BOHB": lambda **options: BOHBSearchCV(**options),
    "BOHB, eips": lambda **options: BOHBSearchCV(acquisition="eips", **options),
    "BOHB rf": lambda **options: BOHBSearchCV(surrogate="rf", **options),
    "BOHB rf, eips": lambda **options: BOHBSearchCV(
        surrogate="rf", acquisition="eips", **options
    ),
    "Hyperband": lambda **options: HyperbandSearchCV(**options),
}


def run(make, X, y, seed):
    """Return the seconds of CPU, the held-out accuracy and the winner's leaves."""
    halves = train_test_split(X, y, test_size=0.4, random_state=seed)
    X_train, X_test, y_train, y_test = halves
    search = make(
        estimator=HistGradientBoostingClassifier(max_iter=60, early_stopping=False),
        param_distributions=SPACE,
        n_iterations=2,
        resource="max_iter",
        cv=3,
        random_state=seed,
    )
    began = time.process_time()
    search.fit(X_train, y_train)
    seconds = time.process_time() - began
    leaves = search.best_params_["max_leaf_nodes"]
    return seconds, search.score(X_test, y_test), leaves


def main():
    """Print a line for each data set and search."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--data", nargs="*", default=list(DATA), choices=list(DATA))
    parser.add_argument("--searches", nargs="*", default=list(SEARCHES))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{'':32}    CPU  ratio  held-out  difference  leaves")
    for data in arguments.data:
        X, y = DATA[data]()
        # A warm-up: imports and the first call of compiled code.
        HistGradientBoostingClassifier(max_iter=2).fit(X, y)
        of_bohb = None
        for name in arguments.searches:
            runs = [run(SEARCHES[name], X, y, seed) for seed in range(arguments.seeds)]
            found = np.array(runs)
            of_bohb = found if of_bohb is None else of_bohb
            ratio = np.exp(np.mean(np.log(found[:, 0] / of_bohb[:, 0])))
            difference = (found[:, 1] - of_bohb[:, 1]).mean()
            seconds, score, leaves = found.mean(axis=0)
            print(
                f"{data + ', ' + name:32} {seconds:6.1f} {ratio:6.2f} {score:9.4f} "
                f"{difference:+11.4f} {leaves:7.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
