"""Every private name of other packages that we use, and version differences.

Nothing else in the package imports or reads a name of theirs with a leading underscore.
"""

import copy
import inspect
import traceback
from contextlib import contextmanager

from joblib.parallel import (
    BatchedCalls,
    LokyBackend,
    MultiprocessingBackend,
    SequentialBackend,
    ThreadingBackend,
    get_active_backend,
)
from sklearn.base import _fit_context
from sklearn.ensemble._base import (
    _BaseHeterogeneousEnsemble as BaseHeterogeneousEnsemble,
)
from sklearn.metrics import log_loss
from sklearn.metrics._scorer import (
    _MultimetricScorer,
    _PassthroughScorer,
    _Scorer,
)
from sklearn.model_selection._search import BaseSearchCV
from sklearn.model_selection._validation import (
    _fit_and_score,
    _insert_error_scores,
    _warn_or_raise_about_fit_failures,
)
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
)
from sklearn.utils.metaestimators import _safe_split as safe_split
from sklearn.utils.validation import _check_method_params, _num_samples

__all__ = [
    "CALLBACKS_ATTRIBUTE",
    "BaseHeterogeneousEnsemble",
    "BaseSearchCV",
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "LokyBackend",
    "MultiprocessingBackend",
    "Options",
    "SequentialBackend",
    "StrOptions",
    "ThreadingBackend",
    "accepts_sample_weight",
    "asks_for_probabilities",
    "catboost_writing_to",
    "check_fit_params",
    "check_refit",
    "close_root_context",
    "evaluation_context",
    "fit_and_score",
    "fit_context",
    "fold_options",
    "format_results",
    "get_active_backend",
    "insert_error_scores",
    "is_multimetric_scorer",
    "is_sklearn_scorer",
    "joblib_batch",
    "last_step_fit_params",
    "listening_scorer",
    "metric_names",
    "mlp_has_converged",
    "named_scorers",
    "num_samples",
    "open_root_context",
    "refit_context",
    "report_fit_failures",
    "routed_params",
    "safe_split",
    "with_all_labels",
    "with_class_weight_presets",
    "without_siblings",
    "worker_environment",
]

fit_context = _fit_context
check_fit_params = _check_method_params
num_samples = _num_samples
insert_error_scores = _insert_error_scores

_FIT_AND_SCORE_PARAMETERS = inspect.signature(_fit_and_score).parameters
# Where an estimator has callbacks of its own, if it has any.
CALLBACKS_ATTRIBUTE = "_skl_callbacks"
# New in scikit-learn 1.9.
_HAS_CALLBACKS = "callback_ctx" in _FIT_AND_SCORE_PARAMETERS


def is_multimetric_scorer(scorer):
    """Tell whether ``scorer`` was made from a list, tuple or dict of scorers."""
    return isinstance(scorer, _MultimetricScorer)


def is_sklearn_scorer(scorer):
    """Tell whether ``make_scorer`` made it: it looks at predictions only."""
    return isinstance(scorer, _Scorer)


def asks_for_probabilities(scorer):
    """Tell whether a scorer of scikit-learn needs more than predicted labels."""
    return is_sklearn_scorer(scorer) and scorer._response_method != "predict"


def with_all_labels(scorer, labels):
    """Return a scorer whose metric knows all labels; None if it takes none.

    Only the logarithmic loss means the same with labels that no row has.
    """
    if scorer._score_func is not log_loss:
        return None
    options = {"labels": labels, **scorer._kwargs}
    return type(scorer)(log_loss, scorer._sign, options, scorer._response_method)


def accepts_sample_weight(scorer):
    """Tell whether a scorer takes weights of rows."""
    if hasattr(scorer, "_accept_sample_weight"):
        return scorer._accept_sample_weight()
    if is_sklearn_scorer(scorer):
        scorer = scorer._score_func
    elif isinstance(scorer, _PassthroughScorer):
        return True
    try:
        return "sample_weight" in inspect.signature(scorer).parameters
    except (TypeError, ValueError):  # some callables have no signature
        return False


def named_scorers(scorer):
    """Return the dict of scorers that a multi-metric scorer is made of."""
    return scorer._scorers


def metric_names(scorer):
    """Return the names of a multi-metric scorer's metrics, None for any other."""
    return list(named_scorers(scorer)) if is_multimetric_scorer(scorer) else None


def routed_params(search, params):
    """Return the parameters of ``fit`` for estimator, scorer and splitter."""
    return search._get_routed_params_for_fit(params)


def format_results(search, params, folds, columns):
    """Return ``cv_results_``: scikit-learn's columns of all folds, and ``columns``."""
    return search._format_results(params, search.n_splits_, folds, columns)


def check_refit(search, names):
    """Raise scikit-learn's error if ``search.refit`` is none of several metrics."""
    search._check_refit_for_multimetric(names)


def report_fit_failures(errors, error_score):
    """Warn that some fits failed, or raise if all did, in scikit-learn's words.

    ``errors`` has a traceback for each fit, None for those that did not fail.
    """
    results = [{"fit_error": error} for error in errors]
    _warn_or_raise_about_fit_failures(results, error_score)


# ---- fit and score ---------------------------------------------------------------


def fold_options(
    *,
    scorer,
    train,
    test,
    parameters,
    split,
    n_splits,
    fit_params,
    score_params,
    return_train_score,
    error_score,
    verbose,
):
    """Return what one fold is, by the names that scikit-learn has for it.

    ``split`` is the fold's place among ``n_splits``; ``parameters`` are set on the
    estimator before it is fitted on the rows ``train`` and scored on the rows ``test``.
    """
    return {
        "scorer": scorer,
        "train": train,
        "test": test,
        "parameters": parameters,
        "split_progress": (split, n_splits),
        "fit_params": fit_params,
        "score_params": score_params,
        "return_train_score": return_train_score,
        "return_n_test_samples": True,
        "return_times": True,
        "return_parameters": False,
        "error_score": error_score,
        "verbose": verbose,
    }


def fit_and_score(estimator, X, y, options, *, caller=None, context=None):
    """Call scikit-learn's function of that name.

    ``options`` are :func:`fold_options`; ``caller`` is the search and ``context`` the
    fold's, where there are callbacks.

    Returns
    -------
    result : dict
        scikit-learn's result.

    stop : bool
        Whether a callback asked to stop at the end of this evaluation.
    """
    if not _HAS_CALLBACKS or context is None:
        return _fit_and_score(estimator, X, y, **options), False
    recorder = _StopRecorder(context)
    result = _fit_and_score(
        estimator, X, y, caller=caller, callback_ctx=recorder, **options
    )
    return result, recorder.stop


class _StopRecorder:
    """A callback context that remembers the answer, which ``_fit_and_score`` drops."""

    def __init__(self, context):
        self._context = context
        self.stop = False

    def __getattr__(self, name):
        return getattr(self._context, name)

    def call_on_fit_task_end(self, **kwargs):
        self.stop = bool(self._context.call_on_fit_task_end(**kwargs))
        return self.stop


def listening_scorer(scorer, error_score, note, stand_in=None):
    """Return a scorer whose failures do not make scikit-learn warn.

    scikit-learn warns of each fold whose scoring fails, and the warning filter that
    would silence it is that of the whole process, with all of its threads. So the error
    does not reach scikit-learn: ``note`` is called with its traceback, and the score is
    ``error_score``. With "raise" it is raised as ever.

    The metrics of a multi-metric scorer fail one by one, and ``note`` is not called.

    ``stand_in(estimator, X)`` returns what is scored in the place of an estimator. It
    is called for scikit-learn's own scorers: another one may look at the estimator or
    change X.
    """
    if stand_in is None or not _only_predicts(scorer):
        stand_in = _itself
    if is_multimetric_scorer(scorer):
        return _QuietMultimetricScorer(scorer, error_score, stand_in)
    return _ListeningScorer(scorer, error_score, note, stand_in)


def _only_predicts(scorer):
    """Tell whether a scorer does nothing with X but let the estimator predict."""
    is_multimetric = is_multimetric_scorer(scorer)
    scorers = named_scorers(scorer).values() if is_multimetric else [scorer]
    return all(type(scorer) in (_Scorer, _PassthroughScorer) for scorer in scorers)


def _itself(estimator, X):  # noqa: ARG001
    return estimator


class _ListeningScorer:
    def __init__(self, scorer, error_score, note, stand_in):
        self._scorer = scorer
        self._error_score = error_score
        self._note = note
        self._stand_in = stand_in

    def __call__(self, estimator, X, *args, **kwargs):
        try:
            # Metadata can be meant for steps that a stand-in does not have.
            scored = estimator if kwargs else self._stand_in(estimator, X)
            return self._scorer(scored, X, *args, **kwargs)
        except Exception:
            self._note(traceback.format_exc())
            if self._error_score == "raise":
                raise
            return self._error_score

    def __repr__(self):
        return repr(self._scorer)  # scikit-learn names it in errors


class _QuietMultimetricScorer(_MultimetricScorer):
    def __init__(self, scorer, error_score, stand_in):
        super().__init__(scorers=scorer._scorers, raise_exc=scorer._raise_exc)
        self._error_score = error_score
        self._stand_in = stand_in

    def __call__(self, estimator, X, *args, **kwargs):
        scored = estimator if kwargs else self._stand_in(estimator, X)
        scores = super().__call__(scored, X, *args, **kwargs)
        # The traceback of a metric that failed stands in the place of its score.
        return {
            name: self._error_score if isinstance(score, str) else score
            for name, score in scores.items()
        }


@contextmanager
def with_class_weight_presets(forest):
    """Let a forest continue with ``class_weight="balanced"`` without a warning.

    It warns that the data could change between calls. It does not, and a warning filter
    cannot be set in a thread.
    """
    name = "_validate_y_class_weight"
    is_preset = isinstance(getattr(forest, "class_weight", None), str)
    if not (is_preset and forest.warm_start and hasattr(forest, name)):
        yield
        return
    setattr(forest, name, _ValidateWithoutWarning(forest, name))
    try:
        yield
    finally:
        vars(forest).pop(name, None)


class _ValidateWithoutWarning:
    """A method of a forest for one call, in which it has no warm start."""

    def __init__(self, forest, name):
        self._forest = forest
        self._name = name

    def __call__(self, *args, **kwargs):
        delattr(self._forest, self._name)
        self._forest.warm_start = False
        try:
            return getattr(self._forest, self._name)(*args, **kwargs)
        finally:
            self._forest.warm_start = True


def last_step_fit_params(pipeline, fit_params):
    """Return those of a pipeline's ``fit_params`` that its last step gets."""
    routed = pipeline._check_method_params(method="fit", props=fit_params)
    return routed[pipeline.steps[-1][0]].fit


def mlp_has_converged(estimator):
    """Tell whether a multi-layer perceptron's own criterion would end its fit now.

    Its ``partial_fit`` goes on counting the epochs without improvement, but leaves
    the decision to the caller.
    """
    waited = getattr(estimator, "_no_improvement_count", 0)
    return waited > estimator.n_iter_no_change


@contextmanager
def catboost_writing_to(estimator, folder):
    """Let a CatBoost estimator that may not write files write into ``folder`` for once.

    When it is fitted it refuses ``set_params``, by which these could be taken back.
    """
    own = estimator._init_params
    estimator._init_params = {**own, "allow_writing_files": True, "train_dir": folder}
    estimator._canonized_params = None  # they are cached
    try:
        yield
    finally:
        estimator._init_params = own
        estimator._canonized_params = None


# ---- callbacks (scikit-learn 1.9) ------------------------------------------------


def open_root_context(search, X, y, metadata):
    """Open the callback context of a whole fit; None where there is no callback."""
    if not _HAS_CALLBACKS:
        return None
    # One subtask for the search, one for the refit.
    root = search._init_callback_context(max_subtasks=1 + (search.refit is not False))
    root.call_on_fit_task_begin(estimator=search, X=X, y=y, metadata=metadata)
    # A parent's context is linked to even if there is nobody to call.
    return root if root._callbacks or hasattr(search, "_parent_callback_ctx") else None


def close_root_context(root, search, X, y, metadata):
    """Close the callback context of a whole fit, if there is one."""
    if root is not None:
        root.call_on_fit_task_end(estimator=search, X=X, y=y, metadata=metadata)


def evaluation_context(parent, name, task_id):
    """Return the context of a fit or an evaluation; a fit's is used in a worker."""
    return parent.subcontext(task_name=name, task_id=task_id)


def without_siblings(context):
    """Return a copy of a context that knows its ancestors, but not their other tasks.

    This is what travels to a worker. The whole tree grows with every evaluation.
    """
    if context is None:
        return None
    context = copy.copy(context)
    context.parent = without_siblings(context.parent)
    context._children_map = {}
    return context


@contextmanager
def refit_context(root, search, estimator, X, y, metadata):
    """Run the final refit within its callback context."""
    if root is None:
        yield
        return
    context = root.subcontext(task_name="refit-with-best-params")
    with context.propagate_callback_context(estimator):
        context.call_on_fit_task_begin(estimator=search, X=X, y=y, metadata=metadata)
        yield
    context.call_on_fit_task_end(estimator=search, X=X, y=y, metadata=metadata)


def worker_environment(backend, n_jobs):
    """Return the environment variables that limit the inner threads of a worker."""
    return backend._prepare_worker_env(n_jobs=n_jobs)


def joblib_batch(backend, function, args):
    """Return what the ``submit`` of every joblib back-end accepts: a batch of one."""
    return BatchedCalls([(function, args, {})], backend.get_nested_backend())
