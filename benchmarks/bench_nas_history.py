"""What a history is worth to a search of architectures, on seven small data sets.

Each data set is searched with the searches of the other six as its history, and without
one. ``python benchmarks/bench_nas_history.py [n_seeds]`` has three seeds by default.
"""

import os
import sys
import tempfile
import time

import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
    make_moons,
)

from sklearn_automl import NASClassifier
from sklearn_automl.nas import ChainSpace
from sklearn_automl.storage import DataFacts, SearchHistory, name_of_class

N_TRIALS = 8


def data_sets():
    """Return X and y by name."""
    digits, labels = load_digits(return_X_y=True)
    made = {"n_informative": 6, "n_classes": 4, "random_state": 0}
    return {
        "iris": load_iris(return_X_y=True),
        "wine": load_wine(return_X_y=True),
        "breast_cancer": load_breast_cancer(return_X_y=True),
        "digits": (digits[:400], labels[:400]),
        "made": make_classification(400, 15, **made),
        "noisy": make_classification(300, 10, flip_y=0.1, random_state=1),
        "moons": make_moons(300, noise=0.25, random_state=2),
    }


def best_so_far(X, y, seed, history=None):
    """Return the best score after each trial, and where each trial comes from."""
    search = NASClassifier(
        ChainSpace(),
        n_trials=N_TRIALS,
        max_epochs=15,
        refit=False,
        random_state=seed,
        history=history,
    ).fit(X, y)
    results = search.cv_results_
    return np.maximum.accumulate(results["mean_test_score"]), results["origin"]


def main(n_seeds=3):
    """Print a row for each data set and seed, and what they are together."""
    data, began = data_sets(), time.process_time()
    differences = {4: [], N_TRIALS: []}
    print("data set       seed  4 trials: without  with  8 trials: without  with")
    for seed in range(n_seeds):
        with tempfile.TemporaryDirectory() as folder:
            # Its search alone, and later with what the others have left.
            alone, left = {}, {}
            for name, (X, y) in data.items():
                own = SearchHistory(os.path.join(folder, f"{name}.db"))
                alone[name] = best_so_far(X, y, seed, own)[0]
                left[name] = only_search_in(own)
            for name, (X, y) in data.items():
                others = SearchHistory(os.path.join(folder, f"not_{name}.db"))
                for other, past in left.items():
                    if other != name:
                        others.add(past)
                scores, origin = best_so_far(X, y, seed, others)
                row = []
                for n, found in differences.items():
                    a, b = alone[name][n - 1], scores[n - 1]
                    found.append(b - a)
                    row.append(f"{a:.4f} {b:.4f}")
                n_taken = int(np.sum(origin == "history"))
                print(f"{name:14} {seed}  {'   '.join(row)}  taken: {n_taken}")
    for n, found in differences.items():
        better, worse = np.sum(np.array(found) > 0), np.sum(np.array(found) < 0)
        print(
            f"after {n} trials: mean difference {np.mean(found):+.4f}, "
            f"better {better}, equal {len(found) - better - worse}, worse {worse}"
        )
    print(f"{time.process_time() - began:.0f} seconds of CPU")


def only_search_in(history):
    """Return the only past search of a history, of whatever data it is."""
    any_data = DataFacts("classification"), ""
    (past,) = history.find([name_of_class(ChainSpace)], [], *any_data, 1)
    return past


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
