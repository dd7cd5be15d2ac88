"""Make the portfolios that the package ships, and measure what they are worth.

Random configurations of 23 estimators are evaluated on 60 real tables
(``portfolio_data.py``), drawn from the default space of the estimator for the table. A
forest of all tables, and the deviations of each one as a Gaussian process, predict what
was not evaluated; a greedy cover of all tables orders the configurations.

    python benchmarks/make_portfolios.py --evaluate        # about 1.5 hours of CPU time
    python benchmarks/make_portfolios.py                   # writes the file
    python benchmarks/make_portfolios.py --leave-one-out   # evaluates, then prints
    python benchmarks/make_portfolios.py --judged --runs FILE --evaluate
    python benchmarks/make_portfolios.py --judged --runs FILE --leave-one-out

Everything has one thread and fixed seeds. Evaluations are kept in ``--runs``, and a run
that was stopped goes on. ``--leave-one-out`` makes a portfolio of the other tables for
each table, evaluates its first four configurations there, and compares their best one
with the best of k random ones: the expectation of their maximum over all draws of k of
those that were evaluated. The best of many is partly lucky. With ``--judged`` each is
evaluated by two divisions of the rows: the first one chooses, and the second one says
what the choice is worth.

Needs what ``portfolio_data.py`` names.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# Not a package that is installed; run as a script, only this folder is on the path.
_ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_ROOT))

import numpy as np  # noqa: E402
from portfolio_runs import PAIRS, Pair, Runs, inside, to_data  # noqa: E402
from sklearn.ensemble import ExtraTreesRegressor  # noqa: E402

from sklearn_automl.samplers._incumbents import greedy_cover  # noqa: E402

_FILE = _ROOT / "sklearn_automl" / "storage" / "portfolios" / "portfolios.json"
_N_SHIPPED = 12
_DRAWN = (1, 4, 8, 16, 25, 40)
# The best and the median of fewer say little.
_FEW = 8


@dataclass
class Table:
    """What is known of an estimator on one data set."""

    name: str
    configs: list[dict[str, Any]]  # as stored, in the space of unknown data
    points: np.ndarray
    utility: np.ndarray
    numbers: np.ndarray
    measure: "Measure"

    @property
    def is_drawn(self) -> np.ndarray:
        """Which of them were drawn, and are no defaults."""
        return self.numbers > 0


class Measure:
    """Turn scores into a number: 1 for the best that was drawn, 0 for the median.

    Several scores count alike. What is far below the median is cut off: it does not
    matter how bad a configuration is that nobody would keep.
    """

    def __init__(self, scores: Sequence[dict[str, float]], metrics: list[str]) -> None:
        self.metrics = metrics
        self.best = {m: max(s[m] for s in scores) for m in metrics}
        self.middle = {m: float(np.median([s[m] for s in scores])) for m in metrics}

    def __call__(self, scores: dict[str, float] | None, *, cut: bool = True) -> float:
        """Return the utility of an evaluation."""
        if scores is None:
            return -1.0
        parts = []
        for m in self.metrics:
            spread = max(self.best[m] - self.middle[m], 1e-3)
            parts.append((scores[m] - self.middle[m]) / spread)
        value = float(np.mean(parts))
        return max(value, -1.0) if cut else value


def tables_of(pair: Pair, runs: Runs) -> list[Table]:
    """Return what was evaluated of an estimator, for each data set."""
    space = pair.space()
    found = []
    for name in pair.data:
        lines = [r for r in runs.lines if _is_of(r, pair, name)]
        if (measure := _measure(lines, "scores")) is None:
            continue
        lines = [r for r in lines if r["number"] >= 0]
        configs = [inside(space, _with_tuples(r["config"])) for r in lines]
        points = np.nan_to_num([space.encode(c) for c in configs], nan=-1.0)
        utility = np.array([measure(r["scores"]) for r in lines])
        numbers = np.array([r["number"] for r in lines])
        found.append(Table(name, configs, points, utility, numbers, measure))
    return found


def _measure(lines: list[dict[str, Any]], key: str) -> Measure | None:
    """Return the measure by one division of the rows; None if too few were fitted."""
    usable = [r[key] for r in lines if r["number"] > 0 and r[key]]
    if len(usable) < _FEW:  # the defaults have to help
        usable = [r[key] for r in lines if r["number"] >= 0 and r[key]]
    return Measure(usable, sorted(usable[0])) if len(usable) >= 3 else None


def _with_tuples(config: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}


# ---- the choice ----------------------------------------------------------------------


def choose(tables: list[Table], n: int) -> list[dict[str, Any]]:
    """Return the configurations that together do well on all tables."""
    # The defaults come first: they win where nothing is better.
    candidates = [t.configs[0] for t in tables[:1] if t.numbers[0] == 0]
    points = [t.points[0] for t in tables[:1] if t.numbers[0] == 0]
    for table in tables:
        candidates += [table.configs[i] for i in np.flatnonzero(table.is_drawn)]
        points += list(table.points[table.is_drawn])
    predicted = predictions(tables, np.array(points))
    order = greedy_cover(predicted, np.ones(len(tables)), 4 * n)
    different: list[dict[str, Any]] = []
    for i in order:
        rounded = {k: _short(v) for k, v in candidates[i].items()}
        if rounded not in different:
            different.append(rounded)
    return different[:n]


def predictions(tables: list[Table], points: np.ndarray) -> np.ndarray:
    """Return what each table would give to each point: the mean, and its deviation."""
    X = np.vstack([t.points for t in tables])
    u = np.concatenate([t.utility for t in tables])
    weights = np.concatenate(
        [np.full(len(t.points), 1 / len(t.points)) for t in tables]
    )
    forest = ExtraTreesRegressor(
        60, min_samples_leaf=4, bootstrap=True, oob_score=True, random_state=0
    ).fit(X, u, sample_weight=weights)
    mean = forest.predict(points)
    residuals = np.nan_to_num(u - forest.oob_prediction_)
    starts = np.cumsum([0, *(len(t.points) for t in tables)])
    return np.array(
        [
            mean + _deviation(t.points, residuals[a:b], points)
            for t, a, b in zip(tables, starts[:-1], starts[1:], strict=True)
        ]
    )


def _deviation(X: np.ndarray, residuals: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the mean of a Gaussian process with a third of its variance as noise."""
    K = _kernel(X, X) + 0.3 * np.eye(len(X))
    return _kernel(points, X) @ np.linalg.solve(K, residuals)


def _kernel(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    squared = ((A[:, None, :] - B[None, :, :]) ** 2).mean(axis=2)
    return np.exp(-0.5 * squared / 0.25**2)


def _short(value: Any) -> Any:
    """Return a number with three digits: more would only look exact."""
    is_float = isinstance(value, float) and value not in (0.0, 1.0)
    return float(f"{value:.3g}") if is_float else value


# ---- the file ------------------------------------------------------------------------

_PACKAGES = {"XGB": "xgboost", "LGB": "lightgbm"}


def write(runs: Runs) -> None:
    """Write the file that the package ships."""
    tasks: dict[str, dict[str, Any]] = {"classification": {}, "regression": {}}
    for pair in PAIRS:
        package = _PACKAGES.get(pair.name[:3], "sklearn")
        space = pair.space()
        tables = tables_of(pair, runs)
        if not tables:
            print(f"{pair.name}: not enough evaluations")
            continue
        chosen = choose(tables, _N_SHIPPED)
        tasks[pair.task][f"{package}.{pair.name}"] = [inside(space, c) for c in chosen]
    _FILE.parent.mkdir(exist_ok=True)
    parts = []
    for task, portfolios in tasks.items():
        its = []
        for name, configs in sorted(portfolios.items()):
            lines = ",\n".join(f"   {json.dumps(c)}" for c in configs)
            its.append(f'  "{name}": [\n{lines}\n  ]')
        parts.append(f' "{task}": {{\n' + ",\n".join(its) + "\n }")
    _FILE.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
    print(f"{_FILE}: {_FILE.stat().st_size / 1000:.0f} kB")


# ---- leave one out -------------------------------------------------------------------


def leave_one_out(pair: Pair, runs: Runs, evaluated: Runs) -> list[dict[str, float]]:
    """Return, for each table, what a portfolio of all others is worth there."""
    tables = tables_of(pair, runs)
    rows = []
    for left_out in tables:
        if left_out.is_drawn.sum() < _FEW:
            continue
        others = [t for t in tables if t is not left_out]
        lines = _evaluated(pair, left_out.name, others, evaluated)
        by = "judged" if runs.is_judged else "scores"
        its = [r for r in runs.lines if _is_of(r, pair, left_out.name)]
        judge = _measure(its, by)
        pool = [r for r in its if r["number"] > 0]
        # What each is worth to the judge, in the order of what chooses.
        order = np.argsort(utilities(left_out.measure, pool, "scores"), kind="stable")
        worth = np.array(utilities(judge, pool, by))[order]
        chooser = utilities(left_out.measure, lines, "scores")
        values = utilities(judge, lines, by)
        row = {f"random {k}": best_of(worth, k) for k in _DRAWN if k <= len(pool)}
        row |= {f"portfolio {k}": values[np.argmax(chooser[:k])] for k in (1, 2, 4)}
        row["defaults"] = utilities(judge, [r for r in its if r["number"] == -1], by)[0]
        row["as good as"] = n_equal(worth, row["portfolio 4"])
        rows.append(row)
    return rows


def utilities(measure: Measure, lines: list[dict[str, Any]], key: str) -> list[float]:
    """Return what evaluations are worth by one division of the rows."""
    return [measure(r[key], cut=False) for r in lines]


def _is_of(line: dict[str, Any], pair: Pair, name: str) -> bool:
    return (line["pair"], line["data"]) == (pair.name, name)


def _evaluated(
    pair: Pair, name: str, others: list[Table], evaluated: Runs
) -> list[dict[str, Any]]:
    """Return the evaluations of a portfolio of other tables; make missing ones."""
    X, y, shape = evaluated.data(name)
    space = pair.space(X, y)
    known = {
        json.dumps(r["asked"]): r for r in evaluated.lines if _is_of(r, pair, name)
    }
    lines = []
    for i, config in enumerate(choose(others, 4)):
        asked = json.dumps(config)
        if asked not in known:
            moved = inside(space, to_data(pair, config, shape))
            evaluated.add(pair, name, 1_000 + i, moved, asked=config)
            known[asked] = evaluated.lines[-1]
        lines.append(known[asked])
    return lines


def best_of(worth: np.ndarray, k: int) -> float:
    """Return the expected worth of the last of k that are drawn without replacement.

    ``worth`` is in the order in which they are chosen, from the worst to the best.
    """
    n = len(worth)
    chances = [comb(i, k - 1) / comb(n, k) for i in range(n)]
    return float(worth @ chances)


def n_equal(worth: np.ndarray, value: float) -> float:
    """Return how many random ones are as good in the mean; infinite if all are not."""
    for k in range(1, len(worth) + 1):
        if best_of(worth, k) >= value:
            return k
    return np.inf


def report(name: str, rows: list[dict[str, float]]) -> None:
    """Print what some tables say together."""
    if not rows:
        return

    def median(key: str) -> float:
        # Nothing where most tables have fewer draws. 1 is the best one and 0 the
        # median, so that this is the regret.
        values = [r[key] for r in rows if key in r]
        return 1 - float(np.median(values)) if 2 * len(values) > len(rows) else np.nan

    worse = np.mean([r["portfolio 4"] < r["random 4"] - 1e-9 for r in rows])
    better = np.mean([r["portfolio 4"] > r["defaults"] for r in rows])
    cells = [f"{median(f'random {k}'):.2f}" for k in _DRAWN]
    cells += [f"{median(f'portfolio {k}'):.2f}" for k in (1, 2, 4)]
    cells += [f"{median('defaults'):.2f}"]
    as_good = np.median([r["as good as"] for r in rows])
    print(
        f"| {name} | {len(rows)} | {' | '.join(cells)} | {as_good:.0f} | "
        f"{worse:.0%} | {better:.0%} |",
        flush=True,
    )


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    results = Path(__file__).with_name("results")
    parser.add_argument("--runs", type=Path, default=results / "portfolios.jsonl")
    parser.add_argument("--evaluate", action="store_true")
    parser.add_argument("--leave-one-out", action="store_true")
    parser.add_argument("--estimators", nargs="*", default=[p.name for p in PAIRS])
    parser.add_argument("--n-each", type=int, default=60)
    parser.add_argument("--cpu-seconds", type=float, default=5_400)
    parser.add_argument("--judged", action="store_true")
    arguments = parser.parse_args()
    arguments.runs.parent.mkdir(exist_ok=True)
    runs = Runs(arguments.runs, arguments.judged)
    pairs = [pair for pair in PAIRS if pair.name in arguments.estimators]
    if arguments.evaluate:
        runs.fill(pairs, arguments.n_each, arguments.cpu_seconds)
    elif arguments.leave_one_out:
        left_out = arguments.runs.with_suffix(".left_out.jsonl")
        evaluated = Runs(left_out, arguments.judged)
        columns = [f"random {k}" for k in _DRAWN]
        columns += [f"portfolio {k}" for k in (1, 2, 4)]
        columns += ["defaults", "as good as", "worse than random 4", "beats defaults"]
        print(f"| estimator | tables | {' | '.join(columns)} |")
        print("|---|" + "---|" * (len(columns) + 1))
        everything = []
        for pair in pairs:
            rows = leave_one_out(pair, runs, evaluated)
            report(pair.name, rows)
            everything += rows
        report("all", everything)
    else:
        write(runs)


if __name__ == "__main__":
    main()
