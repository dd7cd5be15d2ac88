"""A finished search as it is remembered, and its form in the file."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass, field, fields
from typing import Any

from sklearn_automl.storage._digest import digest
from sklearn_automl.storage._facts import DataFacts
from sklearn_automl.storage._fingerprint import describe
from sklearn_automl.storage._values import encode

__all__ = [
    "PastEvaluation",
    "PastSearch",
    "facts_of",
    "name_of_class",
    "text_of_estimator",
    "text_of_value",
]

_N_FACTS = len(fields(DataFacts))

# What is in one column of the file.
_ABOUT = ("algorithm", "scorer", "cv", "sign", "resource", "folds", "fixed", "units")


@dataclass(frozen=True, slots=True)
class PastEvaluation:
    """A configuration, and what came of it.

    Parameters
    ----------
    values : dict of str to str
        The text of each value (:func:`text_of_value`), by the key of the parameter.

    amount : int or None
        The amount of the resource that each fold had; None for all rows.

    n_folds : int
        Number of folds.

    score : float or None
        Mean score, of which more is better; None if the evaluation failed.

    seconds : float
        How long it took.
    """

    values: Mapping[str, str]
    amount: int | None
    n_folds: int
    score: float | None
    seconds: float = 0.0

    @property
    def standing(self) -> tuple[float, ...]:
        """What orders the evaluations of a search: more of the resource comes first.

        A configuration that was promoted was among the best of those that were not.
        """
        if self.score is None:
            return (-1.0, 0.0)
        amount = math.inf if self.amount is None else self.amount
        return (amount, self.n_folds, self.score)


@dataclass(frozen=True)
class PastSearch:
    """A finished search.

    Parameters
    ----------
    estimator : tuple of str
        Names of the classes that the estimator is made of, sorted.

    facts : DataFacts
        What is remembered of the data.

    fingerprint : str
        Equal for equal data, and for nothing else.

    parameters : tuple of str
        Keys of the parameters that were searched.

    evaluations : list of PastEvaluation
        What was evaluated.

    algorithm, scorer, cv : str
        The class of the search, the metric and the splitter.

    sign : int, default=1
        -1 if the score is the negative of its metric.

    resource : str, default=""
        "data" if all rows are the most of it, or else the name of a parameter.

    folds : str, default=""
        Digest of the rows of the folds.

    fixed : dict of str to str
        Digests of the parameters that were not searched, by their keys.

    finished : float, default=0.0
        When it ended, in seconds since 1970.

    units : dict of str to float
        What one of a parameter is on its data, by its key: gamma is measured in that of
        ``gamma="scale"``, for example. Only of parameters that have a unit.
    """

    estimator: tuple[str, ...]
    facts: DataFacts
    fingerprint: str
    parameters: tuple[str, ...]
    evaluations: list[PastEvaluation] = field(default_factory=list)
    algorithm: str = ""
    scorer: str = ""
    cv: str = ""
    sign: int = 1
    resource: str = ""
    folds: str = ""
    fixed: Mapping[str, str] = field(default_factory=dict)
    finished: float = 0.0
    units: Mapping[str, float] = field(default_factory=dict)

    def texts(self) -> tuple[str, ...]:
        """Return its form in the file, in the order of the columns.

        The first one is a digest of all others.
        """
        about = {name: getattr(self, name) for name in _ABOUT}
        records = [
            [
                [e.values.get(key) for key in self.parameters],
                *(e.amount, e.n_folds, e.score),
            ]
            for e in self.evaluations
        ]
        content = [
            text_of_estimator(self.estimator),
            self.fingerprint,
            *map(_json, (astuple(self.facts), self.parameters, about, records)),
        ]
        seconds = _json([round(e.seconds, 3) for e in self.evaluations])
        # A search with a seed that is run again differs in its seconds only.
        return digest(*content), *content, seconds

    @classmethod
    def of_texts(cls, finished: float, *texts: str) -> "PastSearch":
        """Return what :meth:`texts` made texts of, but for the digest.

        Raises
        ------
        ValueError, TypeError, KeyError
            If the texts are not such.
        """
        estimator, fingerprint, facts, parameters, about, records, seconds = texts
        keys = tuple(json.loads(parameters))
        evaluations = [
            PastEvaluation(_without_none(keys, values), amount, n_folds, score, took)
            for (values, amount, n_folds, score), took in zip(
                json.loads(records), json.loads(seconds), strict=True
            )
        ]
        for e in evaluations:
            numbers = [e.amount or 0, e.n_folds, e.score or 0, e.seconds]
            _check(all(map(math.isfinite, numbers)), "evaluation")
        about = json.loads(about)
        # They are divided by.
        units = about.get("units", {}).values()
        _check(all(0 < unit < math.inf for unit in units), "units")
        known = {f.name for f in fields(cls)}
        return cls(
            tuple(json.loads(estimator)),
            facts_of(facts),
            fingerprint,
            keys,
            evaluations,
            finished=finished,
            # A newer version may have written more.
            **{k: v for k, v in about.items() if k in known},
        )


def text_of_estimator(names: Iterable[str]) -> str:
    """Return names of classes as they stand in the file."""
    return _json(list(names))


def name_of_class(kind: Any) -> str:
    """Return the package and the class: modules inside of a package are renamed."""
    return f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"


def facts_of(text: str) -> DataFacts:
    """Return the facts of their text.

    What an older version has not written is 0; what a newer one has is left out.
    """
    task, *numbers = json.loads(text)[:_N_FACTS]
    _check(isinstance(task, str) and all(n >= 0 for n in numbers), "facts")
    return DataFacts(task, *numbers)


def text_of_value(value: Any, digest: Callable[[str], str]) -> str:
    """Return a text that is equal for equal values of a parameter.

    Plain values can be read from it. Of others it has the type and a digest, because
    nothing in the file is ever run.

    Parameters
    ----------
    value : object
        Any value.

    digest : callable
        Returns a digest of a text, with the salt of the file.
    """
    try:
        return encode(value)
    except (TypeError, ValueError):
        return f"<{type(value).__name__} {digest(describe(value))}>"


def _check(is_right: bool, what: str) -> None:
    if not is_right:
        raise ValueError(f"not {what} that were written here")


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False)


def _without_none(keys: tuple[str, ...], values: list[Any]) -> dict[str, str]:
    pairs = zip(keys, values, strict=True)
    return {key: str(value) for key, value in pairs if value is not None}
