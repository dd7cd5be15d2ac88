"""Stopping by learning curves: how much it saves, and how often it costs the best.

Run ``python benchmarks/bench_learning_curves.py --data DIR`` from the root of the
repository; without ``--data`` the folder is SKLEARN_AUTOML_BENCHMARK_DATA. It needs

* ``lcbench_167168.npz``, ``lcbench_189873.npz``, ``lcbench_189906.npz``: validation
  accuracy of 2,000 networks after each of 52 epochs (LCBench, through the surrogate of
  YAHPO Gym), and
* ``lcdb_accuracy_big.npz``: validation accuracy of 20 learners on 70 data sets, over
  the number of training rows (LCDB 1.0).

The prior was tuned on 31 other data sets of LCBench and the first 1,000 networks of
these three, and on every second data set of LCDB, which are shown apart. One thing is
not independent of what is shown: that nobody is stopped in the first third was tried
because an earlier prior had lost 8 % on the unseen half of 189873, and was then chosen
on the other half.

A run is *lost* if the configuration it chooses ends more than 0.1 points of accuracy
(0.002 of cross-entropy) below the best of its candidates, which is what the same search
finds without stopping. What is *saved* is compared with that search too, and with one
that evaluates each candidate once and in full: networks are continued, so that this is
the same for them, but with more rows every rung is a new fit.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

# Not a package that is installed; run as a script, only this folder is on the path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sklearn_automl.samplers import GridSampler
from sklearn_automl.schedulers import (
    Curves,
    CurveStopping,
    LearningCurve,
    MedianStopping,
    StoppingRule,
    ladder,
)
from sklearn_automl.space import SearchSpace

VARIABLE = "SKLEARN_AUTOML_BENCHMARK_DATA"
LCBENCH = ("167168", "189873", "189906")
LCDB = "lcdb_accuracy_big.npz"


@dataclass
class Case:
    """The candidates of one search: their losses (rows) at the resources (columns)."""

    losses: np.ndarray
    resources: Sequence[int]
    tolerance: float
    is_continued: bool


@dataclass
class Outcome:
    """What a run has cost, as shares, and how far its choice is from the best."""

    lost: bool
    saved: float
    saved_to_full: float
    regret: float


@dataclass
class Group:
    """Cases that share a line of the table."""

    name: str
    cases: list[Case] = field(default_factory=list)


# ---- data ------------------------------------------------------------------------


def lcbench(folder: Path, name: str, metric: str, n_runs: int, seed: int) -> Group:
    """Return searches over 27 of a table's last 1,000 networks, from epoch 2 on."""
    table = np.load(folder / f"lcbench_{name}.npz")
    is_accuracy = metric == "val_accuracy"
    losses = (-1 if is_accuracy else 1) * table[metric].astype(float)
    rungs = ladder(2, 52, 3 ** (1 / 3))  # epoch 1 tells next to nothing
    at_rungs = losses[1000:, np.array(rungs) - 1]
    rng = np.random.default_rng(seed)
    group = Group(f"LCBench {name}, {metric.removeprefix('val_').replace('_', '-')}")
    for _ in range(n_runs):
        chosen = rng.choice(len(at_rungs), 27, replace=False)
        tolerance = 0.1 if is_accuracy else 0.002
        group.cases.append(Case(at_rungs[chosen], rungs, tolerance, True))
    return group


def lcdb(folder: Path, part: int, step: float, n_orders: int, seed: int) -> Group:
    """Return searches over the learners of every second data set, in random order.

    A loss is the mean of five inner splits, as of 5-fold cross-validation.
    """
    rng = np.random.default_rng(seed)
    which = "unseen" if part else "tuned on"
    group = Group(f"LCDB {which}, rungs x {step:.2f}")
    for sizes, losses in _lcdb_tables(folder)[part]:
        columns = _columns(sizes, step)
        at_rungs = losses[:, columns]
        at_rungs = at_rungs[np.isfinite(at_rungs).all(axis=1)]
        rungs = [int(size) for size in sizes[columns]]
        for _ in range(n_orders):
            order = rng.permutation(len(at_rungs))
            group.cases.append(Case(at_rungs[order], rungs, 0.1, False))
    return group


@cache
def _lcdb_tables(folder: Path) -> list[list[tuple[np.ndarray, np.ndarray]]]:
    """Return sizes and losses of each data set and outer split, in two halves."""
    data = dict(np.load(folder / LCDB))
    names = np.unique(data["openmlid"])
    halves: list[list[tuple[np.ndarray, np.ndarray]]] = [[], []]
    kept = (data["inner_seed"] < 5) & (data["outer_seed"] < 5)
    data = {k: v[kept] for k, v in data.items() if len(v) == len(kept)}
    for number, name in enumerate(names):
        of_set = data["openmlid"] == name
        for outer in np.unique(data["outer_seed"][of_set]):
            rows = of_set & (data["outer_seed"] == outer)
            halves[number % 2].append(_table({k: v[rows] for k, v in data.items()}))
    return halves


def _table(data: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    sizes = np.unique(data["size_train"])
    at = data["learner"], np.searchsorted(sizes, data["size_train"])
    total, count = np.zeros((2, 20, len(sizes)))
    np.add.at(total, at, data["acc_valid"])
    np.add.at(count, at, 1)
    losses = -100 * np.divide(
        total, count, out=np.full_like(total, np.nan), where=count > 0
    )
    # Some learners did not finish with all rows: take the most that 15 of 20 did.
    last = np.flatnonzero(np.isfinite(losses).sum(axis=0) >= 15)[-1]
    return sizes[: last + 1], losses[:, : last + 1]


def _columns(sizes: np.ndarray, step: float) -> list[int]:
    """Choose of the sizes that were run those nearest to a ladder over factor 81."""
    columns = [len(sizes) - 1]
    while columns[-1] > 0:
        target = sizes[columns[-1]] / step
        if target < 0.93 * max(sizes[0], sizes[-1] / 81):
            break
        columns.append(int(np.argmin(np.abs(np.log(sizes[: columns[-1]] / target)))))
    return columns[::-1]


# ---- runs ------------------------------------------------------------------------


class Recorded(CurveStopping):
    """Keeps every chance that it gives, and the incumbent's final loss then."""

    def __init__(self, confidence: float = 0.95) -> None:
        super().__init__(confidence)
        self.given: list[tuple[int, float, float]] = []
        self._bound: dict[tuple[float, ...], Any] = {}

    def bind(self, resources: Sequence[float], rng: np.random.Generator) -> Any:
        """Bind once for each ladder: to draw the prior is most of a run's time."""
        key = tuple(resources)
        if key not in self._bound:
            self._bound[key] = super().bind(resources, rng)
        return self._bound[key]

    def chance(self, trial_id: int, curves: Curves) -> float:
        """Return the chance, and note it if there is an incumbent."""
        chance = super().chance(trial_id, curves)
        if curves.incumbent is not None and curves.spread:
            self.given.append((trial_id, chance, curves.incumbent[-1]))
        return chance


class LateMedian(MedianStopping):
    """The median rule, after a third of the rungs, as the curves have it."""

    def bind(self, resources: Sequence[float], rng: np.random.Generator) -> Any:
        """Note how many rungs are needed."""
        bound = super().bind(resources, rng)
        bound.n_needed = -(-len(resources) // 3)
        return bound

    def should_stop(self, trial_id: int, curves: Curves) -> bool:
        """Ask the median rule late."""
        if len(curves.of(trial_id)) < self.n_needed:
            return False
        return super().should_stop(trial_id, curves)


class Foresight(StoppingRule):
    """Knows all final losses: a bound for any rule that compares with the incumbent.

    Only those go on that end below the incumbent, or within a share of the spread.
    """

    def __init__(self, case: Case, share: float) -> None:
        self.finals = case.losses[:, -1]
        self.margin = share * np.ptp(case.losses)

    def should_stop(self, trial_id: int, curves: Curves) -> bool:
        """Tell whether the trial ends too high."""
        if curves.incumbent is None:
            return False
        return bool(self.finals[trial_id] >= curves.incumbent[-1] + self.margin)


def run(case: Case, rule: StoppingRule) -> Outcome:
    """Run a search over the candidates, one after the other."""
    space = SearchSpace({"row": list(range(len(case.losses)))})
    sampler = GridSampler(shuffle=False).bind(space, np.random.default_rng(0))
    n, rungs = len(case.losses), case.resources
    scheduler = LearningCurve(sampler, n, rungs, rule, np.random.default_rng(0))
    spent, best = 0.0, np.inf
    while (job := scheduler.ask()) is not None:
        loss = float(case.losses[job.config["row"], job.rung])
        spent += job.resource - case.is_continued * job.previous_resource
        if job.is_final:
            best = min(best, loss)
        scheduler.tell(job, loss)
    regret = best - case.losses[:, -1].min()
    ladder_cost = rungs[-1] if case.is_continued else sum(rungs)
    return Outcome(
        lost=regret > case.tolerance,
        saved=1 - spent / (n * ladder_cost),
        saved_to_full=1 - spent / (n * rungs[-1]),
        regret=regret,
    )


def calibration(cases: Sequence[Case], rule: Recorded) -> Iterator[tuple[float, bool]]:
    """Yield each chance that was given, and whether the trial did beat the incumbent.

    Ties are left out: on some data sets several learners end with the same accuracy,
    that of the largest class.
    """
    for case in cases:
        rule.given.clear()  # shared with the bound copies
        run(case, rule)
        for trial_id, chance, incumbent in rule.given:
            if (final := case.losses[trial_id, -1]) != incumbent:
                yield chance, bool(final < incumbent)


# ---- report ----------------------------------------------------------------------

HEADER = (
    "| data | runs | rule | lost | saved | saved, to each once in full | mean regret |"
)


def print_table(groups: Sequence[Group]) -> None:
    """Print what each rule has cost and saved, as Markdown."""
    print(HEADER)
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: |")
    rules = {
        "curves, 0.95": Recorded(0.95),
        "curves, 0.9": Recorded(0.9),
        "median": MedianStopping(),
        "median, after a third": LateMedian(),
        "foresight": lambda case: Foresight(case, 0.0),
        "foresight, within 5 %": lambda case: Foresight(case, 0.05),
    }
    for group in groups:
        for name, rule in rules.items():
            outcomes = [
                run(case, rule if isinstance(rule, StoppingRule) else rule(case))
                for case in group.cases
            ]
            lost, saved, full, regret = (
                np.mean([getattr(o, column) for o in outcomes])
                for column in ("lost", "saved", "saved_to_full", "regret")
            )
            print(
                f"| {group.name} | {len(outcomes)} | {name} | {lost:.1%} | "
                f"{saved:.1%} | {full:.1%} | {regret:.3f} |",
                flush=True,
            )


def plot_calibration(groups: Sequence[Group], path: Path) -> None:
    """Draw predicted chances against frequencies, and print them."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    edges = np.array([0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01])
    fig, ax = plt.subplots(figsize=(5.5, 5), layout="constrained")
    print("\n| data | chance given | decisions | mean chance | frequency |")
    print("| --- | --- | ---: | ---: | ---: |")
    for group in groups:
        # Nothing is stopped, so that the easy decisions are there as well.
        pairs = np.array(list(calibration(group.cases, Recorded(confidence=1.0))))
        chances, hits = pairs.T
        points = []
        for low, high in pairwise(edges):
            here = (chances >= low) & (chances < high)
            if np.count_nonzero(here) < 50:
                continue
            points.append((chances[here].mean(), hits[here].mean()))
            print(
                f"| {group.name} | {low:.2f} to {min(high, 1):.2f} | {here.sum()} | "
                f"{points[-1][0]:.3f} | {points[-1][1]:.3f} |"
            )
        ax.plot(*np.transpose(points), marker="o", ms=4, label=group.name)
    ax.plot([0, 1], [0, 1], color="grey", lw=1, ls="--", label="calibrated")
    ax.set(
        xlabel="chance to beat the incumbent, as predicted",
        ylabel="share that did",
        title="Below the line, the prediction is on the safe side",
    )
    ax.legend(fontsize="small")
    fig.savefig(path, dpi=120)
    print(f"\nThe plot is in {path}.")


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", default=os.environ.get(VARIABLE), help="the folder")
    parser.add_argument("--runs", type=int, default=100, help="for each table")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", default="learning_curves_calibration.png")
    options = parser.parse_args()
    names = [*(f"lcbench_{name}.npz" for name in LCBENCH), LCDB]
    folder = Path(options.data or "")
    missing = [name for name in names if not (folder / name).is_file()]
    if not options.data or missing:
        sys.exit(
            f"Data are needed: pass their folder as --data, or set {VARIABLE}. "
            f"Not found in {options.data!r}: {', '.join(missing)}."
        )
    began = time.perf_counter()
    n, seed = options.runs, options.seed
    accuracy = [lcbench(folder, name, "val_accuracy", n, seed) for name in LCBENCH]
    entropy = [lcbench(folder, name, "val_cross_entropy", n, seed) for name in LCBENCH]
    rows = [lcdb(folder, 1, step, 1, seed) for step in (2**0.5, 3)]
    tuned = [lcdb(folder, 0, step, 1, seed) for step in (2**0.5, 3)]
    print_table([*accuracy, *entropy, *rows, *tuned])
    everything = Group("LCBench", [c for g in accuracy for c in g.cases[: n // 3]])
    plot_calibration([everything, rows[0]], Path(options.plot))
    print(f"{time.perf_counter() - began:.0f} seconds")


if __name__ == "__main__":
    main()
