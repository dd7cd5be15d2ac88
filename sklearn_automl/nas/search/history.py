"""What a search of architectures takes from a history, and what it leaves there.

A decision is known by the class of its space and its name, whatever the data are. Only
searches in a space of the same class, on inputs of the same kind, match.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_classifier

from sklearn_automl.execution import (
    MAX_SUGGESTED,
    MAX_TASKS,
    TaskReader,
    add_to_history,
    read_history,
    score_of,
    sign_of_scorer,
    text_of_scorer,
)
from sklearn_automl.nas._inputs import as_plain
from sklearn_automl.nas.space import ArchitectureSpace, ModuleSpace
from sklearn_automl.space import Configuration, SearchSpace
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
    encode,
    name_of_class,
    texts_of,
)

__all__ = ["Memory", "Taken", "origins"]

# Of tasks, by the number of axes of an input beside its features or channels.
_KINDS = ("", " of sequences", " of images")


@dataclass(frozen=True)
class Taken:
    """What a search takes from its history: decisions to try after the reference.

    A checkpoint records it, because the history may have more when the search goes on.
    """

    configs: list[Configuration] = field(default_factory=list)
    #: What a checkpoint records of it; None if nothing was taken.
    text: str | None = None

    @classmethod
    def of(cls, space: SearchSpace, configs: list[Configuration]) -> "Taken":
        """Return it with its text: points of a space, which can have any values."""
        if not configs:
            return cls()
        return cls(configs, encode([space.encode(c).tolist() for c in configs]))

    @classmethod
    def of_text(cls, space: SearchSpace, text: str | None) -> "Taken":
        """Return what a checkpoint has recorded."""
        points = [] if text is None else decode(text)
        return cls([space.decode(np.array(point)) for point in points], text)

    @property
    def identity(self) -> dict[str, str]:
        """What two searches have in common if they have taken the same."""
        return {} if self.text is None else {TAKEN: self.text}


@dataclass(frozen=True)
class Memory:
    """The history of one fit, with the data as they were passed."""

    history: SearchHistory | None = None
    checkpoint: Checkpoint | None = None
    X: Any = None
    y: Any = None

    def recall(self, search: Any) -> Taken:
        """Return what a search takes from its history; nothing without one.

        Parameters
        ----------
        search : ArchitectureSearch
            The search. Its space is bound.
        """
        # Shared weights say which architectures are trained.
        if self.history is None or search.sharing.options is not None:
            return Taken()
        if self.checkpoint is not None and self.checkpoint.identity:
            text = self.checkpoint.identity.get(TAKEN)
            return Taken.of_text(search.space.decisions, text)
        n = min(MAX_SUGGESTED, int(search.estimator.n_trials) // 3)
        if n == 0:
            return Taken()
        history = self.history
        return read_history(history, lambda: self._read(search, history, n), Taken())

    def remember(self, search: Any) -> None:
        """Add a finished search to its history; warn if that is not possible.

        Parameters
        ----------
        search : ArchitectureSearch
            The search, which has run.
        """
        add_to_history(
            self.history, self.checkpoint, lambda digest: self._past_of(search, digest)
        )

    def _read(self, search: Any, history: SearchHistory, n: int) -> Taken:
        digest = history.salted()
        space, keys = search.space.decisions, _DecisionKeys(search.space)
        facts = self._facts_of(search)
        fingerprint = digest.of_data(*self._data)
        past = history.find(
            _class_names(search.space), keys.of(space), facts, fingerprint, MAX_TASKS
        )
        scorer = text_of_scorer(search.estimator.scoring, digest)
        same = [p for p in past if (p.fingerprint, p.scorer) == (fingerprint, scorer)]
        others = [p for p in past if p not in same]
        translator = Translator(space, keys, digest, set(), is_lenient=True)
        # Lists of widths differ, and nearly equal widths are nearly as good.
        accepts = search.size_limit.is_within
        reader = TaskReader(space, translator, facts, accepts, takes_moved=True)
        # The reference can be among them, and is tried anyway.
        chosen = reader.choose(same, others, n + 1)
        reader.warn_of_unreadable(history)
        new = _different(search.space, chosen, search.reference.initial)
        return Taken.of(space, new[:n])

    def _past_of(self, search: Any, digest: SaltedDigest) -> PastSearch:
        """Return what is remembered of a search."""
        estimator, keys = search.estimator, _DecisionKeys(search.space)
        n_folds = len(search.splits)
        evaluations = [
            PastEvaluation(
                texts_of(e.job.config, keys, digest),
                int(e.job.resource),
                n_folds,
                score_of(e),
                e.seconds,
            )
            for e in search.evaluations
            # Scores with shared weights say little of architectures.
            if e.job.resource
        ]
        scorer = text_of_scorer(estimator.scoring, digest)
        cv = "holdout" if estimator.cv is None else type(estimator.cv).__name__
        return PastSearch(
            _class_names(search.space),
            self._facts_of(search),
            digest.of_data(*self._data),
            keys.of(search.space.decisions),
            evaluations,
            algorithm=type(estimator).__name__,
            scorer=scorer,
            cv=f"{cv}, {n_folds} folds",
            sign=sign_of_scorer(estimator.scoring, scorer),
            resource=search.estimation.resource,
            folds=digest.of_data([tuple(split) for split in search.splits]),
            finished=time.time(),
        )

    @property
    def _data(self) -> tuple[Any, Any]:
        """X and y: `SearchHistory.forget` gets the same ones, but no tensors."""
        X = self.X if issparse(self.X) else as_plain(self.X)
        return X, as_plain(self.y)

    def _facts_of(self, search: Any) -> DataFacts:
        X, y = self._data
        n_dims = search.space.n_dims
        if n_dims:
            X = np.asarray(X)
            X = X.reshape(len(X), -1)
        is_of_classes = is_classifier(search.estimator)
        task = "classification" if is_of_classes else "regression"
        return replace(DataFacts.of(X, y, task), task=task + _KINDS[n_dims])


def origins(search: Any, configs: Iterable[Configuration]) -> np.ndarray:
    """Return where architectures of a search come from.

    Parameters
    ----------
    search : ArchitectureSearch
        The search.

    configs : iterable of dict
        Their decisions.

    Returns
    -------
    ndarray of str
        "reference", "history" or "sampler".
    """
    key = search.space.decisions.key
    known = {key(config): "history" for config in search.taken.configs}
    known |= {key(config): "reference" for config in search.reference.initial}
    return np.array([known.get(key(config), "sampler") for config in configs])


class _DecisionKeys:
    """Says what decisions of a space are called in a history.

    The key of ``layer_1_width`` is ``"sklearn_automl.ChainSpace:layer_1_width"``. A
    decision that an earlier search did not have is that of the reference.
    """

    def __init__(self, space: ArchitectureSpace) -> None:
        self._prefix = name_of_class(type(space))
        self._own = space.reference() or {}

    def key(self, name: str, config: Configuration) -> str:  # noqa: ARG002
        return f"{self._prefix}:{name}"

    def own(self, name: str) -> Any:
        return self._own[name]

    def fixed(self, searched: set[str]) -> dict[str, Any]:  # noqa: ARG002
        return {}

    def of(self, space: SearchSpace) -> tuple[str, ...]:
        """Return the keys of all decisions of a space."""
        return tuple(sorted(self.key(name, {}) for name in space.names))


def _class_names(space: ArchitectureSpace) -> tuple[str, ...]:
    """Return the class of a space, and what makes the user's own modules."""
    names = [name_of_class(type(space))]
    if isinstance(space, ModuleSpace):
        module = space.module
        is_named = hasattr(module, "__qualname__")
        names.append(name_of_class(module if is_named else type(module)))
    return tuple(sorted(names))


def _different(
    space: ArchitectureSpace,
    configs: Iterable[Configuration],
    known: Iterable[Configuration],
) -> list[Configuration]:
    """Leave out decisions that build a network that others build, or known ones."""
    built = {space.architecture(config) for config in known}
    new = []
    for config in configs:
        architecture = space.architecture(config)
        if architecture not in built:
            built.add(architecture)
            new.append(config)
    return new
