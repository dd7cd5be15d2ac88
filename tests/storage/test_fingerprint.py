import functools
import logging
import time

import numpy as np
import pytest
from numpy.random import RandomState, default_rng
from scipy import sparse, stats
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_automl.samplers import GridSampler, RandomSampler
from sklearn_automl.space import When
from sklearn_automl.storage import describe, describe_data


def double(x):
    return 2 * x


def half(x):
    return x / 2


class Own:
    def __init__(self, a):
        self.a = a

    def method(self):
        return self.a


def is_vowel(y, predicted):
    return y in {"a", "e", "i", "o", "u", "y"}


def adds(n):
    return lambda x: x + n


def by_default(n):
    def add(x, *, to=n):
        return x + to

    return add


class OwnDict(dict):
    pass


def with_attribute(a):
    value = OwnDict()
    value.a = a
    return value


def make_class(n):
    """Return a class of the same name with another method."""
    namespace = {"__name__": "m"}
    exec(f"class A:\n    def f(self):\n        return {n}", namespace)
    return namespace["A"]


# In each row no two are the same.
DIFFERENT = {
    "scalars": [None, True, 1, 1.0, "1", b"1", np.float32(1), float("nan")],
    "containers": [[1, 2], (1, 2), {1, 2}, {1: 2}, [2, 1], range(1, 3), [[1], 2]],
    "arrays": [
        np.array([1, 2]),
        np.array([1.0, 2.0]),
        np.array([[1, 2]]),
        np.array([2, 1]),
        np.array(["a", None], dtype=object),
    ],
    "estimators": [
        LogisticRegression(),
        LogisticRegression(C=2.0),
        RandomForestClassifier(),
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(StandardScaler(), LogisticRegression(C=2.0)),
        LogisticRegression,
    ],
    "distributions": [
        stats.uniform(0, 1),
        stats.uniform(0, 2),
        stats.uniform(loc=0, scale=1),
        stats.norm(0, 1),
        stats.expon,
        stats.rv_histogram(np.histogram([1.0, 2.0, 2.0], bins=3)),
        stats.rv_histogram(np.histogram([1.0, 1.0, 2.0], bins=3)),
        stats.rv_discrete(values=([1, 2], [0.5, 0.5]))(),
        stats.rv_discrete(values=([1, 2], [0.4, 0.6]))(),
        When("a", 1, stats.uniform(0, 1)),
        When("a", 2, stats.uniform(0, 1)),
    ],
    "functions": [
        double,
        half,
        is_vowel,
        by_default(1),
        by_default(2),
        adds(1),
        adds(2),
        functools.partial(double, 1),
        functools.partial(double, 2),
        Own(1).method,
        Own(2).method,
        len,
        np.exp,
    ],
    "objects": [
        Own(1),
        Own(2),
        Own([Own(1)]),
        with_attribute(1),
        with_attribute(2),
        make_class(1),
        make_class(2),
        make_class(1)(),
        make_class(2)(),
        FrozenEstimator(LogisticRegression().fit([[0], [1]], [0, 1])),
        FrozenEstimator(LogisticRegression().fit([[1], [0]], [0, 1])),
        StratifiedKFold(3),
        StratifiedKFold(4),
        RandomSampler(),
        GridSampler(),
        GridSampler(shuffle=True),
        RandomState(0),
        RandomState(1),
        default_rng(0),
        default_rng(1),
        make_scorer(double),
        make_scorer(half),
    ],
}


@pytest.mark.parametrize("values", DIFFERENT.values(), ids=DIFFERENT)
def test_different_values_are_told_apart(values):
    texts = [describe(value) for value in values]
    assert len(set(texts)) == len(texts)


def test_the_order_of_a_dict_does_not_matter():
    assert describe({"a": 1, "b": 2}) == describe({"b": 2, "a": 1})


def test_where_the_objects_of_an_array_are_does_not_matter():
    a, b = (np.array([1000 + i, "text"], dtype=object) for i in (int("7"), int("7")))
    assert describe(a) == describe(b)


def test_what_is_installed_is_known_by_its_name():
    assert describe(StandardScaler).endswith(".StandardScaler")
    assert describe(RandomSampler).endswith(".RandomSampler")
    assert describe(Own).endswith("]")


def test_a_function_may_use_what_is_not_there_yet():
    def early():
        return later

    assert describe(early)
    later = 1
    assert describe(early)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b", "a"}, "set('a', 'b')"),
        (range(3), "range(0, 3)"),
        (np.float32(1), "float32(1.0)"),
        (functools.partial(len, 1), "partialtuple(builtins.len, tuple(1), {})"),
        ("x" * 10_000, repr("x" * 10_000)),
    ],
)
def test_a_description_can_be_read(value, text):
    assert describe(value) == text


def test_a_method_is_that_of_its_object():
    assert describe(Own(1).method).endswith("(a=1).method")


def test_where_a_function_stands_does_not_matter():
    source = "def f(x):\n    return [y + 1 for y in x]\n"
    texts = []
    for lines in (0, 10):
        namespace = {"__name__": "m"}
        code = compile("\n" * lines + source, f"file {lines}", "exec")
        exec(code, namespace)
        texts.append(describe(namespace["f"]))
    assert texts[0] == texts[1]


def test_the_text_is_short_and_still_tells_apart():
    long = [list(range(10_000)), [*range(9_999), 0]]
    assert len({describe(value) for value in long}) == 2
    assert max(len(describe(value)) for value in long) < 20_100


class Tangled:
    """Holds itself many times over, and a logger, which holds all others."""

    def __init__(self):
        self.a = self.b = self.c = self
        self.others = [self, {"self": self}]
        self.log = logging.getLogger("a.b")


def test_what_is_tangled_is_described_soon():
    began = time.monotonic()
    assert describe(Tangled()) == describe(Tangled())
    assert time.monotonic() - began < 5


def test_what_holds_itself_is_described_all_the_same():
    value = []
    value.append(value)
    assert describe(value)


DATA = [
    np.zeros((3, 2)),
    np.zeros((2, 3)),
    np.ones((3, 2)),
    sparse.csr_matrix(np.ones((3, 2))),
    ["a", "b", "c"],
    ["a", "b", "d"],
    None,
]


def test_different_data_are_told_apart():
    assert len({describe_data(data) for data in DATA}) == len(DATA)


def test_the_description_of_data_names_type_and_size():
    assert describe_data(np.zeros((3, 2))).startswith("ndarray of shape (3, 2), ")
    assert describe_data(["a"]).startswith("list of length 1, ")
    assert describe_data(None) == "None"


def test_a_frame_that_was_made_again_is_the_same():
    pd = pytest.importorskip("pandas")

    def make(name="b"):
        return pd.DataFrame(
            {"a": ["x", "".join(["x"]), "y"], name: pd.Categorical([1, 2, 1])}
        )

    assert describe_data(make()) == describe_data(make())
    assert describe_data(make()) != describe_data(make("c"))
    used = make()
    used["a"].str.upper(), used.describe()
    assert describe_data(used) == describe_data(make())


def test_data_that_cannot_be_pickled_is_described_by_what_it_holds():
    data = [[lambda: 1], [lambda: 2]]
    assert describe_data(data[0]) != describe_data(data[1])
