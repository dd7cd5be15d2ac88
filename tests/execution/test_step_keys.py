"""When two steps are the same, and when that is not known."""

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC

from sklearn_automl.execution._step_keys import step_key
from tests.names import short_name


class Holds(TransformerMixin, BaseEstimator):
    def __init__(self, value=None, random_state=0):
        self.value = value
        self.random_state = random_state

    def fit_transform(self, X, y=None):
        return X

    def transform(self, X):
        return X


class Point:
    def __init__(self, x):
        self.x = x


STEPS = [
    StandardScaler(),
    PCA(2, random_state=0),
    SimpleImputer(missing_values=np.nan),
    SimpleImputer(missing_values=float("nan")),
    OrdinalEncoder(categories=[["a", "b"], np.array([1, 2])], dtype=np.float32),
    ColumnTransformer(
        [
            ("numbers", StandardScaler(), make_column_selector(dtype_include="number")),
            ("first", "drop", slice(0, 2)),
            ("rest", FunctionTransformer(np.log1p), lambda X: [3]),
        ]
    ),
    FeatureUnion([("all", make_pipeline(StandardScaler(), PCA(random_state=1)))]),
    Holds(Point({1, 2})),
    Holds(Point(1).__init__),
    StandardScaler().set_output(transform="pandas"),
]


@pytest.mark.parametrize("step", STEPS, ids=short_name)
def test_a_copy_is_the_same(step):
    key = step_key(step)
    assert key is not None
    assert step_key(clone(step)) == key
    assert hash(step_key(clone(step))) == hash(key)


def test_a_fitted_step_is_the_same_as_an_unfitted_one():
    step = StandardScaler()
    key = step_key(step)
    assert step_key(step.fit([[1.0], [2.0]])) == key


def test_a_request_of_metadata_makes_another_step():
    with sklearn.config_context(enable_metadata_routing=True):
        step = StandardScaler().set_fit_request(sample_weight=True)
    key = step_key(step)
    assert key == step_key(clone(step))
    assert key is not None
    assert key != step_key(StandardScaler())


@pytest.mark.parametrize(
    ("value", "other"),
    [
        (1, True),
        (1, 1.0),
        (1.0, np.float64(1.0)),
        (0.0, -0.0),
        ("a", b"a"),
        ([1], (1,)),
        ({1: 2, 3: 4}, {3: 4, 1: 2}),
        ({1}, frozenset({1})),
        (np.array([1, 2]), np.array([1.0, 2.0])),
        (np.array([1, 2]), np.array([[1, 2]])),
        (Point(1), Point(2)),
        (Point(1).__init__, Point(2).__init__),
        (StandardScaler(), StandardScaler(with_mean=False)),
        (np.log1p, np.expm1),
        (lambda X: X, lambda X: X),
        (float, int),
        (slice(1), slice(2)),
    ],
)
def test_other_values_are_others(value, other):
    keys = [step_key(Holds(value)), step_key(Holds(other))]
    assert None not in keys
    assert keys[0] != keys[1]


def test_a_step_of_another_class_is_another():
    class Derived(StandardScaler):
        pass

    assert step_key(Derived()) != step_key(StandardScaler())


class NoParts:
    def __reduce_ex__(self, protocol):
        raise TypeError("no parts")

    def __deepcopy__(self, memo):
        return self


class Slots(Holds):
    __slots__ = ("mean_",)


SELF_CONTAINING: list = []
SELF_CONTAINING.append(SELF_CONTAINING)


@pytest.mark.parametrize(
    "step",
    [
        "passthrough",
        SVC(),
        StandardScaler,
        Slots(),
        PCA(2),
        PCA(2, random_state=np.random.RandomState(0)),
        make_pipeline(StandardScaler(), PCA(2)),
        FeatureUnion([("pca", PCA(2))]),
        Holds(random_state=True),
        Holds(np.random.default_rng(0)),
        Holds(Point(np.random.RandomState(0))),
        Holds(np.zeros(10_000)),
        Holds(list(range(2_000))),
        Holds(NoParts()),
        Holds(i for i in [1]),
    ],
    ids=short_name,
)
def test_there_is_no_key_where_nothing_is_certain(step):
    assert step_key(step) is None


def test_what_holds_itself_is_compared():
    assert step_key(Holds(SELF_CONTAINING)) == step_key(Holds(SELF_CONTAINING))
