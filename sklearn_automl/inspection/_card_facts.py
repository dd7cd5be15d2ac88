"""What the card of a finished search says, as texts: see `_card.py` for its HTML."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_automl.inspection._drawing import count, number
from sklearn_automl.inspection._results import Results

__all__ = ["Best", "best_of", "failures_of", "rows_of"]

# What a reader of the card does not need to look up.
_ENDS = {
    "time_limit": "the time limit (time_limit)",
    "stop_at": "a score that is good enough (stop_at)",
    "patience": "no progress for a while (patience)",
    "callback": "a callback",
    "interrupt": "the user (KeyboardInterrupt)",
    "crashes": "too many workers that died",
    "error": "an error",
}
_STATUS = {
    "failed": "failed in a fit or a score",
    "timeout": "took longer than trial_timeout",
    "memory": "ran out of memory",
    "crashed": "lost the worker process",
}
_MOST_BRACKETS = 12
_MOST_NODES = 6


@dataclass(frozen=True)
class Best:
    """The winner: a number or a few words, what they are, and the parameters."""

    heading: str
    score: str
    note: str
    params: dict[str, Any]


def best_of(results: Results) -> Best:
    """Return the winner of a search, or say why there is none."""
    search, row = results.search, getattr(results.search, "best_index_", None)
    if not np.isfinite(results.scores).any():
        return Best("Best score", "none", "No evaluation has a finite score.", {})
    refit = getattr(search, "refit", True)
    if row is None:
        note = f"The search has several metrics, and refit={refit!r} chooses by none."
        return Best("Winner", "none", note, {})
    row = int(row)
    params = dict(results.table["params"][row])
    if callable(refit):
        name = getattr(refit, "__name__", type(refit).__name__)
        score = f"row {row} of cv_results_"
        note = f"{_scores(results, row)}. The function refit={name} chooses."
        return Best("Winner", score, note, params)
    score = number(float(results.scores[row]))
    note = f"{_kind_of_score(results)} {_folds(results, row)}"
    return Best("Best score", score, note, params)


def _kind_of_score(results: Results) -> str:
    name, scoring = results.metric_name, getattr(results.search, "scoring", None)
    if results.metric == "score" and callable(scoring):
        name = f"score by {getattr(scoring, '__name__', 'a scorer')}"
    return f"mean {name}" if results.n_splits > 1 else name


def _folds(results: Results, row: int) -> str:
    """Return what the score of a row is the mean of, and how much the row had."""
    table, n_splits = results.table, results.n_splits
    text = "of one validation set"
    if n_splits > 1:
        n = int(table["n_folds"][row]) if "n_folds" in table else n_splits
        of_all = f"{n} of {n_splits}" if n < n_splits else f"{n}"
        text = f"of {of_all} cross-validation folds"
        deviations = table.get(f"std_test_{results.metric}")
        if deviations is not None and n > 1:
            text += f" (standard deviation {float(deviations[row]):.2g})"
    most = getattr(results.search, "max_resources_", None)
    amounts = table.get("n_resources")
    if most and amounts is not None and amounts[row] < most:
        of_all = f"{number(float(amounts[row]))} of {number(float(most))}"
        text += f", with {of_all} {results.resource}"
    return text


def _scores(results: Results, row: int, but: str = "") -> str:
    return ", ".join(
        f"{name} {number(float(results.table[f'mean_test_{name}'][row]))}"
        for name in results.metrics
        if name != but
    )


def rows_of(results: Results) -> dict[str, str | list[str]]:
    """Return the facts below the winner by their names; a list is one of brackets."""
    search = results.search
    facts: dict[str, str | list[str]] = {}
    facts |= _other_scores(results)
    facts |= _about_winner(results)
    n_trials = getattr(search, "n_trials_", None) or len(np.unique(results.trials))
    ran = count(n_trials, "configuration")
    if results.n_rows != n_trials:
        ran += f" in {count(results.n_rows, 'evaluation')}"
    facts["Ran"] = ran
    rungs = _rungs(results)
    if rungs:
        facts["Rungs"] = rungs if len(rungs) > 1 else rungs[0]
    facts |= _saved(search, n_trials)
    facts |= _time(results)
    stop = str(getattr(search, "stop_reason_", "completed"))
    if stop != "completed":
        facts["Ended by"] = _ENDS.get(stop, stop)
    return facts


def _other_scores(results: Results) -> dict[str, str]:
    """Return the scores that are not said above, where there are several metrics."""
    search = results.search
    row = getattr(search, "best_index_", None)
    if len(results.metrics) < 2 or callable(getattr(search, "refit", None)):
        return {}
    if row is not None:
        return {"Other metrics": _scores(results, int(row), but=results.metric)}
    of_metrics = [Results(search, results.reader, name) for name in results.metrics]
    best = ", ".join(
        f"{of.metric} {number(float(of.scores[of.is_full].max()))}"
        for of in of_metrics
        if of.is_full.any()
    )
    return {"Best scores": best} if best else {}


def _about_winner(results: Results) -> dict[str, str]:
    """Return what only some searches know of their winner."""
    search, table, facts = results.search, results.table, {}
    row = getattr(search, "best_index_", None)
    nodes = getattr(getattr(search, "best_architecture_", None), "nodes", ())
    if nodes:
        facts["Architecture"] = _architecture(nodes)
    if row is not None and "n_parameters" in table:
        facts["Size"] = f"{int(table['n_parameters'][row]):,} weights"
    reference = getattr(search, "reference_score_", None)
    if reference is not None and np.isfinite(reference):
        facts["To beat"] = f"{number(float(reference))}, the score of the reference"
    if hasattr(search, "ensemble_score_"):
        n = len(search.ensemble_.estimators_)
        score = number(float(search.ensemble_score_))
        facts["Ensemble"] = f"{score}, {count(n, 'member')}"
    if row is not None and "mean_best_iteration" in table:
        mean = number(float(table["mean_best_iteration"][row]))
        facts["Stopped at"] = f"{mean} iterations on average"
    return facts


def _architecture(nodes: Any) -> str:
    """Return the layers of a network in one line; of a graph, what is in it."""
    names = ["input", *(node.name for node in nodes)]
    is_chain = all(
        n.inputs == (before,) for n, before in zip(nodes, names, strict=False)
    )
    if is_chain:
        labels = [node.label for node in nodes]
        more = len(labels) - _MOST_NODES
        rest = [f"{more} more"] if more > 0 else []
        return " → ".join(labels[:_MOST_NODES] + rest)
    counts = Counter(node.operation.replace("_", " ") for node in nodes)
    parts = ", ".join(f"{n} {name}" for name, n in counts.most_common(_MOST_NODES))
    return f"a graph of {count(len(nodes), 'operation')}: {parts}"


# ---- what ran --------------------------------------------------------------------


def _rungs(results: Results) -> list[str]:
    """Return a line for each bracket: how many configurations had how much."""
    resource = getattr(results.search, "resource", None)
    has_unit = resource not in {None, "n_folds"} or results.resource == "epochs"
    unit = results.resource if has_unit else ""
    steps = _steps(results)
    if sum(map(len, steps)) < 2:  # everything had the same
        return []
    lines = [
        " → ".join(
            f"{n} with {f'{number(float(amount))} {unit} on ' if unit else ''}"
            f"{count(n_folds, 'fold')}"
            for n, amount, n_folds in rungs
        )
        for rungs in steps
    ]
    more = len(lines) - _MOST_BRACKETS
    rest = [f"and {count(more, 'more bracket')}"] if more > 0 else []
    return lines[:_MOST_BRACKETS] + rest


def _steps(results: Results) -> list[list[tuple[int, Any, int]]]:
    """Return for each bracket its rungs: evaluations, amount and number of folds."""
    search, table = results.search, results.table
    n_splits = results.n_splits
    if "rung" not in table:  # a search over candidates: one row for each of them
        of_folds = getattr(search, "resource", None) == "n_folds"
        brackets = getattr(search, "brackets_", [])
        return [
            [(n, amount, amount if of_folds else n_splits) for n, amount in rungs]
            for rungs in brackets
        ]
    names = ("rung", "n_resources", "n_folds")
    columns = [results.brackets, *(table[k] for k in names if k in table)]
    if "n_folds" not in table:
        columns.append(np.full(results.n_rows, n_splits))
    counts = Counter(zip(*(c.tolist() for c in columns), strict=True))
    steps = defaultdict(list)
    for (bracket, _, amount, n_folds), n in sorted(counts.items()):
        steps[bracket].append((n, amount, n_folds))
    return list(steps.values())


def _saved(search: Any, n_trials: int) -> dict[str, str]:
    """Return how much cheaper it was than every configuration in full."""
    total = getattr(search, "total_resources_", None)
    resource = getattr(search, "resource", None)
    if total is None or not resource:
        return {}
    # How many evaluations in full would have cost as much.
    cost = total / search.max_resources_
    if cost >= n_trials or n_trials < 2:
        return {}
    n_fits = search.max_resources_ if resource == "n_folds" else search.n_splits_
    n_all = n_trials * n_fits
    return {
        "Saved": f"{1 - cost / n_trials:.0%} of the cost of all {n_trials} "
        f"configurations in full: the work of {n_all - cost * n_fits:.0f} of "
        f"{n_all} fits"
    }


def _time(results: Results) -> dict[str, str]:
    """Return how long it took: by the clock, of all fits, and the final fit."""
    parts = []
    if "end_time" in results.table:
        seconds = float(np.max(results.table["end_time"]))
        parts.append(f"{_duration(seconds)} for the search")
    if "mean_fit_time" in results.table and "mean_score_time" in results.table:
        total = float(results.seconds[_own_rows(results)].sum())
        parts.append(f"{_duration(total)} of fits and scores in all workers")
    refit = getattr(results.search, "refit_time_", None)
    if refit is not None:
        parts.append(f"{_duration(refit)} for the final fit")
    elif getattr(results.search, "refit", True) is False:
        parts.append("no final fit (refit=False)")
    return {"Time": ", ".join(parts)} if parts else {}


def _own_rows(results: Results) -> list[int]:
    """Return the rows without those whose folds a later row has too.

    A configuration that gets more folds of the same rows keeps those it has.
    """
    table = results.table
    if "n_resources" not in table or "n_folds" not in table:
        return list(range(results.n_rows))
    is_resource = np.array_equal(table["n_resources"], table["n_folds"])
    last: dict[Any, int] = {}
    for row in np.argsort(table["n_folds"], kind="stable").tolist():
        amount = 0 if is_resource else table["n_resources"][row]
        last[int(results.trials[row]), amount] = row
    return list(last.values())


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


# ---- failures --------------------------------------------------------------------


def failures_of(results: Results) -> tuple[str, list[tuple[str, int]]]:
    """Return how many evaluations failed and how, and the errors with their counts."""
    failed = np.flatnonzero(results.failed)
    if not len(failed):
        return "", []
    statuses = Counter(
        str(results.table["status"][row]) if "status" in results.table else "failed"
        for row in failed
    )
    ends = [
        f"{n} {_STATUS.get(status, status)}" for status, n in statuses.most_common()
    ]
    of_all = f"{len(failed)} of {count(results.n_rows, 'evaluation')}"
    # Of one kind the number is the same.
    text = f"{of_all}: {', '.join(ends)}"
    if len(ends) == 1:
        text = f"{of_all} {ends[0].partition(' ')[2]}"
    errors = Counter(
        str(results.table["error"][row]).strip().rpartition("\n")[2]
        for row in failed
        if "error" in results.table
    )
    return text, [
        (e or "The score is not a finite number.", n) for e, n in errors.most_common()
    ]
