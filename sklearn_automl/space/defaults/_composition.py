"""Default spaces of pipelines and of all other estimators that have parts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from inspect import signature
from typing import Any

import numpy as np

from sklearn_automl.space._when import When
from sklearn_automl.space.defaults._bayes_and_networks import BAYES_AND_NETWORKS
from sklearn_automl.space.defaults._boosting_libraries import (
    ALIASES,
    CATBOOST,
    LIGHTGBM,
    XGBOOST,
)
from sklearn_automl.space.defaults._case import Case, Rule, nothing
from sklearn_automl.space.defaults._kernels_and_neighbors import KERNELS_AND_NEIGHBORS
from sklearn_automl.space.defaults._linear import LINEAR
from sklearn_automl.space.defaults._preprocessing import (
    OPTIONAL_STEPS,
    PREPROCESSING,
    shape_after,
)
from sklearn_automl.space.defaults._settled import (
    prefixed,
    set_by_user,
    settled,
)
from sklearn_automl.space.defaults._shape import DataShape
from sklearn_automl.space.defaults._trees import TREES
from sklearn_automl.space.defaults._unknown import no_default_space

__all__ = ["default_space", "models_of", "space_for"]


def _calibration(case: Case) -> dict[str, Any]:  # noqa: ARG001
    # Niculescu-Mizil, Caruana, "Predicting good probabilities with supervised
    # learning", ICML 2005, compare the two.
    return {"method": ["sigmoid", "isotonic"]}


# What is searched of them is in their parts, if they have any.
_WRAPPERS: dict[str, Rule] = {
    "CalibratedClassifierCV": _calibration,
    "ColumnTransformer": nothing,
    "FeatureUnion": nothing,
    "FunctionTransformer": nothing,
    "Pipeline": nothing,
    "TransformedTargetRegressor": nothing,
}

# By the package that a class is of, and its name.
_RULES: dict[str, dict[str, Rule]] = {
    "sklearn": {
        **BAYES_AND_NETWORKS,
        **KERNELS_AND_NEIGHBORS,
        **LINEAR,
        **PREPROCESSING,
        **TREES,
        **_WRAPPERS,
    },
    "catboost": CATBOOST,
    "lightgbm": LIGHTGBM,
    "xgboost": XGBOOST,
}

# A user who sets one of these has not decided that a step is needed.
_SAYS_NOTHING = {"copy", "n_jobs", "random_state"}

# Their parts see two classes at a time.
_BINARY_PARTS = {"OneVsOneClassifier", "OneVsRestClassifier", "OutputCodeClassifier"}


def default_space(
    estimator: Any, X: Any = None, y: Any = None, *, exclude: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the search space that the package has for an estimator.

    It is what ``param_distributions="auto"`` searches.

    Parameters
    ----------
    estimator : estimator object
        An estimator of scikit-learn, LightGBM, XGBoost or CatBoost, or a pipeline or
        another estimator that is made of these.

    X : array-like of shape (n_samples, n_features), default=None
        The data. Some ranges depend on the number of rows or features, or on their
        variance. Without data these ranges are constants.

    y : array-like of shape (n_samples,), default=None
        The target. Some ranges depend on the number of classes, or on the standard
        deviation of a numeric target.

    exclude : str or iterable of str, default=()
        Names of parameters to leave out, such as the resource of the search.

    Returns
    -------
    space : dict
        Names of parameters as keys; lists, distributions or :class:`When` as values.
        Change it as you like before you pass it as `param_distributions`.

    Raises
    ------
    TypeError
        If `estimator` is not an estimator object.

    ValueError
        If the package has no space for the estimator. The error then shows a template
        of a space. Also if `exclude` has a name that the estimator does not have.

    See Also
    --------
    SearchSpace : Shows a space, and draws from it.

    Notes
    -----
    A parameter that you have set to something other than its default is left out. It
    keeps your value, and this value decides whether parameters that depend on it are
    searched. The kernel of an SVM and the number of trees of a forest are not searched.
    Transformers that the package does not know stay as they are. A PCA, a SelectKBest,
    a SelectPercentile or a PolynomialFeatures in a pipeline is also tried as
    "passthrough", unless you have set some of its parameters.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from sklearn_automl.space import SearchSpace, default_space
    >>> space = default_space(SVC(kernel="poly"))
    >>> sorted(space)
    ['C', 'coef0', 'degree', 'gamma']
    >>> SearchSpace({"degree": space["degree"]})
    SearchSpace({'degree': [2, 3, 4]})
    """
    names = [exclude] if isinstance(exclude, str) else list(exclude)
    shape = DataShape.of(X, y)
    space = space_for(estimator, shape, names)
    unknown = [name for name in names if not _has(estimator, name)]
    if unknown:
        known = ", ".join(map(repr, sorted(space_for(estimator, shape))))
        raise ValueError(
            f"exclude has names that {type(estimator).__name__} does not have: "
            f"{', '.join(map(repr, unknown))}. Pass names of the space: {known}."
        )
    return space


def _has(estimator: Any, name: Any) -> bool:
    """Tell whether an estimator has a parameter, by any of its names."""
    own = estimator.get_params(deep=True)
    if not isinstance(name, str) or name in own:
        return isinstance(name, str)
    prefix, _, last = name.rpartition("__")
    owner = own.get(prefix) if prefix else estimator
    if not _is_estimator(owner):
        return False
    package = _rule_of(owner)[0]
    aliases = {alias for group in ALIASES.get(package, ()) for alias in group}
    # CatBoost does not list what was not set.
    return last in aliases or last in signature(type(owner)).parameters


def space_for(
    estimator: Any, shape: DataShape, exclude: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the default space for data of which some facts are known."""
    if isinstance(estimator, type) or not hasattr(estimator, "get_params"):
        raise TypeError(
            f"estimator must be an estimator object, got {estimator!r}. Pass an "
            "instance, such as LogisticRegression()."
        )
    return _space_of(estimator, shape, frozenset(exclude), is_required=True)


def _space_of(
    estimator: Any, shape: DataShape, exclude: frozenset[str], *, is_required: bool
) -> dict[str, Any]:
    """Return the space of an estimator; none of one that need not be known."""
    package, name, rule = _rule_of(estimator)
    if name == "Pipeline":
        return _space_of_pipeline(estimator, shape, exclude, is_required=is_required)
    parts = dict(_parts(estimator, name, shape))
    if rule is None and (not parts or _is_search(estimator)):
        if is_required:
            raise no_default_space(estimator)
        return {}
    own_rule = nothing if rule is None else rule
    space = _own_space(estimator, package, own_rule, shape, exclude)
    is_union = name in {"ColumnTransformer", "FeatureUnion"}
    for part_name, (part, its_shape) in parts.items():
        below = _below(exclude, part_name)
        needed = is_required and not is_union
        its_space = _space_of(part, its_shape, below, is_required=needed)
        space |= prefixed(its_space, part_name)
    return space


def _rule_of(estimator: Any) -> tuple[str, str, Rule | None]:
    """Return whose class it is, or extends, its name there, and the rule for it."""
    for cls in type(estimator).__mro__:
        package, _, module = cls.__module__.partition(".")
        if package in _RULES and not module.startswith(("base", "utils")):
            return package, cls.__name__, _RULES[package].get(cls.__name__)
    return "", "", None


def _own_space(
    estimator: Any, package: str, rule: Rule, shape: DataShape, exclude: frozenset[str]
) -> dict[str, Any]:
    """Return the space of an estimator's own parameters."""
    own = estimator.get_params(deep=False)
    fixed = set_by_user(estimator) | exclude
    for group in ALIASES.get(package, ()):
        if not fixed.isdisjoint(group):
            fixed |= group
    space = rule(Case(shape, own, fixed))
    # CatBoost does not list what was not set.
    known = own.keys() | signature(type(estimator)).parameters.keys()
    return settled(space, own, fixed | (space.keys() - known))


def _is_search(estimator: Any) -> bool:
    """Tell whether an estimator searches the parameters of its part itself."""
    own = estimator.get_params(deep=False)
    return "param_grid" in own or "param_distributions" in own


def _below(names: Iterable[str], part: str) -> frozenset[str]:
    start = f"{part}__"
    return frozenset(n.removeprefix(start) for n in names if n.startswith(start))


def _is_estimator(value: Any) -> bool:
    is_instance = hasattr(value, "get_params") and not isinstance(value, type)
    return is_instance and (hasattr(value, "fit") or hasattr(value, "transform"))


# ---- parts -------------------------------------------------------------------------


def models_of(
    estimator: Any, shape: DataShape, prefix: str = ""
) -> Iterator[tuple[str, str, Any, DataShape]]:
    """Go through the parts that the package knows; of a pipeline, the last step.

    Yields
    ------
    prefix : str
        What its names begin with in the whole estimator.

    name : str
        The package and the class, such as "sklearn.SVC".

    part : estimator
        The part, or the estimator itself.

    shape : DataShape
        What is known of the data that it is fitted on.
    """
    package, name, rule = _rule_of(estimator)
    if name == "Pipeline":
        steps = [(n, step) for n, step in estimator.steps if _is_estimator(step)]
        for step_name, step in steps:
            if step_name == estimator.steps[-1][0]:
                yield from models_of(step, shape, f"{prefix}{step_name}__")
            shape = shape_after(_rule_of(step)[1], shape)
    elif not _is_search(estimator):
        if rule is not None:
            yield prefix, f"{package}.{name}", estimator, shape
        for part_name, (part, its_shape) in _parts(estimator, name, shape):
            yield from models_of(part, its_shape, f"{prefix}{part_name}__")


def _parts(
    estimator: Any, name: str, shape: DataShape
) -> Iterator[tuple[str, tuple[Any, DataShape]]]:
    """Yield the parts of an estimator with the shapes of what they are fitted on."""
    own = estimator.get_params(deep=True)
    columns = _columns_of(own) if name == "ColumnTransformer" else {}
    for part_name, part in own.items():
        if "__" in part_name or not _is_estimator(part):
            continue
        its_shape = _shape_within(name, part_name, own, shape)
        if name == "ColumnTransformer":
            n_columns = columns.get(part_name)
            its_shape = replace(its_shape, n_features=n_columns, variance=None)
        yield part_name, (part, its_shape)


def _shape_within(
    name: str, part_name: str, own: Mapping[str, Any], shape: DataShape
) -> DataShape:
    """Return what is known of the data of a part of an estimator."""
    if name in _BINARY_PARTS:
        return replace(shape, n_classes=2)
    if name == "TransformedTargetRegressor":
        is_same = own.get("transformer") is None and own.get("func") is None
        return shape if is_same else replace(shape, target_scale=None)
    if part_name == "final_estimator" or name not in _RULES["sklearn"]:
        return replace(shape, n_features=None, variance=None, is_sparse=None)
    return shape


def _columns_of(own: Mapping[str, Any]) -> dict[str, int | None]:
    """Return how many columns each transformer of a ColumnTransformer gets."""
    return {name: _n_columns(columns) for name, _, columns in own["transformers"]}


def _n_columns(columns: Any) -> int | None:
    if isinstance(columns, list | tuple | np.ndarray):
        is_mask = all(isinstance(c, bool | np.bool_) for c in columns)
        return int(np.sum(columns)) if is_mask else len(columns)
    return 1 if isinstance(columns, str | int) else None


# ---- pipelines ---------------------------------------------------------------------


def _space_of_pipeline(
    pipeline: Any, shape: DataShape, exclude: frozenset[str], *, is_required: bool
) -> dict[str, Any]:
    space: dict[str, Any] = {}
    steps = [(name, step) for name, step in pipeline.steps if _is_estimator(step)]
    for name, step in steps:
        is_last = name == pipeline.steps[-1][0]
        needed = is_required and is_last
        its_space = _space_of(step, shape, _below(exclude, name), is_required=needed)
        its_space = prefixed(its_space, name)
        if not is_last and name not in exclude and _is_optional(step):
            space[name] = [step, "passthrough"]
            its_space = {k: When(name, step, v) for k, v in its_space.items()}
        space |= its_space
        shape = shape_after(_rule_of(step)[1], shape)
    return space


def _is_optional(step: Any) -> bool:
    """Tell whether a step may be left out: a usual one that the user has not set."""
    package, name, _ = _rule_of(step)
    is_usual = package == "sklearn" and name in OPTIONAL_STEPS
    return is_usual and set_by_user(step) <= _SAYS_NOTHING
