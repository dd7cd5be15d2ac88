"""What continuing a model by epochs costs in score, against fitting it at once.

SGD and multi-layer perceptrons seed their shuffling anew at each partial fit, so a
continued model is another draw than a cold one. For each estimator, 20 seeds: the mean
difference of the held-out scores in units of its standard error (about normal: beyond
-2 the continued models would be worse), and the epochs that the last of three rungs of
27, 81 and 243 epochs fitted. Run: ``python benchmarks/bench_continuation.py``.
"""

import warnings

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Perceptron, SGDClassifier, SGDRegressor
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import scale

from sklearn_automl.execution._continuation import fit_from

N_SEEDS = 20
RUNGS = (27, 81, 243)
CLASSES = load_digits(return_X_y=True)
NUMBERS = load_diabetes(return_X_y=True)
CASES = [
    (SGDClassifier(tol=None), CLASSES),
    (SGDClassifier(tol=None, average=True), CLASSES),
    (SGDClassifier(tol=None, learning_rate="adaptive", eta0=0.01), CLASSES),
    (SGDClassifier(), CLASSES),
    (Perceptron(tol=None), CLASSES),
    (SGDRegressor(tol=None), NUMBERS),
    (SGDRegressor(), NUMBERS),
    (MLPClassifier((32,)), CLASSES),
    (MLPClassifier((32,), learning_rate_init=0.01), CLASSES),
    (MLPClassifier((32,), solver="sgd", learning_rate_init=0.01), CLASSES),
    (
        MLPClassifier((32,), solver="sgd", learning_rate="adaptive"),
        CLASSES,
    ),
    (MLPRegressor("squared_error", (32,), learning_rate_init=0.01), NUMBERS),
]


def grow(estimator, X, y):
    """Fit through all rungs; return the model and the epochs of the last one."""
    start = 0
    for stop in RUNGS:
        estimator.set_params(max_iter=stop)
        with fit_from(estimator, "max_iter", start, stop) as progress:
            estimator.fit(X, y)
        start = stop if progress.can_continue else 0
    return estimator, progress.units


def compare(estimator, X, y):
    """Return cold scores, differences and epochs of the last rung, for all seeds."""
    X = scale(X)
    y = y if y.dtype.kind == "i" else scale(y)
    scores, differences, units = [], [], []
    for seed in range(N_SEEDS):
        split = train_test_split(X, y, test_size=0.3, random_state=seed)
        X_train, X_test, y_train, y_test = split
        seeded = clone(estimator).set_params(random_state=seed, max_iter=RUNGS[-1])
        cold = clone(seeded).fit(X_train, y_train).score(X_test, y_test)
        grown, n_units = grow(seeded, X_train, y_train)
        scores.append(cold)
        differences.append(grown.score(X_test, y_test) - cold)
        units.append(n_units)
    return np.array(scores), np.array(differences), np.array(units)


def main():
    """Print a line for each estimator."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(
        f"{'estimator':<66}{'cold':>8}{'difference':>12}{'in errors':>11}{'epochs':>8}"
    )
    for estimator, (X, y) in CASES:
        scores, differences, units = compare(estimator, X, y)
        error = differences.std(ddof=1) / np.sqrt(N_SEEDS)
        ratio = differences.mean() / error if error else 0.0
        name = " ".join(repr(estimator).split())
        print(
            f"{name:<66}{scores.mean():>8.4f}{differences.mean():>+12.4f}"
            f"{ratio:>+11.1f}{np.median(units):>8.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
