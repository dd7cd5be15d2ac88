"""What samplers propose and searches find with a seed, as short digests.

    python benchmarks/sequences.py > before.txt

A change that is meant to leave results as they are leaves every line as it is: run the
script before and after it, with the same versions of the packages, and compare. Amounts
of resources are powers of `factor` here.
"""

import hashlib
import warnings

import numpy as np
from scipy.stats import loguniform, randint, uniform
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import sklearn_automl
from sklearn_automl import samplers
from sklearn_automl.space import SearchSpace, When

SPACES = {
    "numbers": {"c": loguniform(1e-3, 1e3), "n": randint(1, 100), "x": uniform()},
    "mixed": {"c": loguniform(1e-3, 1e3), "depth": [1, 2, 4], "kind": ["x", "y"]},
    "conditional": {
        "kernel": ["rbf", "poly"],
        "gamma": When("kernel", "rbf", loguniform(1e-3, 1e1)),
        "degree": When("kernel", "poly", randint(2, 6)),
    },
    "finite": {"depth": [1, 2, 4, 8], "criterion": ["gini", "entropy"]},
}
SAMPLERS = [
    "RandomSampler",
    "GridSampler",
    "KDESampler",
    "GaussianProcessSampler",
    "ForestSampler",
    "GeneticSampler",
    "RegularizedEvolutionSampler",
    "DifferentialEvolutionSampler",
    "ParticleSwarmSampler",
    "CMAESSampler",
]
SEARCHES = {
    "SuccessiveHalvingSearchCV": {"n_iter": 27},
    "HyperbandSearchCV": {"n_iterations": 2},
    "BOHBSearchCV": {"n_iterations": 2},
    "ASHASearchCV": {"n_iter": 27},
    "LearningCurveSearchCV": {"n_iter": 9},
    "BayesianSearchCV": {"n_iter": 15},
    "EvolutionarySearchCV": {"population_size": 5, "n_generations": 3},
}


def digest(rows: list[str]) -> str:
    """Return some digits that nearly always differ if the rows do."""
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:12]


def proposals(name: str, space: SearchSpace) -> list[str]:
    """Return what a sampler proposes while it learns that small digests are good."""
    sampler = getattr(samplers, name)().bind(space, np.random.default_rng(0))
    rows = []
    for i in range(60):
        try:
            config = sampler.ask(3 ** (i % 3))
        except sklearn_automl.exceptions.SearchSpaceExhausted:
            break
        rows.append(repr(sorted(config.items())))
        loss = int(digest(rows[-1:]), 16) / 16**12
        sampler.tell(samplers.Observation(config, loss, 3 ** (i % 3)))
    return rows


def table(name: str, resource: str, options: dict) -> list[str]:
    """Return what a search has evaluated, with its scores."""
    X, y = make_classification(600, 8, n_informative=4, random_state=0)
    cases = {
        # Folds of 486 = 2 * 3**5 training rows.
        "n_samples": (DecisionTreeClassifier(random_state=0), X[:486], y[:486], {}),
        "trees": (RandomForestClassifier(27, random_state=0), X, y, {}),
        "epochs": (
            make_pipeline(StandardScaler(), SGDClassifier(random_state=0)),
            X,
            y,
            {"max_resources": 27},
        ),
        "none": (DecisionTreeClassifier(random_state=0), X, y, {}),
    }
    estimator, X, y, limits = cases[resource]
    tree = {"max_depth": randint(1, 12), "min_samples_leaf": randint(1, 30)}
    space = (
        tree if resource != "epochs" else {"sgdclassifier__alpha": loguniform(1e-6, 1)}
    )
    names = {
        "n_samples": "n_samples",
        "trees": "n_estimators",
        "epochs": "sgdclassifier__max_iter",
        "none": None,
    }
    rows = np.arange(len(X))
    search = getattr(sklearn_automl, name)(
        estimator,
        space,
        resource=names[resource],
        cv=[(rows, rows[::2])] if resource == "n_samples" else 3,
        random_state=0,
        **limits,
        **options,
    ).fit(X, y)
    results = search.cv_results_
    columns = ("trial_id", "bracket", "rung", "n_resources", "rank_test_score")
    return [
        repr((params, score, *(int(results[c][i]) for c in columns)))
        for i, (params, score) in enumerate(
            zip(results["params"], results["mean_test_score"], strict=True)
        )
    ]


def main() -> None:
    """Print all digests."""
    warnings.simplefilter("ignore")
    for name in SAMPLERS:
        for key, space in SPACES.items():
            try:
                rows = proposals(name, SearchSpace(space))
            except ValueError:  # not every sampler draws from every space
                continue
            print(f"{name:30} {key:12} {len(rows):4} {digest(rows)}")
    for name, options in SEARCHES.items():
        for resource in ("n_samples", "trees", "epochs", "none"):
            if resource == "none" and name in (
                "HyperbandSearchCV",
                "BOHBSearchCV",
                "LearningCurveSearchCV",
            ):
                continue
            rows = table(name, resource, options)
            print(f"{name:30} {resource:12} {len(rows):4} {digest(rows)}", flush=True)


if __name__ == "__main__":
    main()
