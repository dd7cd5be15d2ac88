"""Finished searches of any shape, without a fit: a table and a few attributes."""

from types import SimpleNamespace

import numpy as np
from scipy.stats import loguniform, randint

SPACE = {
    "svc__C": loguniform(1e-3, 1e3),
    "svc__gamma": loguniform(1e-5, 1e1),
    "svc__degree": randint(1, 6),
    "svc__kernel": ["rbf", "linear", "poly"],
}


def draw(n, rng):
    """Return n configurations; `degree` exists with one kernel only."""
    configs = []
    for _ in range(n):
        config = {
            name: domain.rvs(random_state=rng)
            for name, domain in SPACE.items()
            if hasattr(domain, "rvs")
        }
        config["svc__kernel"] = SPACE["svc__kernel"][rng.integers(3)]
        if config["svc__kernel"] != "poly":
            del config["svc__degree"]
        configs.append(config)
    return configs


def quality(config):
    """Return what a configuration scores without noise."""
    distance = (np.log10(config["svc__C"]) - 1) ** 2 / 12
    distance += (np.log10(config["svc__gamma"]) + 2) ** 2 / 8
    return 0.95 - 0.2 * min(distance, 3) - 0.05 * (config["svc__kernel"] == "linear")


def columns_of(configs):
    """Return ``params`` and a masked column for each parameter."""
    table = {"params": configs}
    for name in dict.fromkeys(name for config in configs for name in config):
        column = np.ma.masked_all(len(configs), dtype=object)
        for row, config in enumerate(configs):
            if name in config:
                column[row] = config[name]
        table[f"param_{name}"] = column
    return table


def search_of(table, **attributes):
    """Return a fake search with a table."""
    attributes = {
        "param_distributions": SPACE,
        "resource": "n_samples",
        "scoring": "accuracy",
        "refit": True,
        "n_jobs": None,
        **attributes,
    }
    return SimpleNamespace(cv_results_=table, **attributes)


def plain(n=12, n_failed=0, seed=0, **attributes):
    """Return a search like RandomizedSearchCV: a row for each candidate."""
    rng = np.random.default_rng(seed)
    configs = draw(n, rng)
    scores = np.array([quality(c) for c in configs]) + rng.normal(0, 0.01, n)
    scores[rng.permutation(n)[:n_failed]] = np.nan
    table = {
        "mean_fit_time": rng.uniform(0.5, 2, n),
        "mean_score_time": rng.uniform(0.01, 0.1, n),
        **columns_of(configs),
        "split0_test_score": scores,
        "split1_test_score": scores,
        "mean_test_score": scores,
        "std_test_score": np.full(n, 0.01),
    }
    attributes = {"resource": None, **attributes}
    if np.isfinite(scores).any():
        attributes["best_index_"] = int(np.nanargmax(scores))
    return search_of(table, **attributes)


def race(n=12, n_failed=0, seed=0):
    """Return our RandomizedSearchCV: the worse two thirds ran on one of two folds.

    On the second fold all scores are higher by 10.
    """
    search = plain(n, n_failed, seed)
    table = search.cv_results_
    first = table["split0_test_score"]
    order = np.argsort(-first)  # failed ones are the last
    goes_on = np.isin(np.arange(n), order[: n // 3])
    table["split1_test_score"] = np.where(goes_on, first + 10, np.nan)
    table["mean_test_score"] = np.where(goes_on, first + 5, first)
    table["n_folds"] = np.where(goes_on, 2, 1)
    return search


def halving(n=9, n_failed=0, n_rungs=3, n_brackets=1, seed=0, noise=0.02, **attributes):
    """Return a search with rungs of 100, 300 and 900 rows, on two workers.

    Each bracket begins one rung higher than the one before.
    """
    rng = np.random.default_rng(seed)
    rows, configs, first = [], [], 0
    for bracket in range(n_brackets):
        own = draw(n, rng)
        alive = list(range(n))
        fails = set(rng.permutation(n)[:n_failed].tolist())
        for rung in range(n_rungs - bracket):
            amount = 100 * 3 ** (rung + bracket)
            scores = {}
            for trial in alive:
                has_failed = trial in fails
                score = quality(own[trial]) - 0.2 * (100 / amount) ** 0.5
                score += rng.normal(0, noise * (100 / amount) ** 0.5)
                scores[trial] = -np.inf if has_failed else score
                rows.append(
                    {
                        "trial_id": first + trial,
                        "bracket": bracket,
                        "rung": rung,
                        "n_resources": amount,
                        "n_folds": 1,
                        "mean_test_score": np.nan if has_failed else score,
                        "status": "failed" if has_failed else "completed",
                        "error": "ValueError: no" if has_failed else "",
                        "seconds": amount / 100 * rng.uniform(0.5, 1.5),
                    }
                )
                configs.append(own[trial])
            alive = sorted(alive, key=lambda t: -scores[t])[: max(1, len(alive) // 3)]
        first += n
    return _with_times(rows, configs, **attributes)


def grown(n=9, **options):
    """Return a search whose resource is a parameter: its trees."""
    search = halving(n, resource="trees", **options)
    table = search.cv_results_
    amounts = table["n_resources"].tolist()
    configs = zip(table["params"], amounts, strict=True)
    table.update(columns_of([{**c, "trees": amount} for c, amount in configs]))
    return search


def _with_times(rows, configs, n_workers=2, **attributes):
    """Give each row the worker that is free first."""
    free_at = np.zeros(n_workers)
    table = {
        name: np.array([row[name] for row in rows]) for row in rows for name in row
    }
    seconds = table.pop("seconds")
    starts = np.empty(len(rows))
    for i, length in enumerate(seconds):
        worker = int(np.argmin(free_at))
        starts[i] = free_at[worker]
        free_at[worker] += length
    table |= {
        "start_time": starts,
        "end_time": starts + seconds,
        "mean_fit_time": 0.9 * seconds,
        "mean_score_time": 0.1 * seconds,
        **columns_of(configs),
    }
    scores = np.where(table["n_resources"] == table["n_resources"].max(), 1, -1)
    scores = scores + np.nan_to_num(table["mean_test_score"], nan=-9)
    attributes = {"n_jobs": n_workers, **attributes}
    return search_of(table, best_index_=int(np.argmax(scores)), **attributes)


def two_metrics(n=20, seed=0):
    """Return a search by accuracy, which also knows the recall."""
    search = plain(n, seed=seed, refit="accuracy", scoring=["accuracy", "recall"])
    table = search.cv_results_
    accuracy = table.pop("mean_test_score")
    noise = np.random.default_rng(seed).normal(0, 0.05, n)
    table |= {
        "mean_test_accuracy": accuracy,
        "mean_test_recall": 1.6 - accuracy + noise,
    }
    return search


def networks(n=12, seed=0, n_failed=0):
    """Return a search of architectures, whose first trial is the reference."""
    search = plain(n, n_failed, seed, scoring=None)
    rng = np.random.default_rng(seed)
    search.cv_results_ |= {
        "trial_id": np.arange(n),
        "n_parameters": rng.integers(500, 200_000, n),
        "n_resources": np.full(n, 20),
    }
    search.reference_score_, search.max_epochs = 0.9, 20
    return search
