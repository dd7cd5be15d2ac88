"""What a search takes from the history of others, and what it leaves there.

The history itself is in ``storage``, and the choice among what it has in ``samplers``.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor

from sklearn_automl.execution import (
    MAX_SUGGESTED,
    MAX_TASKS,
    SearchRun,
    TaskReader,
    add_to_history,
    read_history,
    score_of,
    sign_of_scorer,
    text_of_scorer,
)
from sklearn_automl.model_selection._checks import decisive_metric
from sklearn_automl.model_selection._data import Data
from sklearn_automl.model_selection._parameter_keys import KeyMaker, class_names
from sklearn_automl.model_selection._scheduling import Plan
from sklearn_automl.samplers import (
    GridSampler,
    ModelSampler,
    Observation,
    Sampler,
    SuggestingSampler,
)
from sklearn_automl.space import SearchSpace
from sklearn_automl.storage import (
    TAKEN,
    Checkpoint,
    DataFacts,
    PastEvaluation,
    PastSearch,
    SaltedDigest,
    SearchHistory,
    Translator,
    decode,
    describe_data,
    encode,
    text_of_value,
    texts_of,
)

__all__ = ["Experience", "recall", "remember"]

# A model that learns from more takes long for each proposal.
_MAX_OBSERVED = 250

# The name among the fixed parameters of what `fit` was given.
_FIT = "fit"

# Amounts of these are shares of the data: with all of them they are the same.
_OF_DATA = (None, "n_samples", "n_folds")


@dataclass(frozen=True)
class Observed:
    """An evaluation of an earlier search of the same data, in the new space."""

    point: list[float]
    amount: int | None
    n_folds: int
    score: float
    seconds: float


@dataclass
class Experience:
    """What a search takes from its history, as points of its space.

    A checkpoint records it, because the history may have more when the search goes on.
    """

    space: SearchSpace
    suggested: list[list[float]] = field(default_factory=list)
    observed: list[Observed] = field(default_factory=list)

    @property
    def text(self) -> str | None:
        """What a checkpoint records of it; None if nothing was taken."""
        if not self.suggested and not self.observed:
            return None
        observed = [[*vars(o).values()] for o in self.observed]
        return encode([self.suggested, observed])

    @classmethod
    def of_text(cls, space: SearchSpace, text: str) -> "Experience":
        """Return what a checkpoint has recorded."""
        suggested, observed = decode(text)
        return cls(space, suggested, [Observed(*parts) for parts in observed])

    def lead(self, sampler: Sampler) -> Sampler:
        """Return a sampler that also proposes what is suggested, or the same one."""
        # A grid is gone through in any case.
        if not self.suggested or isinstance(sampler, GridSampler):
            return sampler
        configs = [self.space.decode(np.array(point)) for point in self.suggested]
        return SuggestingSampler(sampler, configs)

    def begin(self, search: Any, plan: Plan, data: Data) -> None:
        """Tell a model what is known, and make room for what is suggested."""
        n_told = self._tell(search, plan, data)
        leading = plan.scheduler.sampler
        if not isinstance(leading, SuggestingSampler):
            return
        n_first = plan.rungs[0][0][0] if plan.rungs else 3 * MAX_SUGGESTED
        # Without more room, every second one is theirs.
        share = n_first // (3 if plan.scheduler.has_room else 2)
        # A model that was told of them needs the best one only.
        most = 1 if n_told else max(share, 1)
        n = leading.keep(most)
        n_left = plan.sampler.space.size - plan.scheduler.n_planned
        plan.scheduler.widen(int(max(min(n, n_left), 0)))

    def _tell(self, search: Any, plan: Plan, data: Data) -> int:
        """Tell a model of the evaluations that are comparable; return how many."""
        if not isinstance(plan.sampler, ModelSampler):
            return 0
        amounts = {plan.folds.maximum, *(r for rungs in plan.rungs for _, r in rungs)}
        places = {
            (_amount(search, plan, data, r), plan.folds.n_folds(r)): r for r in amounts
        }
        n = 0
        for o in self.observed:
            resource = places.get((o.amount, o.n_folds))
            if resource is not None:
                config = self.space.decode(np.array(o.point))
                observation = Observation(config, -o.score, resource, o.seconds)
                plan.sampler.tell(observation)
                n += 1
        return n


def recall(
    search: Any,
    space: Any,
    data: Data,
    history: SearchHistory | None,
    checkpoint: Checkpoint | None,
) -> Experience | None:
    """Return what a search takes from its history; None without one, or a list."""
    if history is None or not isinstance(space, SearchSpace):
        return None
    if checkpoint is not None and checkpoint.identity:
        text = checkpoint.identity.get(TAKEN)
        return Experience(space) if text is None else Experience.of_text(space, text)
    if not space.names or not all(p.domain.is_encodable for p in space.columns):
        return Experience(space)
    return read_history(
        history,
        lambda: _Reader(search, space, data, history).read(),
        Experience(space),
    )


def remember(
    search: Any,
    run: SearchRun,
    plan: Plan,
    data: Data,
    history: SearchHistory | None,
    checkpoint: Checkpoint | None,
) -> None:
    """Add a finished search to its history; warn if that is not possible."""
    add_to_history(
        history, checkpoint, lambda digest: _past_of(search, run, plan, data, digest)
    )


def _past_of(
    search: Any, run: SearchRun, plan: Plan, data: Data, digest: SaltedDigest
) -> PastSearch:
    """Return what is remembered of a search."""
    keys = KeyMaker(search.estimator)
    evaluations = [
        PastEvaluation(
            texts_of(e.job.config, keys, digest),
            _amount(search, plan, data, e.job.resource),
            plan.folds.n_folds(e.job.resource),
            score_of(e),
            e.seconds,
        )
        for e in run.evaluations
    ]
    names = {name for e in run.evaluations for name in e.job.config}
    fixed = keys.fixed({*names, search.resource})
    fixed = {k: digest(text_of_value(v, digest)) for k, v in fixed.items()}
    scorer = _scorer_of(search, digest)
    return PastSearch(
        tuple(class_names(search.estimator, names)),
        _facts_of(search, data),
        digest.of_data(data.X, data.y),
        tuple(sorted({key for e in evaluations for key in e.values})),
        evaluations,
        algorithm=type(search).__name__,
        scorer=scorer,
        cv=f"{type(search.cv).__name__}, {len(data.folds.splits)} folds",
        sign=_sign_of(search, scorer),
        resource=_kind_of(search),
        folds=_digest_of_folds(data, digest),
        fixed=fixed | _fit_parameters(data, digest),
        finished=time.time(),
        units=keys.units(data.find_shape()),
    )


class _Reader:
    """Reads what a new search can use of its history."""

    def __init__(
        self, search: Any, space: SearchSpace, data: Data, history: SearchHistory
    ) -> None:
        self._search, self._space, self._data = search, space, data
        self._history = history
        digest = history.salted()
        names = {*space.names}
        self._keys = KeyMaker(search.estimator)
        self._facts = _facts_of(search, data)
        searched = {*names, search.resource}
        self._reader = TaskReader(
            space,
            Translator(
                space,
                self._keys,
                digest,
                searched,
                units=self._keys.units(data.find_shape()),
            ),
            self._facts,
        )
        self._fingerprint = digest.of_data(data.X, data.y)
        self._scorer = _scorer_of(search, digest)
        self._folds = _digest_of_folds(data, digest)
        self._fit_parameters = _fit_parameters(data, digest)
        self._names = names

    def read(self) -> Experience:
        past = self._history.find(
            class_names(self._search.estimator, self._names),
            [self._keys.key(name, {}) for name in self._names],
            self._facts,
            self._fingerprint,
            MAX_TASKS,
        )
        same = [p for p in past if self._is_same(p)]
        others = [p for p in past if not self._is_same(p)]
        suggested = self._reader.choose(same, others, MAX_SUGGESTED)
        observed = list(self._observed(same))
        self._reader.warn_of_unreadable(self._history)
        points = [self._space.encode(config).tolist() for config in suggested]
        return Experience(self._space, points, observed)

    def _is_same(self, past: PastSearch) -> bool:
        """Tell whether a past search has looked for the same, in the same data."""
        return (
            past.fingerprint == self._fingerprint
            and past.scorer == self._scorer
            and past.resource == _kind_of(self._search)
            and past.fixed.get(_FIT) == self._fit_parameters.get(_FIT)
        )

    def _observed(self, same: Sequence[PastSearch]) -> Iterator[Observed]:
        """Go through what is known of the same data and folds for certain."""
        same = [past for past in same if past.folds == self._folds]
        found = [
            Observed(
                self._space.encode(translated.config).tolist(),
                *(e.amount, e.n_folds, e.score, e.seconds),
            )
            for _, e, translated in self._reader.translated(same)
            if translated.is_same and e.score is not None
        ]
        yield from found[:_MAX_OBSERVED]


def _facts_of(search: Any, data: Data) -> DataFacts:
    if is_classifier(search.estimator):
        return DataFacts.of(data.X, data.y, "classification")
    is_number = is_regressor(search.estimator)
    return DataFacts.of(data.X, data.y, "regression" if is_number else "other")


def _scorer_of(search: Any, digest: SaltedDigest) -> str:
    """Return what identifies the metric that decides."""
    scoring, metric = search.scoring, decisive_metric(search)
    if isinstance(scoring, dict):
        metric = metric or next(iter(scoring))
        scoring = scoring.get(metric, metric)
    elif isinstance(scoring, list | tuple | set):
        scoring = metric or min(scoring)
    text = text_of_scorer(scoring, digest)
    is_own = scoring is not None and not isinstance(scoring, str)
    return f"{text} {metric}" if is_own and metric else text


def _sign_of(search: Any, scorer: str) -> int:
    """Return -1 if the score is the negative of its metric."""
    scoring = search.scoring
    if isinstance(scoring, dict):
        metric = decisive_metric(search) or next(iter(scoring))
        scoring = scoring.get(metric)
    return sign_of_scorer(scoring, scorer)


def _kind_of(search: Any) -> str:
    return "data" if search.resource in _OF_DATA else search.resource


def _amount(search: Any, plan: Plan, data: Data, resource: int) -> int | None:
    """Return what each fold has of a resource, None for all rows."""
    if search.resource == "n_folds":
        return None
    shown = plan.n_resources(resource)
    is_all = _kind_of(search) == "data" and shown >= data.folds.smallest_train
    return None if is_all else int(shown)


def _digest_of_folds(data: Data, digest: SaltedDigest) -> str:
    """Return what is equal for equal folds, whatever class of splitter made them."""
    return digest.of_data(data.folds.splits)


def _fit_parameters(data: Data, digest: SaltedDigest) -> dict[str, str]:
    """Return a digest of what `fit` was given beside X and y, if that was anything."""
    if not data.params:
        return {}
    given = [f"{k} {describe_data(v)}" for k, v in sorted(data.params.items())]
    return {_FIT: digest(" ".join(given))}
