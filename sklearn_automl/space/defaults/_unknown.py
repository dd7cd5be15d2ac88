"""What is said of an estimator that has no default space."""

from collections.abc import Mapping
from typing import Any

__all__ = ["no_default_space"]

# They say how an estimator runs, not what it is.
_NOT_SEARCHED = {
    "cache_size",
    "copy",
    "copy_X",
    "device",
    "memory",
    "missing",
    "n_jobs",
    "random_state",
    "seed",
    "store_covariance",
    "verbose",
    "warm_start",
}
_MOST_LINES = 20


def no_default_space(estimator: Any) -> ValueError:
    """Return an error with a template of the space that the user has to write."""
    name = type(estimator).__name__
    own: Mapping[str, Any] = estimator.get_params(deep=False)
    if not own:
        return ValueError(
            f"There is no default search space for {name}, which has no parameters. "
            "Pass param_distributions={} to search nothing in it."
        )
    searched = [n for n in own if n not in _NOT_SEARCHED]
    lines = [f'    "{n}": {_proposal(own[n])}' for n in searched[:_MOST_LINES]]
    template = "\n".join(["param_distributions = {", *lines, "}"])
    return ValueError(
        f"There is no default search space for {name}. Its parameters are "
        f"{sorted(own)}. Write a space: delete the lines of parameters that you do not "
        f"want to search, and correct the values of the others. If {name} is a step of "
        "a pipeline, put the name of the step and two underscores before each "
        f"name.\n\nfrom scipy.stats import loguniform, randint\n\n{template}"
    )


def _proposal(value: Any) -> str:
    """Return a line of the template: values around the present one."""
    now = f"  # now {_short(value)}"
    if isinstance(value, bool):
        return f"[True, False],{now}"
    if isinstance(value, int) and value > 0:
        return f"randint({max(value // 2, 1)}, {2 * value + 1}),{now}"
    if isinstance(value, float) and 0 < value < float("inf"):
        return f"loguniform({value / 10:g}, {value * 10:g}),{now}"
    if value is None or isinstance(value, str | int | float):
        return f"[{value!r}],{now}: add the other values"
    return f"[...],{now}"


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 40 else f"{text[:40]}..."
