"""The search of an architecture: a strategy and an estimation on the package's loop."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone

from sklearn_automl.exceptions import warn
from sklearn_automl.execution import (
    Assessor,
    Evaluation,
    FoldScorer,
    Journal,
    Reporter,
    Status,
    StopReason,
    TrialLimits,
    evaluation_columns,
    last_line,
    make_private_folder,
    open_journal,
    rank_by_resource,
    remove_folder,
    run_search,
    summary_of,
)
from sklearn_automl.nas.estimation import Estimation, Training
from sklearn_automl.nas.search.cut_short import (
    epochs_in_time,
    note_cut_short,
    warn_if_hardly_trained,
)
from sklearn_automl.nas.search.history import Memory, Taken, origins
from sklearn_automl.nas.search.identity import identity_of
from sklearn_automl.nas.search.reference import Reference
from sklearn_automl.nas.search.scoring import NetScorer
from sklearn_automl.nas.search.size_limit import SizeLimit
from sklearn_automl.nas.search.table import parameter_columns, score_columns
from sklearn_automl.nas.search.time_limit import (
    deadline_of_first,
    deadline_of_search,
    seconds_of_search,
    workers_within,
)
from sklearn_automl.nas.search.translation import (
    Translation,
    folder_beside,
    own_operations,
)
from sklearn_automl.nas.search.validation import Validation, first_only
from sklearn_automl.nas.search.weights import RowWeights
from sklearn_automl.nas.space import ArchitectureSpace
from sklearn_automl.nas.strategies import Strategy
from sklearn_automl.nas.supernet.nets import sharing_net
from sklearn_automl.nas.supernet.options import SupernetOptions, WeightSharing
from sklearn_automl.nas.supernet.phase import SharedWeights, SupernetPhase
from sklearn_automl.nas.supernet.training import SupernetTraining
from sklearn_automl.schedulers import Job, Scheduler
from sklearn_automl.space import Configuration
from sklearn_automl.storage import Checkpoint, describe

__all__ = ["ArchitectureSearch"]


@dataclass
class ArchitectureSearch:
    """One search: made of checked parts, it runs once and has a table afterwards."""

    #: NASClassifier or NASRegressor: its parameters say how long the search may take.
    estimator: Any
    #: What is trained, without an architecture.
    net: Any
    X: np.ndarray
    y: np.ndarray
    #: Class of each row as a number, None for regression.
    labels: np.ndarray | None
    #: Bound to the shape of an input.
    space: ArchitectureSpace
    #: Proposes architectures; not bound.
    strategy: Strategy
    #: Says who is trained for how long.
    estimation: Estimation
    #: Which of the two has a supernet.
    sharing: WeightSharing
    #: Scores a net on the validation rows.
    scorer: NetScorer
    n_outputs: int
    #: Of a full training in the search.
    n_epochs: int
    #: Decides all that is random.
    seed: int
    #: Divides the rows between training and validation.
    validation: Validation
    #: Of rows, in trainings and in scores.
    weights: RowWeights
    #: Of earlier searches, if there is a history.
    memory: Memory = field(default_factory=Memory)
    evaluations: list[Evaluation] = field(init=False, default_factory=list)
    error: BaseException | None = field(init=False, default=None)
    stop_reason: str = field(init=False, default="")
    #: Of the supernet's epochs, if there is one.
    supernet_history: list[dict[str, Any]] = field(init=False, default_factory=list)
    #: Whether a time limit has ended the training of the supernet.
    is_cut_short: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        split_seed, proposals, subsets, trials, self._supernet_seed = (
            np.random.SeedSequence(self.seed).spawn(5)
        )
        self._check_sharing()
        self.size_limit = SizeLimit(
            self.space, self.n_outputs, self.estimator.max_params
        )
        self.splits = self._make_splits(int(split_seed.generate_state(1)[0]))
        self.split = self.splits[0]
        self.translation = Translation(
            self.space,
            int(trials.generate_state(1)[0]),
            operations=own_operations(self.space),
        )
        trains = tuple(train for train, _ in self.splits)
        training = Training(
            self.n_epochs, min(trains, key=len), self.labels, folds=trains
        )
        n_trials = int(self.estimator.n_trials)
        self.reference = Reference.of(
            self.space, self.size_limit, self.strategy, n_trials
        )
        self.taken: Taken = self.memory.recall(self)
        self.bound_strategy = self.strategy.bind_architectures(
            self.space,
            np.random.default_rng(proposals),
            accepts=self.size_limit.accepts,
            initial=[*self.reference.initial, *self.taken.configs],
            n_trials=self.estimator.n_trials,
        )
        self.scheduler: Scheduler = self.reference.make_scheduler(
            self.bound_strategy, self.estimation, training, n_trials
        )
        rng = np.random.default_rng(subsets)
        self.resource = self.estimation.make_resource(training, rng)

    def _make_splits(self, seed: int) -> Any:
        """Return the folds, and refuse a metric that cannot score them."""
        splits = self.validation.splits(self.X, self.y, self.labels, seed)
        if self.sharing.options is not None:
            splits = first_only(splits, "all architectures share weights")
        elif self.strategy.inherits_weights:
            splits = first_only(splits, "children inherit weights")
        described = describe(self.estimator.scoring)
        for _, valid in splits:
            weights = None if self.weights.score is None else self.weights.score[valid]
            self.scorer.check(self.y[valid], weights, described)
        return splits

    def _check_sharing(self) -> None:
        """Refuse two supernets, and a space that cannot have one."""
        if self.sharing.is_double:
            raise ValueError(
                f"estimation={self.estimator.estimation!r} has a supernet, and so has "
                f"the strategy {type(self.strategy).__name__}. Pass the estimation "
                "'full', which compares in short trainings what the strategy derives, "
                "or the strategy 'random', 'evolution', 'bayesian' or 'reinforce'."
            )
        if self.sharing.options is not None:
            self.space.check_sharing()  # says what is in its way

    @property
    def scores_training_rows(self) -> bool:
        """Whether there were too few rows to hold some out.

        Returns
        -------
        bool
            True if all rows are on both sides.
        """
        return len(self.split[0]) == len(self.split[1]) == len(self.X)

    # ---- the run -------------------------------------------------------------------

    def run(self, checkpoint: Checkpoint | None, began: float) -> None:
        """Run until it is done, or must stop; what ended it is in ``error``.

        Parameters
        ----------
        checkpoint : Checkpoint or None
            Where it is recorded.

        began : float
            When the fit began, by ``time.perf_counter``.
        """
        identity = partial(identity_of, self)
        journal = open_journal(checkpoint, identity, self.space.decisions)
        # What is cut short must not be in a checkpoint as if it were whole.
        if checkpoint is None:
            limit, refit = self.estimator.time_limit, self.estimator.refit
            deadline = deadline_of_search(limit, began, refit=refit)
            self.translation = replace(self.translation, deadline=deadline)
        with self._place_for_weights(checkpoint) as folder:
            options = self.sharing.options
            if options is not None:
                if not self.size_limit.allows_any(self.seed):
                    return  # check() says so
                self._train_supernet(options, folder, began, len(journal) > 0)
            if self.error is None:
                self._run(journal, began)

    @property
    def _time_limit(self) -> float | None:
        """Seconds of the search; a part is kept for the final training."""
        return seconds_of_search(self.estimator.time_limit, refit=self.estimator.refit)

    def _train_supernet(
        self,
        options: SupernetOptions,
        folder: str | None,
        began: float,
        has_results: bool,
    ) -> None:
        seed, rows_seed = (int(s) for s in self._supernet_seed.generate_state(2))
        training = SupernetTraining(
            self.space,
            clone(self.net),
            self.X,
            self.y,
            self.validation.halves(self.split[0], self.labels, rows_seed),
            n_outputs=self.n_outputs,
            scorer=self.scorer,
            seed=seed,
            options=options,
            fit_weight=self.weights.fit,
            score_weight=self.weights.score,
        )
        phase = SupernetPhase(
            training,
            self.bound_strategy,
            folder=folder,
            identity=identity_of(self),
            report=self.estimator._report,
            has_results=has_results,
        )
        try:
            phase.run(began, self._time_limit)
        except KeyboardInterrupt as error:
            self.stop_reason, self.error = str(StopReason.INTERRUPT), error
        finally:
            self.supernet_history = training.history
        self.is_cut_short = phase.is_cut_short
        if self.sharing.scoring is not None:
            shared = phase.shared_weights()
            self.net = sharing_net(self.net, shared)
            self.translation = replace(self.translation, shared=shared)

    def _bound_reference(self) -> None:
        """Leave time to other trials, where the reference could take all of it."""
        reference, deadline = self.reference.config, self.translation.deadline
        if reference is None or deadline is None:
            return
        if self.estimator.n_trials > 1:
            first = (reference, deadline_of_first(deadline))
            self.translation = replace(self.translation, first=first)

    def _run(self, journal: Journal, began: float) -> None:
        estimator = self.estimator
        self._bound_reference()
        run = run_search(
            self.scheduler,
            self._make_scorer(),
            assess=Assessor(None, np.nan, _check_metrics),
            reporter=Reporter(
                type(estimator).__name__,
                bool(estimator.verbose),
                resource=self.estimation.resource,
                describe=self._describe,
            ),
            table="cv_results_",
            n_jobs=workers_within(estimator.n_jobs, self._time_limit),
            context=self._before_training,
            time_limit=self._time_limit,
            limits=TrialLimits(estimator.trial_timeout),
            began=began,
            journal=journal,
            is_cut_short=self.is_cut_short,
        )
        self.evaluations, self.error = run.evaluations, run.error
        self.stop_reason = str(run.stop_reason)
        has_cut = note_cut_short(run.evaluations, self._epochs_of_all)
        if has_cut and run.stop_reason == StopReason.COMPLETED:
            self.stop_reason = str(StopReason.TIME_LIMIT)

    @property
    def _counts_epochs(self) -> bool:
        return bool(self.resource.parameter)

    @property
    def _epochs_of_all(self) -> int | None:
        return None if self._counts_epochs else self.n_epochs

    @contextmanager
    def _place_for_weights(self, checkpoint: Checkpoint | None) -> Iterator[str | None]:
        """Have a folder for weights, where trials inherit or share them.

        It stays as long as the checkpoint, in which a longer search may find parents.
        """
        inherits = self.strategy.inherits_weights
        is_read = inherits or self.sharing.scoring is not None
        is_kept = self.sharing.deriving is not None and checkpoint is not None
        if not (is_read or is_kept):
            yield None
            return
        folder = (
            make_private_folder() if checkpoint is None else folder_beside(checkpoint)
        )
        if inherits:
            self.translation = replace(self.translation, weights=folder)
        try:
            yield folder
        finally:
            SharedWeights.close()
            if checkpoint is None:
                remove_folder(folder)

    def _before_training(self, job: Job, split: int) -> None:  # noqa: ARG002
        if self.translation.weights is None:
            return
        parent = self.bound_strategy.parent_of(job.config)
        if parent is not None:
            self.translation.note_parent(job.config, parent)

    def _make_scorer(self) -> FoldScorer:
        return FoldScorer(
            estimator=clone(self.net),
            X=self.X,
            y=self.y,
            splits=self.splits,
            resource=self.resource,
            scorer=self.scorer,
            error_score=np.nan,
            translate=self.translation,
            fit_params=self.weights.fit_params,
            score_params=self.weights.score_params,
        )

    def _describe(self, config: Configuration) -> str:
        """Return the layers of an architecture, in words."""
        return ", ".join(n.label for n in self.space.architecture(config).nodes)

    # ---- what came of it -------------------------------------------------------------

    def table(self) -> dict[str, Any]:
        """Return a row for each evaluation, by bracket, rung and trial.

        Returns
        -------
        dict of list and ndarray
            The columns.
        """
        scores = np.array([-e.loss for e in self.evaluations])
        usable = np.array([e.status == Status.COMPLETED for e in self.evaluations])
        amounts = np.array([e.job.resource for e in self.evaluations])
        configs = [e.job.config for e in self.evaluations]
        architectures = [self.space.architecture(config) for config in configs]
        sizes = {a: self.size_limit.n_parameters(a) for a in set(architectures)}
        columns = {
            **score_columns(self.evaluations, len(self.splits)),
            "mean_test_score": np.where(usable, scores, np.nan),
            "rank_test_score": rank_by_resource(scores, amounts, usable),
            "n_parameters": np.array([sizes[a] for a in architectures]),
        }
        columns["origin"] = origins(self, configs)
        extra = evaluation_columns(self.evaluations, self.resource.reported)
        for name, values in extra.items():
            columns[name] = np.array(values)
        if self._counts_epochs:
            for row, evaluation in enumerate(self.evaluations):
                n_epochs = epochs_in_time(evaluation)
                if n_epochs is not None:
                    columns["n_resources"][row] = n_epochs
        return {
            "params": configs,
            "architecture": architectures,
            **columns,
            **parameter_columns(configs),
        }

    def check(self) -> None:
        """Raise if there is nothing to choose from, or warn of what failed."""
        gave_up, n_refused = self.size_limit.gave_up, self.size_limit.n_refused
        limit = f"max_params={self.estimator.max_params} or fewer weights"
        if not self.evaluations:
            tried = f"of {n_refused} that were drawn " if gave_up else ""
            raise ValueError(
                f"No architecture of the search space {tried}has {limit}. Pass a "
                "larger max_params, or a space of smaller networks."
            )
        if gave_up:
            warn(
                f"The search ended early: none of {n_refused} proposals in a row had "
                f"{limit}. Pass a larger max_params, or a space of smaller networks."
            )
        else:
            self._warn_of_few()
        warn_if_hardly_trained(
            self.evaluations, self.estimator.time_limit, self._epochs_of_all
        )
        if all(e.status == Status.COMPLETED for e in self.evaluations):
            return
        completed = [e for e in self.evaluations if e.status == Status.COMPLETED]
        if completed:
            warn(summary_of(self.evaluations, "cv_results_"))
            if not any(e.job.resource for e in completed):
                warn(
                    "Every training failed: best_score_ is that of an architecture "
                    "with shared weights."
                )
            return
        first = self.evaluations[0]
        raise ValueError(
            f"None of the {len(self.evaluations)} evaluations gave a finite score. The "
            f"first one says: {last_line(first.error)} (see cv_results_['error'])."
        )

    def _warn_of_few(self) -> None:
        """Warn where the space had fewer architectures than asked for."""
        n_tried = len({e.job.trial_id for e in self.evaluations})
        is_whole = self.stop_reason == StopReason.COMPLETED
        if (
            is_whole
            and self.sharing.deriving is None
            and n_tried < self.estimator.n_trials
        ):
            limit = self.estimator.max_params
            rest = "" if limit is None else f" with max_params={limit}"
            warn(
                f"The search space has no more than the {n_tried} architectures that "
                f"were tried{rest}; n_trials is {self.estimator.n_trials}."
            )


def _check_metrics(names: list[str] | None) -> None:
    if names is not None:
        raise ValueError(
            f"scoring returned several metrics: {names}. An architecture search needs "
            "one metric: let scoring return a number."
        )
