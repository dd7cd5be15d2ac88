"""Early stopping on set-aside rows: who can take them, and which rows they are."""

from typing import Any

import numpy as np

from sklearn_automl.exceptions import warn
from sklearn_automl.execution import PASSES, EvalSet, early_stopping_of
from sklearn_automl.model_selection._checks import as_numbers
from sklearn_automl.model_selection._folds import Folds
from sklearn_automl.model_selection._last_steps import last_steps

__all__ = ["check_eval_set", "make_eval_set"]

# Parameters of ``fit`` by which users give rows of their own.
_OWN_ROWS = {"eval_set", "eval_X", "eval_y", "X_val", "y_val", "Y_val"}


def make_eval_set(search: Any, folds: Folds, seed: int) -> EvalSet | None:
    """Return which rows of these folds are set aside; None if none are."""
    if search.eval_set is None:
        return None
    groups = None if folds.groups is None else as_numbers(folds.groups, "groups")
    share = float(search.eval_set)
    eval_set = EvalSet(share, seed, folds.labels, groups, folds.is_ordered)
    for i, (train, _) in enumerate(folds.splits):
        if len(eval_set.divide(i, train)[1]) == 0:
            what = f"{len(train)} rows"
            if groups is not None:
                what += f" in {len(np.unique(groups[train]))} groups"
            raise ValueError(
                f"eval_set={share!r} cannot set rows aside in the training fold of "
                f"split {i}, which has {what}: the remaining rows would be too few, or "
                "lack a class. Leave eval_set at None, or choose other folds."
            )
    return eval_set


def check_eval_set(search: Any, space: Any, params: dict[str, Any]) -> None:
    """Refuse, before any fit, what can do nothing with an evaluation set.

    ``params`` are those of the search's ``fit``.
    """
    share = search.eval_set
    if share is None:
        _warn_of_no_rows(search, space, params)
        return
    if search.resource == PASSES:
        raise ValueError(
            f"eval_set={share!r} stops a fit early, but resource={PASSES!r} calls "
            "partial_fit, which cannot stop early. Leave eval_set at None, or choose "
            "another resource."
        )
    for name in params:
        if name.rpartition("__")[2] in _OWN_ROWS:
            raise ValueError(
                f"eval_set={share!r} sets rows aside, but fit was given {name!r} too. "
                f"Pass one of them: leave eval_set at None, or remove {name!r}."
            )
    useless: dict[str, str] = {}
    for step, names in last_steps(search.estimator, space):
        label = type(step).__name__
        stopping = early_stopping_of(step)
        if stopping is None:
            raise ValueError(_refusal(share, step))
        fault = stopping.fault_of(step)
        if fault and fault.partition("=")[0] not in names:
            raise ValueError(
                f"eval_set={share!r} needs early stopping, but {label} has {fault}. "
                "Leave that parameter at its default, or set eval_set=None."
            )
        given = {n.rpartition("__")[2] for n, v in params.items() if v is not None}
        if not stopping.is_on(step, names | given) and "callbacks" not in given:
            useless[label] = stopping.switches[0] if stopping.switches else "callbacks"
    for label, switch in useless.items():
        warn(
            f"eval_set={share!r} sets rows aside, but nothing stops the fits of "
            f"{label} early: set its {switch}."
        )


def _warn_of_no_rows(search: Any, space: Any, params: dict[str, Any]) -> None:
    """Say if a last step is to stop early, and has no rows to stop by."""
    if any(name.rpartition("__")[2] in _OWN_ROWS for name in params):
        return
    for step, names in last_steps(search.estimator, space):
        stopping = early_stopping_of(step)
        if stopping is None or not stopping.needs_rows:
            continue
        if stopping.is_on(step, names):
            warn(
                f"{type(step).__name__} should stop early, but has no rows for this: "
                "pass eval_set=0.1, which sets a tenth of each training fold aside."
            )
            return


def _refusal(share: float, step: Any) -> str:
    """Say why the last step cannot take rows, what can, and what to do instead."""
    label = "None" if step is None else type(step).__name__
    label = repr(step) if isinstance(step, str) else label
    params = step.get_params(deep=False) if hasattr(step, "get_params") else {}
    advice = ""
    if "validation_fraction" in params:
        own = "n_iter_no_change"
        if "early_stopping" in params:
            own = "early_stopping=True"
        advice = (
            f" {label} can set rows aside by itself: leave eval_set at None, and use "
            f"its {own} and validation_fraction."
        )
    elif any(hasattr(value, "fit") for value in params.values()):
        advice = (
            f" {label} fits copies of the estimator that it holds, and eval_set does "
            "not reach them: pass that estimator itself, or leave eval_set at None."
        )
    return (
        f"eval_set={share!r} cannot be used with {label} as the last step: its fit "
        "takes no evaluation set. It must be an estimator of XGBoost, LightGBM or "
        "CatBoost (but no random forest), a HistGradientBoosting estimator or another "
        f"one whose fit takes X_val and y_val, or a skorch net.{advice}"
    )
