"""Files: the same predictions, and nothing that runs."""

import copy
import functools
import io
import json
import pickle
import zipfile

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_regression

pytest.importorskip("torch")
from torch import nn

from sklearn_automl import NASClassifier, NASRegressor
from sklearn_automl.exceptions import SearchWarning
from tests.nas.tiny import SPACE, tiny_classifier, tiny_regressor


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


def images(n=30):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 2, 6, 5)), np.arange(n) % 2


@pytest.fixture(scope="module")
def fitted(iris):
    return tiny_classifier(max_epochs=6).fit(*iris)


@pytest.mark.parametrize(
    "labels", [[0, 1, 2], ["a", "b", "ccc"], np.array(["a", "bb", "c"], dtype=object)]
)
def test_a_loaded_classifier_predicts_the_same(iris, labels, tmp_path):
    X, y = iris[0], np.array(labels)[iris[1]]
    model = tiny_classifier().fit(X, y)
    model.save(tmp_path / "model.zip")
    other = NASClassifier.load(tmp_path / "model.zip")
    np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(other.predict(X), model.predict(X))
    assert other.classes_.dtype == model.classes_.dtype
    assert other.best_architecture_ == model.best_architecture_
    assert other.best_score_ == model.best_score_
    assert other.history_ == model.history_
    assert other.n_trials == 2  # what is plain data is kept
    assert other.search_space == "auto"  # what is an object is not
    assert model.search_space is SPACE


@pytest.mark.parametrize("n_targets", [1, 3])
def test_a_loaded_regressor_predicts_the_same(n_targets, tmp_path):
    X, y = make_regression(50, 4, n_targets=n_targets, random_state=0)
    model = tiny_regressor().fit(X, y)
    model.save(tmp_path / "model.zip")
    other = NASRegressor.load(tmp_path / "model.zip")
    np.testing.assert_array_equal(other.predict(X), model.predict(X))


@pytest.mark.parametrize("search_space", ["chain", "multi_branch", "cell"])
def test_spaces_of_images(search_space, tmp_path):
    X, y = images()
    model = tiny_classifier(search_space=search_space, max_epochs=1, n_trials=1)
    model.fit(X, y).save(tmp_path / "model.zip")
    other = NASClassifier.load(tmp_path / "model.zip")
    np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))


def test_a_loaded_net_can_be_trained_further(fitted, iris, tmp_path):
    fitted.save(tmp_path / "model.zip")
    net = NASClassifier.load(tmp_path / "model.zip").best_estimator_
    assert net.partial_fit(*iris).score(*iris) > 0.8


def test_pickles_are_not_read(fitted, tmp_path):
    path = tmp_path / "model.zip"
    fitted.save(path)
    name = next(n for n in zipfile.ZipFile(path).namelist() if n.endswith(".npy"))
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.array([print], dtype=object))
    with (
        zipfile.ZipFile(path, "a") as archive,
        pytest.warns(UserWarning, match="Duplicate"),
    ):
        archive.writestr(name, buffer.getvalue())
    with pytest.raises(ValueError, match="allow_pickle"):
        NASClassifier.load(path)


def rewritten(fitted, path, /, **changes):
    fitted.save(path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    spec = json.loads(files["estimator.json"])
    files["estimator.json"] = json.dumps({**spec, **changes})
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def test_files_that_cannot_be_read(fitted, iris, tmp_path):
    path = tmp_path / "model"
    path.write_bytes(pickle.dumps(1))
    with pytest.raises(ValueError, match="does not hold a NASClassifier"):
        NASClassifier.load(path)
    fitted.save(path)
    with pytest.raises(ValueError, match=r"NASClassifier: load it with NASClassifier"):
        NASRegressor.load(path)
    rewritten(fitted, path, format=99)
    with pytest.raises(ValueError, match="format 99, and this version"):
        NASClassifier.load(path)
    rewritten(fitted, path, n_outputs=7)
    with pytest.raises(ValueError, match="does not hold a NASClassifier"):
        NASClassifier.load(path)
    with pytest.raises(FileNotFoundError):
        NASClassifier.load(tmp_path / "other")


@pytest.mark.parametrize(
    "changes",
    [
        {"input_shape": [4, 4, 4, 4, 4]},
        {"input_shape": []},
        {"input_shape": 4},
        {"input_shape": "four"},
        {"input_shape": [-4]},
        {"fitted": []},
        {"params": []},
        {"params": {"optimizer": "newton"}},
        {"params": {"batch_size": None, "lr": "fast"}},
        {"architecture": []},
        {"architecture": {"nodes": [], "head": "avg"}},
        {"classes_": {"dtype": "<i8", "values": ["a", "b"]}},
        {"classes_": {"dtype": "?!", "values": [0, 1]}},
        {"n_outputs": "three"},
        {"n_outputs": -1},
        {"net": []},
        {"net": {"colour": "red"}},
        {"target": 3},
        {"history": 3},
        {"format": "1"},
        {"class": 1},
    ],
)
def test_files_with_something_else_in_them(fitted, tmp_path, changes):
    rewritten(fitted, tmp_path / "model", **changes)
    with pytest.raises(ValueError, match="does not hold a NASClassifier"):
        NASClassifier.load(tmp_path / "model")


def test_an_array_whose_header_is_damaged_is_a_value_error(fitted, tmp_path):
    path, name = tmp_path / "model", "weights/output.weight.npy"
    fitted.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    header = parts[name].index(b")")
    parts[name] = parts[name][:header] + b"(" + parts[name][header + 1 :]
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    with pytest.raises(ValueError, match="does not hold a NASClassifier"):
        NASClassifier.load(path)


def test_a_save_that_fails_leaves_the_file_that_was_there(fitted, iris, tmp_path):
    path = tmp_path / "model"
    fitted.save(path)
    broken = copy.deepcopy(fitted)
    broken.history_ = [object()]
    with pytest.raises(TypeError, match="not plain data"):
        broken.save(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "writestr", _disk_full)
        with pytest.raises(OSError, match="No space"):
            fitted.save(path)
    np.testing.assert_array_equal(
        NASClassifier.load(path).predict(iris[0]), fitted.predict(iris[0])
    )
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


def _disk_full(*args):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("text", ["[]", "3", "", "{}", '{"format": 1', "\\xff"])
def test_files_with_another_text(tmp_path, text):
    with zipfile.ZipFile(tmp_path / "model", "w") as archive:
        archive.writestr("estimator.json", text)
    with pytest.raises(ValueError, match="does not hold a NASClassifier"):
        NASClassifier.load(tmp_path / "model")


def test_an_operation_that_is_not_registered_is_named(fitted, tmp_path):
    architecture = fitted.best_architecture_.to_dict()
    architecture["nodes"][0]["operation"] = "my_own"
    rewritten(fitted, tmp_path / "model", architecture=architecture)
    with pytest.raises(ValueError, match=r"no operation 'my_own'.*register_operation"):
        NASClassifier.load(tmp_path / "model")


# A device that torch knows of and this machine has not.
ELSEWHERE = "cuda:77"


def test_without_the_device_of_the_training_it_is_on_the_cpu(fitted, iris, tmp_path):
    params = fitted.get_params(deep=False)
    params = {k: v for k, v in params.items() if not hasattr(v, "get_params")}
    rewritten(fitted, tmp_path / "model", params={**params, "device": ELSEWHERE})
    with pytest.warns(SearchWarning, match=r"device='cuda:77'.*device='cpu'"):
        model = NASClassifier.load(tmp_path / "model")
    assert model.device == "cpu"
    np.testing.assert_array_equal(
        model.predict_proba(iris[0]), fitted.predict_proba(iris[0])
    )


@pytest.mark.parametrize("offset", [1e8, np.array([0, 1e8, -1e10, 5.0])])
def test_inputs_far_from_zero_are_standardised_after_a_load(iris, offset, tmp_path):
    X, y = iris[0] + offset, iris[1]
    model = tiny_classifier(n_trials=1, max_epochs=6).fit(X, y)
    model.save(tmp_path / "model.zip")
    other = NASClassifier.load(tmp_path / "model.zip")
    np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))
    assert pickle.loads(pickle.dumps(model)).score(X, y) == model.score(X, y) > 0.8


def test_where_channels_are_is_saved(tmp_path):
    X, y = images()
    last = np.moveaxis(X, 1, -1)
    model = tiny_classifier(
        n_trials=1, max_epochs=1, search_space="auto", channels="last"
    ).fit(last, y)
    model.save(tmp_path / "model.zip")
    other = NASClassifier.load(tmp_path / "model.zip")
    np.testing.assert_array_equal(other.predict_proba(last), model.predict_proba(last))


WEIGHTS = {
    "str": ({"a": 1.0, "b": 2, "c": 30.5}, np.array(["a", "b", "c"])),
    "int": ({0: 1, 1: 2.0, 2: 30.0}, np.arange(3)),
    "float": ({0.0: 1, 1.0: 2.0, 2.0: 30.0}, np.arange(3.0)),
    "bool": ({False: 1, True: 20.0}, np.array([False, True, True])),
    "numpy": (
        dict(zip(np.arange(3), np.array([1.0, 2.0, 3.0]), strict=True)),
        np.arange(3),
    ),
    "some": ({2: 30.0}, np.arange(3)),
}


@pytest.mark.parametrize(("weights", "labels"), WEIGHTS.values(), ids=WEIGHTS)
def test_weights_of_classes_are_saved(iris, weights, labels, tmp_path):
    X, y = iris[0], labels[iris[1]]
    model = tiny_classifier(n_trials=1, max_epochs=1, class_weight=weights).fit(X, y)
    model.save(tmp_path / "model.nas")
    other = NASClassifier.load(tmp_path / "model.nas")
    assert other.class_weight == weights
    of_python = bool, int, float, str
    assert all(isinstance(label, of_python) for label in other.class_weight)
    # The final training of a search is as one of fit_best.
    other.set_params(lr=model.lr).fit_best(X, y)
    trained = [m.predict_proba(X) for m in (model, other)]
    np.testing.assert_array_equal(*trained)


@pytest.mark.parametrize("weights", ["balanced", None])
def test_other_weights_of_classes_are_saved(iris, weights, tmp_path):
    model = tiny_classifier(n_trials=1, max_epochs=1, class_weight=weights).fit(*iris)
    model.save(tmp_path / "model.nas")
    assert NASClassifier.load(tmp_path / "model.nas").class_weight == weights


def test_weights_of_several_labels_are_saved(iris, tmp_path):
    y = np.c_[iris[1] == 0, iris[1] > 0].astype(int)
    weights = [{0: 1.0, 1: 5.0}, {0: 2.0, 1: 1.0}]
    model = tiny_classifier(n_trials=1, max_epochs=1, class_weight=weights)
    model.fit(iris[0], y).save(tmp_path / "model.nas")
    assert NASClassifier.load(tmp_path / "model.nas").class_weight == weights


def my_loss(**options):
    return nn.CrossEntropyLoss(**options)


@pytest.mark.parametrize("criterion", [my_loss, functools.partial(nn.CrossEntropyLoss)])
def test_a_loss_that_is_no_class_cannot_be_saved(iris, criterion, tmp_path):
    model = tiny_classifier(criterion=criterion, n_trials=1, max_epochs=1).fit(*iris)
    with pytest.raises(ValueError, match=r"criterion=.* cannot be saved.*Pass a class"):
        model.save(tmp_path / "model.nas")
    assert not list(tmp_path.iterdir())
