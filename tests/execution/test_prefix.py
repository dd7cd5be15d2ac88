"""Shared prefixes, seen from outside: scores and what was fitted, with and without."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import sklearn
from scipy import sparse
from scipy.stats import loguniform
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA, KernelPCA, TruncatedSVD
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import IterativeImputer, SimpleImputer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score, check_scoring, make_scorer
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    StandardScaler,
    TargetEncoder,
)

from sklearn_automl import SuccessiveHalvingSearchCV
from sklearn_automl.execution import (
    FoldScorer,
    FoldTask,
    ParameterResource,
    SampleResource,
    _fold_scorer,
)
from sklearn_automl.execution._model_store import FolderModels
from sklearn_automl.execution._prefix_cache import REFUSED, PrefixCache
from sklearn_automl.model_selection import _base

N_ROWS = 60
SPLITS = [
    (np.delete(np.arange(N_ROWS), test), test)
    for test in np.arange(N_ROWS).reshape(3, 20)
]
X, y = make_classification(N_ROWS, 6, n_informative=4, random_state=0)
AMOUNTS = (20, 40)


def nested_rows():
    rng = np.random.default_rng(0)
    return SampleResource(
        [rng.permutation(train) for train, _ in SPLITS], [None] * 3, 40, False
    )


def make_scorer_of(estimator, X=X, y=y, *, scoring="neg_log_loss", **options):
    return FoldScorer(
        **{
            "estimator": estimator,
            "X": X,
            "y": y,
            "splits": SPLITS,
            "resource": nested_rows(),
            "scorer": check_scoring(estimator, scoring, raise_exc=False)
            if isinstance(scoring, list)
            else check_scoring(estimator, scoring),
            "error_score": np.nan,
            **options,
        }
    )


def run(scorer, params, *, amount=40, split=0, start=0, trial_id=0, context=None):
    task = FoldTask(trial_id, params, amount, False, (split,), (start,), (context,))
    return scorer.run(task)[0]


def outcome(result):
    scores = result.test_scores, result.train_scores
    return *map(repr, scores), result.fit_error, result.score_error, result.units


def outcomes(scorer, grid, amounts=AMOUNTS, splits=(0, 1)):
    """Evaluate every point of a grid on some folds, amount by amount."""
    return [
        outcome(run(scorer, params, amount=amount, split=split))
        for amount in amounts
        for params in grid
        for split in splits
    ]


def assert_equal_with_and_without(estimator, grid, X=X, y=y, **options):
    """Compare both to the bit, and return the scorer that shares."""
    shares = make_scorer_of(estimator, X, y, **options)
    plain = replace(shares, share_prefix=False)
    assert outcomes(shares, grid, splits=[1]) == outcomes(plain, grid, splits=[1])
    return shares


def fitted_prefixes(scorer):
    """Return the keys of what is shared."""
    entries = scorer._prefixes._entries
    return [key for key, prefix in entries.items() if prefix is not REFUSED]


class Counts(TransformerMixin, BaseEstimator):
    """Adds one, and counts over all of its copies what it was asked for."""

    calls: list[str] = []

    def __init__(self, offset=0.0, random_state=0, note=None):
        self.offset = offset
        self.random_state = random_state
        self.note = note

    def fit(self, X, y=None, sample_weight=None):
        self.calls.append("fit")
        self.mean_ = np.average(np.asarray(X), axis=0, weights=sample_weight)
        return self

    def fit_transform(self, X, y=None, sample_weight=None):
        return self.fit(X, y, sample_weight)._shifted(X)

    def transform(self, X):
        self.calls.append("transform")
        return self._shifted(X)

    def _shifted(self, X):
        return np.asarray(X) - self.mean_ + self.offset


@pytest.fixture(autouse=True)
def calls():
    Counts.calls = []
    return Counts.calls


# ---- equal to the bit ------------------------------------------------------------


class WritesIntoX(GaussianNB):
    def fit(self, X, y):
        super().fit(X, y)
        X[:] = 0
        return self

    def predict(self, X):
        predicted = super().predict(X)
        X[:] = 0
        return predicted


class Differs(TransformerMixin, BaseEstimator):
    """Does something else with later rows than with those that it is fitted on."""

    def __init__(self, writes=False):
        self.writes = writes

    def fit(self, X, y=None):
        return self

    def fit_transform(self, X, y=None):
        return X + 0

    def transform(self, X):
        if not self.writes:
            return X
        X *= 1.5
        return X + 0


def double_first(X):
    X[:, 0] *= 2
    return X


def add_ratio(frame):
    frame["ratio"] = frame["a"] / (frame["b"].abs() + 1)
    frame["a"] *= 2
    return frame


def first_columns(X):
    return X[:, :4]


def same(X):
    return X


V = [{"gaussiannb__var_smoothing": v} for v in (1e-9, 1e-2)]
SVD = TruncatedSVD(2, random_state=0)
PIPELINES = {
    "constant steps": (
        make_pipeline(StandardScaler(), PCA(3, random_state=0), GaussianNB()),
        V,
    ),
    "a searched step": (
        make_pipeline(StandardScaler(), PCA(random_state=0), GaussianNB()),
        [{"pca__n_components": n, **v} for n in (2, 4) for v in V],
    ),
    "a supervised step": (
        make_pipeline(MinMaxScaler(), SelectKBest(), GaussianNB()),
        [{"selectkbest__k": k, **v} for k in (2, 4) for v in V],
    ),
    "other data in fit_transform": (
        make_pipeline(
            FunctionTransformer(np.round), TargetEncoder(random_state=0), GaussianNB()
        ),
        V,
    ),
    "a union and a pipeline": (
        make_pipeline(
            FeatureUnion([("pca", PCA(2, random_state=0)), ("all", StandardScaler())]),
            make_pipeline(MinMaxScaler(), SelectKBest(k=3)),
            GaussianNB(),
        ),
        V,
    ),
    "a kernel of the training rows": (
        make_pipeline(KernelPCA(3, kernel="rbf", random_state=0), GaussianNB()),
        V,
    ),
    "a step that comes and goes": (
        Pipeline(
            [("scale", StandardScaler()), ("pca", None), ("tree", GaussianNB())],
        ),
        [
            {"pca": pca, "tree__var_smoothing": v}
            for pca in ("passthrough", PCA(2, random_state=0), None)
            for v in (1e-9, 1e-2)
        ],
    ),
    "a later step writes": (
        make_pipeline(StandardScaler(), MinMaxScaler(copy=False), GaussianNB()),
        [{"minmaxscaler__clip": clip, **v} for clip in (True, False) for v in V],
    ),
    "a later step writes into the rows": (
        make_pipeline(
            FunctionTransformer(same), MinMaxScaler(copy=False), GaussianNB()
        ),
        [{"minmaxscaler__clip": clip, **v} for clip in (True, False) for v in V],
    ),
    "the last step writes": (
        make_pipeline(StandardScaler(), WritesIntoX()),
        [{"writesintox__var_smoothing": v} for v in (1e-9, 1e-2, 1e-1)],
    ),
    "later rows are written into": (
        make_pipeline(Differs(writes=True), GaussianNB()),
        V,
    ),
    "later rows are given on": (
        make_pipeline(Differs(), WritesIntoX()),
        [{"writesintox__var_smoothing": v} for v in (1e-9, 1e-2, 1e-1)],
    ),
    "the first step writes": (
        make_pipeline(StandardScaler(copy=False), GaussianNB()),
        V,
    ),
    "a function writes": (
        make_pipeline(
            FunctionTransformer(double_first), StandardScaler(), GaussianNB()
        ),
        V,
    ),
    "a view": (
        make_pipeline(FunctionTransformer(first_columns), GaussianNB()),
        V,
    ),
    "no random state": (
        make_pipeline(StandardScaler(), PCA(3), GaussianNB()),
        V,
    ),
}


# One metric or several: that is not what differs between pipelines.
@pytest.mark.parametrize(
    ("kind", "scoring"),
    [
        *((kind, ["accuracy", "neg_log_loss"]) for kind in PIPELINES),
        (next(iter(PIPELINES)), "neg_log_loss"),
    ],
)
def test_scores_are_equal_to_the_bit(kind, scoring):
    pipeline, grid = PIPELINES[kind]
    assert_equal_with_and_without(
        pipeline, grid, scoring=scoring, return_train_score=True
    )


def test_a_generator_that_a_step_keeps_is_nobody_elses():
    # Every call of transform draws from it.
    gaps = np.where(np.random.default_rng(0).random(X.shape) < 0.2, np.nan, X)
    imputer = IterativeImputer(max_iter=2, sample_posterior=True, random_state=0)
    pipeline = make_pipeline(MinMaxScaler(), imputer, StandardScaler(), GaussianNB())
    shares = assert_equal_with_and_without(
        pipeline,
        [{"standardscaler__with_std": std, **v} for v in V for std in (True, False)],
        gaps,
        scoring=["accuracy", "neg_log_loss"],
        return_train_score=True,
    )
    assert len(fitted_prefixes(shares)) == 3 * len(AMOUNTS)


def frame_of_gaps():
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "a": np.where(rng.random(N_ROWS) < 0.2, np.nan, X[:, 0]),
            "b": X[:, 1],
            "c": rng.choice(["u", "v", "w"], N_ROWS),
            "d": rng.integers(0, 5, N_ROWS),
        },
        index=rng.permutation(N_ROWS),
    )


def columns_transformer(sparse_output):
    numbers = make_column_selector(dtype_include="number")
    words = make_column_selector(dtype_exclude="number")
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=sparse_output)
    filled = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    return ColumnTransformer([("numbers", filled, numbers), ("words", encoder, words)])


@pytest.mark.parametrize("output", ["default", "pandas"])
@pytest.mark.parametrize("sparse_output", [True, False])
def test_columns_of_a_frame_are_equal_to_the_bit(output, sparse_output):
    if sparse_output and output == "pandas":
        pytest.skip("scikit-learn has no such thing")
    pipeline = make_pipeline(columns_transformer(sparse_output), GaussianNB())
    pipeline.set_output(transform=output)
    shares = assert_equal_with_and_without(
        pipeline, V, frame_of_gaps(), return_train_score=True
    )
    assert len(fitted_prefixes(shares)) == len(AMOUNTS)


def test_a_frame_that_later_steps_change_is_equal_to_the_bit():
    # scikit-learn writes into the memory of a frame, past its copy-on-write.
    pipeline = make_pipeline(
        StandardScaler().set_output(transform="pandas"),
        MinMaxScaler(copy=False),
        GaussianNB(),
    )
    grid = [{"minmaxscaler__clip": clip, **v} for clip in (True, False) for v in V]
    shares = assert_equal_with_and_without(
        pipeline, grid, frame_of_gaps()[["b", "d"]], return_train_score=True
    )
    assert fitted_prefixes(shares)


def test_a_function_that_changes_its_frame_is_equal_to_the_bit():
    pipeline = make_pipeline(
        FunctionTransformer(add_ratio), SimpleImputer(), GaussianNB()
    )
    frame = frame_of_gaps()[["a", "b"]]
    shares = assert_equal_with_and_without(
        pipeline,
        V,
        frame,
        scoring=["accuracy", "neg_log_loss"],
        return_train_score=True,
    )
    assert not fitted_prefixes(shares)


def test_texts_are_equal_to_the_bit():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefgh"), 9)) for _ in range(N_ROWS)]
    pipeline = make_pipeline(
        FunctionTransformer(same), TfidfVectorizer(analyzer="char"), SVD, GaussianNB()
    )
    grid = [{"truncatedsvd__n_components": n, **v} for n in (2, 3) for v in V]
    shares = assert_equal_with_and_without(pipeline, grid, texts)
    assert fitted_prefixes(shares)


def test_sparse_rows_are_equal_to_the_bit():
    rows = sparse.csr_matrix(X * (X > 0))
    pipeline = make_pipeline(
        MaxAbsScaler(), MaxAbsScaler(copy=False), SVD, GaussianNB()
    )
    grid = [{"maxabsscaler-2__copy": copy, **v} for v in V for copy in (False, True)]
    shares = assert_equal_with_and_without(pipeline, grid, rows)
    assert fitted_prefixes(shares)


def test_a_kernel_matrix_is_equal_to_the_bit():
    # Its columns are those of the training rows.
    pipeline = make_pipeline(
        KernelPCA(3, kernel="precomputed", random_state=0), GaussianNB()
    )
    shares = assert_equal_with_and_without(pipeline, V, X @ X.T)
    assert len(fitted_prefixes(shares)) == len(AMOUNTS)


def test_a_search_is_equal_to_the_bit(monkeypatch, calls):
    def table_of():
        calls.clear()
        search = SuccessiveHalvingSearchCV(
            make_pipeline(Counts(), GaussianNB()),
            {"gaussiannb__var_smoothing": loguniform(1e-9, 1.0)},
            n_iter=9,
            cv=3,
            random_state=0,
            return_train_score=True,
        ).fit(X, y)
        return {k: v for k, v in search.cv_results_.items() if "time" not in k}

    with_prefix, n_fits = table_of(), calls.count("fit")
    monkeypatch.setattr(
        _base, "FoldScorer", lambda **kw: FoldScorer(**kw, share_prefix=False)
    )
    np.testing.assert_equal(with_prefix, table_of())
    assert n_fits < calls.count("fit")


# ---- what is fitted, and how often -----------------------------------------------


def counting(*steps):
    return make_pipeline(Counts(), *steps, GaussianNB())


def test_steps_are_fitted_once_per_fold_and_amount(calls):
    outcomes(make_scorer_of(counting()), [*V, *V])
    assert calls.count("fit") == 2 * len(AMOUNTS)


def test_test_rows_are_transformed_once_per_fold_and_amount(calls):
    scorer = make_scorer_of(counting(), scoring=["accuracy", "neg_log_loss"])
    outcomes(scorer, V)
    assert calls.count("transform") == 2 * len(AMOUNTS)


def test_rows_that_are_scored_as_training_rows_are_transformed_once(calls):
    outcomes(make_scorer_of(counting(), return_train_score=True), V)
    assert calls.count("transform") == 2 * 2 * len(AMOUNTS)


def test_nothing_is_shared_without_the_switch(calls):
    outcomes(make_scorer_of(counting(), share_prefix=False), V, [40])
    assert calls.count("fit") == calls.count("transform") == 2 * len(V)


def test_steps_before_a_searched_one_are_fitted_once(calls):
    grid = [{"selectkbest__k": k} for k in (1, 2, 3)]
    scorer = make_scorer_of(counting(SelectKBest()))
    outcomes(scorer, grid, [40])
    assert calls == ["fit", "transform"] * 2
    assert len(fitted_prefixes(scorer)) == 2 * (1 + len(grid))


def test_a_searched_step_is_fitted_once_for_each_of_its_values(calls):
    grid = [{"counts__offset": o, **v} for v in V for o in (0.0, 1.0, 2.0)]
    outcomes(make_scorer_of(counting()), grid, [40])
    assert calls.count("fit") == 2 * 3


@pytest.mark.parametrize("values", [(0, False), (1, 1.0), (0.0, -0.0), ("a", b"a")])
def test_values_of_other_types_are_others(values, calls):
    outcomes(make_scorer_of(counting()), [{"counts__note": v} for v in values], [40])
    assert calls.count("fit") == 2 * len(values)


def test_a_step_in_place_of_another_is_compared_by_its_parameters(calls):
    grid = [{"counts": Counts(offset), **v} for v in V for offset in (0.0, 1.0)]
    assert_equal_with_and_without(counting(), grid)
    calls.clear()
    outcomes(make_scorer_of(counting()), grid, [40])
    assert calls.count("fit") == 2 * 2


def test_all_steps_can_be_searched_at_once(calls):
    last = ("last", GaussianNB())
    grid = [{"steps": [("first", Counts(o)), last]} for o in (0.0, 1.0, 0.0)]
    pipeline = Pipeline([("first", Counts(2.0)), last])
    shares = assert_equal_with_and_without(pipeline, grid)
    assert len(fitted_prefixes(shares)) == 2 * len(AMOUNTS)


def test_a_step_with_another_container_of_its_output_is_another():
    pytest.importorskip("pandas")
    as_frame = StandardScaler().set_output(transform="pandas")
    grid = [{"standardscaler": step, **V[0]} for step in (StandardScaler(), as_frame)]
    seen = []
    scorer = make_scorer_of(
        make_pipeline(StandardScaler(), FunctionTransformer(seen.append), GaussianNB())
    )
    outcomes(scorer, grid, [40])
    assert {type(rows).__name__ for rows in seen} == {"ndarray", "DataFrame"}


@pytest.mark.parametrize(
    "random_state", [None, np.random.RandomState(0), np.random.default_rng(0)]
)
def test_steps_after_a_random_one_are_fitted_for_every_configuration(
    random_state, calls
):
    pipeline = Pipeline(
        [
            ("before", Counts()),
            ("random", make_pipeline(Counts(random_state=random_state))),
            ("after", Counts()),
            ("last", GaussianNB()),
        ]
    )
    outcomes(make_scorer_of(pipeline), [{"last__var_smoothing": 1e-9}] * 3, [40])
    assert calls.count("fit") == 2 * (1 + 3 + 3)


def test_an_integer_of_numpy_is_a_seed(calls):
    pipeline = make_pipeline(Counts(random_state=np.int64(3)), GaussianNB())
    outcomes(make_scorer_of(pipeline), V, [40])
    assert calls.count("fit") == 2


class CountsAlone(BaseEstimator):
    """A transformer that is no TransformerMixin."""

    def fit(self, X, y=None):
        Counts.calls.append("fit")
        return self

    def transform(self, X):
        return X - 1


class Samples(Pipeline):
    """Does what it likes with its steps."""

    def fit(self, X, y):
        return super().fit(X[::2], y[::2])


class Opaque:
    """Cannot be copied by its parts."""

    def __deepcopy__(self, memo):
        return self

    def __reduce_ex__(self, protocol):
        raise TypeError("no parts")


NOT_SHARED = {
    "no fit_transform": make_pipeline(CountsAlone(), GaussianNB()),
    "another pipeline": Samples(counting().steps),
    "a long array": make_pipeline(Counts(note=np.arange(2_000)), GaussianNB()),
    "a long list": make_pipeline(Counts(note=list(range(2_000))), GaussianNB()),
    "an unknown object": make_pipeline(Counts(note=Opaque()), GaussianNB()),
    "a generator": make_pipeline(Counts(note=np.random.default_rng(0)), GaussianNB()),
}


@pytest.mark.parametrize("kind", NOT_SHARED)
def test_what_is_not_understood_is_left_alone(kind, calls):
    shares = assert_equal_with_and_without(NOT_SHARED[kind], [{}, {}])
    assert not fitted_prefixes(shares)
    assert calls.count("fit") == 2 * 4


class Scales:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, X):
        return X * self.factor


def halved(X):
    return X / 2


@pytest.mark.parametrize(
    "function", [halved, np.log1p, Scales(0.5), partial(np.multiply, 0.5)]
)
def test_functions_and_plain_objects_are_compared(function):
    pipeline = make_pipeline(FunctionTransformer(function), GaussianNB())
    shares = assert_equal_with_and_without(pipeline, V, np.abs(X))
    assert len(fitted_prefixes(shares)) == len(AMOUNTS)


def test_other_functions_are_others():
    functions = [halved, same, Scales(2), Scales(3), lambda X: -X, lambda X: X**2]
    grid = [{"functiontransformer__func": f} for f in functions]
    pipeline = make_pipeline(FunctionTransformer(), MinMaxScaler(), GaussianNB())
    shares = assert_equal_with_and_without(pipeline, grid)
    assert len({score for score, *_ in outcomes(shares, grid, [40])}) > 4


def test_steps_before_one_that_resamples_are_shared(calls):
    imblearn = pytest.importorskip("imblearn")
    sampler = imblearn.over_sampling.RandomOverSampler(random_state=0)
    pipeline = imblearn.pipeline.make_pipeline(
        Counts(), sampler, StandardScaler(), GaussianNB()
    )
    few = y * (np.arange(N_ROWS) % 3 == 0)
    shares = assert_equal_with_and_without(
        pipeline, V, y=few, scoring=["accuracy", "neg_log_loss"]
    )
    assert {len(steps) for _, steps in fitted_prefixes(shares)} == {1}
    calls.clear()
    outcomes(make_scorer_of(pipeline, y=few), V)
    assert calls == ["fit", "transform"] * 2 * len(AMOUNTS)


def test_a_pipeline_with_a_memory_uses_its_own(tmp_path, calls):
    pipeline = make_pipeline(Counts(), GaussianNB(), memory=str(tmp_path))
    shares = assert_equal_with_and_without(pipeline, V)
    assert not fitted_prefixes(shares)
    assert calls.count("fit") == len(AMOUNTS)


def test_the_estimator_of_the_search_and_its_space_stay_unfitted():
    pipeline, step = counting(), Counts()
    outcomes(make_scorer_of(pipeline), [{"counts": step}, {}])
    for transformer in (step, pipeline[0]):
        assert vars(transformer) == vars(Counts())


# ---- scorers, metadata, verbosity, callbacks -------------------------------------


def seen_by_scorer(share, scoring):
    models = []

    def see(model, X, y):
        models.append(model)
        return scoring(model, X, y)

    pipeline = make_pipeline(StandardScaler(), PCA(2, random_state=0), GaussianNB())
    scorer = make_scorer_of(pipeline, scorer=see, share_prefix=share)
    return models, outcomes(scorer, V)


def test_a_scorer_of_the_user_sees_the_whole_fitted_pipeline():
    def scoring(model, X, y):
        X = X + 1  # other rows than those of the fold
        return float(model[:-1].transform(X).sum() + model.named_steps["pca"].mean_[0])

    (models, scores), (others, same_scores) = (
        seen_by_scorer(share, scoring) for share in (True, False)
    )
    assert scores == same_scores
    for model, other in zip(models, others, strict=True):
        assert list(model.named_steps) == list(other.named_steps)
        for step, other_step in zip(model, other, strict=True):
            assert type(step) is type(other_step)
            assert vars(step).keys() == vars(other_step).keys()


def test_a_scorer_may_change_the_model():
    def scoring(model, X, y):
        score = float(model.predict_proba(X)[:, 0].sum())
        model[0].set_params(with_mean=False).mean_ = None
        return score

    assert seen_by_scorer(True, scoring)[1] == seen_by_scorer(False, scoring)[1]


def test_a_scorer_may_change_its_rows():
    def scoring(model, X, y):
        X[:, 0] = 0
        return float(model.predict_proba(X)[:, 0].sum())

    assert seen_by_scorer(True, scoring)[1] == seen_by_scorer(False, scoring)[1]


def weights_of_rows():
    return np.random.default_rng(0).random(N_ROWS)


def test_weights_of_a_shared_step_follow_their_rows(calls):
    shares = assert_equal_with_and_without(
        counting(), V, fit_params={"counts__sample_weight": weights_of_rows()}
    )
    assert len(fitted_prefixes(shares)) == len(AMOUNTS)


def test_routed_metadata_arrive():
    with sklearn.config_context(enable_metadata_routing=True):
        step = Counts().set_fit_request(sample_weight=True)
        last = GaussianNB().set_fit_request(sample_weight=False)
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        shares = assert_equal_with_and_without(
            make_pipeline(step, last),
            V,
            scorer=scorer,
            fit_params={"sample_weight": weights_of_rows()},
            score_params={"sample_weight": weights_of_rows()},
        )
    assert fitted_prefixes(shares)


class Shifts(Counts):
    def transform(self, X, shift=0.0):
        return super().transform(X) + shift


def test_metadata_of_a_score_arrive_in_the_shared_steps():
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(
            Shifts().set_transform_request(shift=True), GaussianNB()
        )
        shares = assert_equal_with_and_without(
            pipeline, V, scoring=None, score_params={"shift": 1.0}
        )
    assert fitted_prefixes(shares)


class NeedsValidation(GaussianNB):
    def fit(self, X, y, X_val=None):
        super().fit(X, y)
        self.var_ += np.var(X_val, axis=0)
        return self


def test_metadata_are_transformed_by_the_shared_steps():
    with sklearn.config_context(enable_metadata_routing=True):
        last = NeedsValidation().set_fit_request(X_val=True)
        shares = assert_equal_with_and_without(
            make_pipeline(StandardScaler(), last, transform_input=["X_val"]),
            [{"needsvalidation__var_smoothing": v} for v in (1e-9, 1e-2)],
            fit_params={"X_val": X[:7] + 1},
        )
    assert fitted_prefixes(shares)


def test_a_verbose_pipeline_names_all_of_its_steps(capsys):
    pipeline = make_pipeline(
        StandardScaler(), "passthrough", GaussianNB(), verbose=True
    )
    scorer = make_scorer_of(pipeline)
    run(scorer, V[0])
    first = capsys.readouterr().out
    run(scorer, V[1])
    second = capsys.readouterr().out
    assert first.count("(step ") == second.count("(step ") == 3


class NotesTasks:
    def __init__(self):
        self.seen = []

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context, *, X=None):
        self.seen.append(np.sum(X))

    def on_fit_task_end(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def __deepcopy__(self, memo):
        return self


@pytest.mark.parametrize("of", ["pipeline", "step", "inner step"])
def test_callbacks_are_called_at_every_fit(of):
    noted = NotesTasks()
    inner = make_pipeline(FunctionTransformer(np.square), StandardScaler())
    pipeline = make_pipeline(inner, MinMaxScaler(), GaussianNB())
    owner = {"pipeline": pipeline, "step": inner, "inner step": inner}[of]
    if not hasattr(owner, "set_callbacks"):
        pytest.skip("scikit-learn has no callbacks")
    if of == "inner step":
        pipeline = make_pipeline(FeatureUnion([("all", inner)]), GaussianNB())
    owner.set_callbacks(noted)
    scorer = make_scorer_of(pipeline)
    seen = []
    for _ in range(3):
        noted.seen = []
        run(scorer, {})
        seen.append(noted.seen)
    assert seen[0]
    assert seen[0] == seen[1] == seen[2]


def test_nothing_is_shared_where_the_search_has_callbacks(calls):
    scorer = make_scorer_of(counting(), share_prefix=True)
    prefix_of = _fold_scorer.PrefixUse
    used = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            _fold_scorer, "PrefixUse", lambda c: used.append(c) or prefix_of(c)
        )
        patch.setattr(_fold_scorer, "fit_and_score", fake_result)
        run(scorer, {}, context=object())
        run(scorer, {}, context=None)
    assert [cache is None for cache in used] == [True, False]


def fake_result(*args, **kwargs):
    result = dict.fromkeys(
        ("test_scores", "fit_time", "score_time", "n_test_samples", "fit_error")
    )
    return result, False


# ---- failures --------------------------------------------------------------------


class Fails(Counts):
    def fit(self, X, y=None, sample_weight=None):
        super().fit(X, y)
        raise ValueError(f"{self.offset} is no good")


class FailsLater(Counts):
    def transform(self, X):
        super().transform(X)
        raise ValueError("no other rows")


class NeedsSmoothing(GaussianNB):
    def fit(self, X, y):
        if self.var_smoothing > 1e-3:
            raise ValueError("too smooth")
        return super().fit(X, y)


def test_a_prefix_that_fails_is_tried_again_and_fails_alike(calls):
    pipeline = make_pipeline(StandardScaler(), Fails(), GaussianNB())
    scorer = make_scorer_of(pipeline)
    errors = [run(scorer, params).fit_error for params in V]
    assert calls == ["fit"] * 2
    errors.append(run(replace(scorer, share_prefix=False), V[0]).fit_error)
    assert errors[0].endswith("ValueError: 0.0 is no good\n")
    assert len(set(errors)) == 1


def test_rows_that_cannot_be_transformed_fail_alike(calls):
    scorer = make_scorer_of(make_pipeline(FailsLater(), GaussianNB()))
    errors = [run(scorer, params).score_error for params in V]
    errors.append(run(replace(scorer, share_prefix=False), V[0]).score_error)
    assert errors[0].endswith("ValueError: no other rows\n")
    assert len(set(errors)) == 1


def test_a_later_step_that_fails_loses_no_prefix(calls):
    pipeline = make_pipeline(Counts(), NeedsSmoothing())
    grid = [{"needssmoothing__var_smoothing": v} for v in (1e-2, 1e-1, 1e-9)]
    shares = assert_equal_with_and_without(pipeline, grid)
    calls.clear()
    errors = [r[2] for r in outcomes(make_scorer_of(pipeline), grid, [40])]
    assert calls.count("fit") == 2
    assert len(set(errors)) == 2
    assert fitted_prefixes(shares)


def test_an_error_can_be_raised():
    scorer = make_scorer_of(make_pipeline(Fails(), GaussianNB()), error_score="raise")
    with pytest.raises(ValueError, match="no good"):
        run(scorer, {})


# ---- continuation ----------------------------------------------------------------


def climb(share, pipeline, name, **options):
    """Evaluate trials on rungs as a search does; return all that came out."""
    scorer = make_scorer_of(
        pipeline,
        resource=ParameterResource(name),
        share_prefix=share,
        return_train_score=True,
        **options,
    )
    found = []
    for start, amount in [(0, 2), (2, 4), (4, 8)]:
        for trial_id, params in enumerate(SGD):
            for split in (0, 1):
                place = {"start": start, "trial_id": trial_id, "split": split}
                result = run(scorer, params, amount=amount, **place)
                found.append(outcome(result))
    return found


SGD = [{"sgdclassifier__alpha": a} for a in (1e-3, 1e-2, 1e-1)]
LAST = SGDClassifier(tol=None, max_iter=1, random_state=0, loss="log_loss")


@pytest.mark.parametrize(
    "first", [Counts(), PCA(3, random_state=0), TargetEncoder(random_state=0)]
)
def test_continued_models_are_equal_to_the_bit(first):
    rows = np.round(X)
    found = [
        climb(share, make_pipeline(first, LAST), "sgdclassifier__max_iter", X=rows)
        for share in (True, False)
    ]
    assert found[0] == found[1]


def test_continued_models_share_their_rows(calls):
    climb(True, make_pipeline(Counts(), LAST), "sgdclassifier__max_iter")
    # Test rows and training rows of two folds, for three trials on three rungs.
    assert calls.count("fit") == 2
    assert calls.count("transform") == 2 * 2


def test_a_model_in_a_file_has_nothing_of_the_cache(tmp_path):
    store = FolderModels(str(tmp_path))
    pipeline = make_pipeline(Counts(), LAST)
    scorer = make_scorer_of(
        pipeline,
        resource=ParameterResource("sgdclassifier__max_iter"),
        model_store=store,
    )
    for trial_id in (0, 1):
        for start, amount in [(0, 2), (2, 4)]:
            run(scorer, {}, start=start, amount=amount, trial_id=trial_id)
            model, _ = store.load(trial_id, 0, amount)
            assert vars(model).keys() == vars(pipeline).keys()
            assert "fit_transform" not in vars(model[0])
            np.testing.assert_allclose(model[0].mean_, X[SPLITS[0][0]].mean(axis=0))


# ---- memory, threads, processes --------------------------------------------------


def test_the_cache_does_not_travel():
    scorer = make_scorer_of(counting())
    outcomes(scorer, V)
    other = pickle.loads(pickle.dumps(scorer))
    assert len(scorer._prefixes) == 4
    assert len(other._prefixes) == 0
    assert outcomes(other, V) == outcomes(scorer, V)


def test_a_little_memory_gives_the_same(calls):
    pipeline, grid = PIPELINES["a searched step"]
    shares = make_scorer_of(pipeline, return_train_score=True)
    kept = []
    for max_bytes in (0, 10_000, 25_000):
        shares._prefixes = PrefixCache(max_bytes)
        plain = replace(shares, share_prefix=False)
        assert outcomes(shares, grid, splits=[0]) == outcomes(plain, grid, splits=[0])
        assert shares._prefixes.n_bytes <= max_bytes
        kept.append(len(fitted_prefixes(shares)))
    assert kept[0] == 0 < kept[1] < kept[2]


def test_threads_share():
    scorer = make_scorer_of(counting(SelectKBest()), return_train_score=True)
    grid = [{"selectkbest__k": k, **v} for k in (1, 2, 3) for v in V] * 3
    jobs = [(params, split) for params in grid for split in (0, 1)]
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda job: outcome(run(scorer, job[0], split=job[1])), jobs)
    assert list(found) == outcomes(replace(scorer, share_prefix=False), grid, [40])
