"""Runs: one search on one problem with one seed, and the file that remembers it."""

import json
import math
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.models.ours import MissingSamplerError, SchedulerFactory
from benchmarks.models.problems import Config, Problem

__all__ = ["Method", "Recorder", "Results", "Run", "drive", "run_missing"]

#: What runs a search until the recorder's budget is spent; it may return notes.
Method = Callable[[Problem, "Recorder", int], dict[str, Any] | None]


@dataclass
class Run:
    """What is kept of a run.

    ``trace`` has the cost and the true loss of the incumbent wherever that changed, and
    ``best`` is the lowest true loss of what was evaluated with all of the resource.
    """

    problem: str
    method: str
    seed: int
    budget: float
    trace: list[tuple[float, float]]
    best: float
    n_evaluations: int
    seconds: float
    notes: dict[str, Any] = field(default_factory=dict)

    def loss_at(self, budget: float) -> float:
        """Return the incumbent's true loss after ``budget``, NaN before the first."""
        loss = math.nan
        for cost, value in self.trace:
            if cost > budget:
                break
            loss = value
        return loss


class Recorder:
    """Evaluates for a search, and keeps its books.

    The incumbent is the configuration with the lowest loss of those evaluated with the
    most resource so far. What exceeds the budget is evaluated, but not recorded.
    """

    def __init__(self, problem: Problem, budget: float) -> None:
        self._problem = problem
        self.budget = budget
        self._cost = 0.0
        self._incumbent = (-math.inf, math.inf)  # resource, loss
        self.trace: list[tuple[float, float]] = []
        self.best = math.inf
        self.n_evaluations = 0

    @property
    def is_spent(self) -> bool:
        """Whether nothing can be recorded any more."""
        return self._cost >= self.budget

    def evaluate(
        self, config: Config, resource: float, previous_resource: float = 0
    ) -> float:
        """Return the loss."""
        loss = self._problem.evaluate(config, resource)
        self._cost += self._problem.cost(resource, previous_resource)
        if self._cost > self.budget:
            return loss
        self.n_evaluations += 1
        if resource == self._problem.max_resource:
            self.best = min(self.best, self._problem.true_loss(config))
        highest, lowest = self._incumbent
        if resource > highest or (resource == highest and loss < lowest):
            self._incumbent = (resource, loss)
            self.trace.append((self._cost, self._problem.true_loss(config)))
        return loss


def drive(make: SchedulerFactory) -> Method:
    """Return the method that asks a scheduler and tells it, one job at a time."""

    def run(problem: Problem, recorder: Recorder, seed: int) -> dict[str, Any]:
        rng = np.random.default_rng([seed, zlib.crc32(problem.name.encode())])
        scheduler = make(problem, rng)
        while not recorder.is_spent and (job := scheduler.ask()) is not None:
            loss = recorder.evaluate(job.config, job.resource, job.previous_resource)
            scheduler.tell(job, loss)
        # What samplers count: where their proposals came from, and fallbacks.
        return dict(getattr(scheduler.sampler, "n_proposals", {}))

    return run


class Results:
    """Runs as JSON lines, one file for each part of the benchmark and method."""

    def __init__(self, folder: Path, part: str) -> None:
        self.folder = folder
        self._part = part
        folder.mkdir(parents=True, exist_ok=True)

    def load(self, methods: Iterable[str]) -> dict[tuple[str, str, int], Run]:
        """Return the runs of methods by problem, method and seed; the last counts."""
        runs = {}
        for method in methods:
            for line in self._lines(method):
                record = json.loads(line)
                run = Run(**record)
                runs[run.problem, run.method, run.seed] = run
        return runs

    def append(self, run: Run) -> None:
        """Write a run to the end of its method's file."""
        with self._path(run.method).open("a") as file:
            file.write(json.dumps(asdict(run)) + "\n")

    def all_best(self, problem: str) -> float:
        """Return the lowest loss that any method has found, in any part."""
        best = math.inf
        for path in self.folder.glob("*.jsonl"):
            for line in path.read_text().splitlines():
                if f'"{problem}"' in line:
                    best = min(best, json.loads(line)["best"])
        return best

    def _lines(self, method: str) -> Iterator[str]:
        path = self._path(method)
        if path.exists():
            yield from path.read_text().splitlines()

    def _path(self, method: str) -> Path:
        name = "".join(c if c.isalnum() or c in "+-._" else "_" for c in method)
        return self.folder / f"{self._part}.{name}.jsonl"


def run_missing(
    results: Results,
    problems: Iterable[Problem],
    methods: dict[str, Method],
    seeds: Iterable[int],
    n_trainings: float,
) -> None:
    """Run what is not there yet; print a line for each method and problem."""
    done = results.load(methods)
    problems, seeds = list(problems), list(seeds)
    for name, method in methods.items():
        for problem in problems:
            budget = n_trainings * problem.max_resource
            todo = [
                seed
                for seed in seeds
                if (run := done.get((problem.name, name, seed))) is None
                or run.budget < budget
            ]
            if not todo:
                continue
            start = time.perf_counter()
            try:
                for seed in todo:
                    results.append(_run(name, method, problem, seed, budget))
            except (MissingSamplerError, ImportError) as error:
                print(f"{name}: skipped, {error}", flush=True)
                break
            seconds = time.perf_counter() - start
            print(
                f"{name}, {problem.name}: {len(todo)} runs in {seconds:.1f} s",
                flush=True,
            )


def _run(name: str, method: Method, problem: Problem, seed: int, budget: float) -> Run:
    recorder = Recorder(problem, budget)
    problem.start(seed)
    start = time.perf_counter()
    notes = method(problem, recorder, seed) or {}
    seconds = time.perf_counter() - start
    return Run(
        problem=problem.name,
        method=name,
        seed=seed,
        budget=budget,
        trace=recorder.trace,
        best=recorder.best,
        n_evaluations=recorder.n_evaluations,
        seconds=round(seconds, 3),
        notes=notes,
    )
