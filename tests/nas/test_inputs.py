"""Inputs: digits that are needed, sparse matrices, the axis of channels, refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_digits, load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

torch = pytest.importorskip("torch")
from skorch.callbacks import Callback, Checkpoint, EarlyStopping  # noqa: E402
from skorch.exceptions import SkorchException  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

from sklearn_automl.exceptions import SearchWarning  # noqa: E402
from sklearn_automl.nas import _inputs  # noqa: E402
from sklearn_automl.nas.strategies import DARTS  # noqa: E402
from tests.nas.tiny import SHARED, tiny_classifier, tiny_regressor  # noqa: E402


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


# ---- digits ----------------------------------------------------------------------


FAR = np.array([0, 1e8, -1e10, 5.0])
SHARING = {"strategy": DARTS(n_epochs=2), "search_space": SHARED}


@pytest.mark.parametrize(
    ("params", "offset"), [({}, 1e8), ({}, 1.7e9), ({}, FAR), (SHARING, FAR)]
)
def test_offsets_do_not_matter(iris, params, offset):
    X, y = iris
    params = {"n_trials": 1, **params}
    near = tiny_classifier(**params).fit(X, y)
    far = tiny_classifier(**params).fit(X + offset, y)
    expected = near.predict_proba(X)
    np.testing.assert_allclose(far.predict_proba(X + offset), expected, atol=0.02)
    # The net of skorch takes the same inputs.
    found = far.best_estimator_.predict_proba(X + offset)
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_offsets_of_integers_of_tensors_and_of_frames_do_not_matter(iris):
    X, y = (10 * iris[0]).astype(int), iris[1]
    expected = tiny_classifier(n_trials=1).fit(X, y).predict_proba(X)
    for kind in (np.asarray, torch.tensor, pd.DataFrame, np.ndarray.tolist):
        far = kind(X + 10**9)
        found = tiny_classifier(n_trials=1).fit(far, y).predict_proba(far)
        np.testing.assert_allclose(found, expected, atol=0.02)


class NoteTypes(Callback):
    """Which numbers the network gets and has."""

    seen: set = set()

    def on_batch_end(self, net, batch=None, **kwargs):
        own = [*net.module_.state_dict().values(), batch[0]]
        self.seen.update(t.dtype for t in own if t.is_floating_point())


@pytest.mark.parametrize("kind", [tiny_classifier, tiny_regressor])
def test_nothing_on_the_device_is_double(iris, kind):
    NoteTypes.seen.clear()
    X, y = iris
    kind(n_trials=1, max_epochs=1, callbacks=[NoteTypes()]).fit(X + 1e8, y)
    assert NoteTypes.seen == {torch.float32}


def test_pixels_that_are_constant_in_training_contribute_nothing():
    images, y = load_digits(return_X_y=True)
    images = np.pad(images.reshape(-1, 8, 8), ((0, 0), (2, 2), (2, 2)))
    model = tiny_classifier(n_trials=1, max_epochs=5)
    model.fit(images[:900].reshape(900, -1), y[:900])
    clean = images[900:]
    framed = clean.copy()
    framed[:, :2] = framed[:, -2:] = framed[:, :, :2] = framed[:, :, -2:] = 16
    scores = [model.score(X.reshape(len(X), -1), y[900:]) for X in (clean, framed)]
    assert scores[0] == scores[1] > 0.7


@pytest.mark.parametrize("dtype", ["u1", "i2", "f2", "f4"])
def test_small_types_are_taken_as_they_are(iris, dtype):
    X, y = (10 * iris[0]).astype(dtype), iris[1]
    expected = tiny_classifier(n_trials=1).fit(X.astype(float), y).predict_proba(X)
    model = tiny_classifier(n_trials=1).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), expected)


@pytest.mark.parametrize("value", [1e39, -1e39, np.inf])
def test_numbers_that_are_too_large_are_refused(iris, value):
    X, y = iris
    X = X.copy()
    X[0, 0] = value
    with pytest.raises(ValueError, match="infinity or a value too large"):
        tiny_classifier().fit(X, y)


# ---- sparse matrices -------------------------------------------------------------


@pytest.mark.parametrize(
    "make", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array]
)
def test_sparse_matrices_are_taken_as_arrays(iris, make):
    X, y = iris
    X = np.where(X > 2, X, 0)
    expected = tiny_classifier(n_trials=1).fit(X, y).predict_proba(X)
    model = tiny_classifier(n_trials=1).fit(make(X), y)
    np.testing.assert_array_equal(model.predict_proba(make(X)), expected)


def test_what_a_column_transformer_gives(iris):
    X, y = iris
    frame = pd.DataFrame({"when": 1.7e9 + 60 * X[:, 2], "name": y % 2 * 50 + y})
    frame["name"] = [f"n{i % 75}" for i in range(150)]
    encode = make_column_transformer(
        (OneHotEncoder(), ["name"]), remainder="passthrough"
    )
    assert sparse.issparse(encode.fit_transform(frame))
    model = make_pipeline(encode, tiny_classifier(n_trials=1, max_epochs=10)).fit(
        frame, y
    )
    assert model.score(frame, y) > 0.8  # only with all digits of the seconds


@pytest.mark.parametrize("memory", [1e9, None])
def test_a_sparse_matrix_that_is_too_large_says_what_to_do(iris, monkeypatch, memory):
    monkeypatch.setattr(_inputs, "physical_memory", lambda: memory)
    X = sparse.csr_array((150, 2**44), dtype=np.float32)
    with pytest.raises(MemoryError, match=r"1.06e\+07 GB. .*TruncatedSVD"):
        tiny_classifier().fit(X, iris[1])


# ---- the axis of channels --------------------------------------------------------


def image_model(**params):
    return tiny_classifier(search_space="auto", n_trials=1, max_epochs=1, **params)


def images(*shape):
    rng = np.random.default_rng(0)
    return rng.normal(size=(20, *shape)), np.arange(20) % 2


@pytest.mark.parametrize(
    ("kind", "n_channels"),
    [(np.asarray, 1), (np.asarray, 3), (torch.tensor, 4), (np.ndarray.tolist, 3)],
)
def test_images_with_channels_last_are_recognised(kind, n_channels):
    X, y = images(n_channels, 9, 8)
    last = np.moveaxis(X, 1, -1)
    first = image_model().fit(X, y)
    model = image_model().fit(kind(last), y)
    assert (model.input_shape_, model.channels_) == ((n_channels, 9, 8), "last")
    assert model.n_features_in_ == n_channels
    np.testing.assert_array_equal(
        model.predict_proba(kind(last)), first.predict_proba(X)
    )
    with pytest.raises(ValueError, match=r"expecting|was fitted on"):
        model.predict(X)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 8, 4), (64, 4, 4), (6, 8, 9)])
def test_channels_that_are_first_stay_there(shape):
    model = image_model().fit(*images(*shape))
    assert (model.input_shape_, model.channels_) == (shape, "first")


@pytest.mark.parametrize(
    ("channels", "shape", "expected"),
    [
        ("last", (9, 8, 5), (5, 9, 8)),
        ("last", (30, 2), (2, 30)),
        ("first", (9, 8, 3), (9, 8, 3)),
    ],
)
def test_the_axis_of_channels_can_be_said(channels, shape, expected):
    model = image_model(channels=channels).fit(*images(*shape))
    assert model.input_shape_ == expected
    assert model.predict(images(*shape)[0]).shape == (20,)


def test_images_without_a_channel_are_warned_of():
    X, y = images(8, 8)
    with pytest.warns(SearchWarning, match=r"sequences of 8 channels.*X\[:, None\]"):
        image_model().fit(X, y)


# ---- what is refused -------------------------------------------------------------

DATES = np.array("2020-01-01", dtype="M8[D]") + np.arange(150)


@pytest.mark.parametrize(
    "make",
    [
        lambda X, y: DataLoader(TensorDataset(X, y)),
        TensorDataset,
        lambda X, y: iter(X),
    ],
)
def test_sources_of_batches_are_refused(iris, make):
    source = make(*map(torch.tensor, iris))
    with pytest.raises(TypeError, match=r"X of NASClassifier must be .*Collect"):
        tiny_classifier().fit(source, iris[1])


@pytest.mark.parametrize(
    "X",
    [
        [[1.0, 2.0], [3.0]],
        [torch.ones(3), torch.ones(2)],
        np.array([np.ones(2), np.ones(3)], dtype=object),
        [[[1], [2, 3]], [[1], [2, 3]]],
    ],
)
def test_rows_of_different_lengths_are_refused(X):
    with pytest.raises(ValueError, match=r"X of NASClassifier has rows of different"):
        tiny_classifier().fit(X, [0, 1])


def test_lists_of_labels_are_refused():
    with pytest.raises(ValueError, match=r"y of NASClassifier .*MultiLabelBinarizer"):
        tiny_classifier().fit([[1.0], [2.0]], [["a"], ["a", "b"]])


@pytest.mark.parametrize("kind", [np.asarray, pd.Series, lambda d: d - d[0]])
@pytest.mark.parametrize("model", [tiny_classifier, tiny_regressor])
def test_dates_as_the_target_are_refused(iris, kind, model):
    with pytest.raises(ValueError, match=r"y of NAS\w+ has dates .*astype"):
        model().fit(iris[0], kind(DATES))


@pytest.mark.parametrize("kind", [lambda d: d[:, None], lambda d: {"when": d, "a": 1}])
def test_dates_among_the_inputs_are_refused(iris, kind):
    X = kind(DATES)
    X = pd.DataFrame(X) if isinstance(X, dict) else X
    with pytest.raises(ValueError, match=r"X of NASClassifier has dates .*astype"):
        tiny_classifier().fit(X, iris[1])


@pytest.mark.parametrize(
    "callback", [EarlyStopping(), Checkpoint(), EarlyStopping(monitor="valid_acc")]
)
def test_a_monitor_of_validation_says_what_to_do(iris, callback):
    model = tiny_classifier(callbacks=[callback], n_trials=1, max_epochs=1)
    with pytest.raises(ValueError, match=r"Pass monitor='train_loss'"):
        model.fit(*iris)
    net = model.set_params(callbacks=None).fit(*iris).best_estimator_
    net.set_params(callbacks=[callback])
    with pytest.raises(SkorchException, match=r"train_split=ValidSplit\(5\)"):
        net.fit(*iris)


@pytest.mark.parametrize("kind", [tiny_classifier, tiny_regressor])
@pytest.mark.parametrize(
    "name", ["fit", "save", "to_onnx", "load", "fit_best", "partial_fit"]
)
def test_type_errors_name_the_public_class(kind, name):
    model = kind()
    owner = type(model).__name__
    with pytest.raises(TypeError, match=rf"^{owner}\.{name}\(\) missing"):
        getattr(model, name)()
    with pytest.raises(TypeError, match=rf"^{owner}\.{name}\(\) got an unexpected"):
        getattr(model, name)(wrong=1)


def test_a_subclass_keeps_its_own_methods(iris):
    class Mine(type(tiny_classifier())):
        def fit(self, X, y):
            self.is_mine_ = True
            return super().fit(X, y)

    assert Mine(n_trials=1, max_epochs=1).fit(*iris).score(*iris) > 0
