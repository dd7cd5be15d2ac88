"""Data frames with texts and categories go in as they are."""

import datetime
import json
import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

pytest.importorskip("torch")

from sklearn_automl import NASClassifier
from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.nas._categories import (
    encoder_data,
    encoder_of_data,
    learned_encoder,
)
from tests.nas.tiny import tiny_classifier, tiny_regressor


def frame(n=60):
    """Numbers, booleans, texts and categories."""
    rng = np.random.default_rng(0)
    color = np.array(["blue", "green", "red"])[np.arange(n) % 3]
    return pd.DataFrame(
        {
            "size": rng.normal(size=n),
            "color": color.astype(object),
            "is_new": rng.integers(0, 2, n) == 1,
            "shape": pd.Categorical(rng.choice(["cube", "ball"], n)),
            "grade": pd.Categorical(rng.integers(1, 4, n)),
        }
    )


def target(X):
    return (X["color"] == "red").to_numpy().astype(int)


def quick(**params):
    return tiny_classifier(**{"n_trials": 1, "max_epochs": 1, **params})


def learning(**params):
    """Return one that has learned which category is which."""
    return quick(max_epochs=5, lr=0.1, **params)


@pytest.fixture(scope="module")
def of_quick():
    """What an estimator that has learned little predicts."""
    X = frame()
    return quick().fit(X, target(X)).predict_proba(X)


@pytest.fixture(scope="module")
def fitted():
    X = frame()
    return tiny_classifier(n_trials=1, max_epochs=20).fit(X, target(X))


# ---- what goes in ----------------------------------------------------------------


def test_a_frame_goes_in_as_it_is(fitted):
    X = frame()
    assert fitted.score(X, target(X)) == 1
    assert fitted.predict_proba(X[:4]).shape == (4, 2)
    assert (fitted.n_features_in_, fitted.input_shape_) == (5, (10,))
    assert fitted.feature_names_in_.tolist() == list(X.columns)
    assert fitted.encoder_.get_feature_names_out().tolist() == [
        *(f"categories__color_{name}" for name in ("blue", "green", "red")),
        *(f"categories__shape_{name}" for name in ("ball", "cube")),
        *(f"categories__grade_{name}" for name in (1, 2, 3)),
        "numbers__size",
        "numbers__is_new",
    ]


@pytest.mark.parametrize("dtype", ["category", "object", "string", "str"])
def test_every_type_of_text_is_encoded_alike(of_quick, dtype):
    X = frame()
    X["color"] = X["color"].astype(dtype)
    found = quick().fit(X, target(X)).predict_proba(X)
    np.testing.assert_array_equal(found, of_quick)


@pytest.mark.parametrize("make", [tiny_classifier, tiny_regressor])
def test_it_is_the_same_as_a_pipeline_with_an_encoder(make):
    X = frame()
    y = target(X)
    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["color", "shape", "grade"]),
        remainder="passthrough",
    )
    params = {"n_trials": 1, "max_epochs": 1}
    model, pipeline = make(**params), make_pipeline(encoder, make(**params))
    expected = pipeline.fit(X, y).predict(X)
    np.testing.assert_array_equal(model.fit(X, y).predict(X), expected)


@pytest.mark.parametrize("dtype", ["f8", "i4", "bool", "Int64"])
def test_frames_of_numbers_have_no_encoder(dtype):
    X = frame()[["size", "is_new"]].astype({"is_new": dtype})
    y = target(frame())
    model = quick().fit(X, y)
    assert model.encoder_ is None
    expected = quick().fit(X.to_numpy(np.float64), y).predict_proba(X.to_numpy("f8"))
    np.testing.assert_array_equal(model.predict_proba(X), expected)


@pytest.mark.parametrize("values", [[1, 2] * 20, ["1", "2.5"] * 20, [True, False] * 20])
def test_texts_that_are_numbers_are_numbers_unless_they_are_categories(values):
    X = pd.DataFrame({"size": np.arange(40.0), "kind": pd.Series(values, dtype=object)})
    y = np.arange(40) % 2
    assert quick().fit(X, y).encoder_ is None
    model = quick().fit(X.astype({"kind": "category"}), y)
    assert model.input_shape_ == (3,)


@pytest.mark.parametrize("values", [[1, "1", 1.0], ["a", 2, None], [True, "x", 0.5]])
def test_mixed_values_are_compared_as_texts(values):
    X = pd.DataFrame({"kind": pd.Series(values * 10, dtype=object)})
    model = quick().fit(X, np.arange(30) % 2)
    assert model.input_shape_ == (len({*map(str, values)} - {"1.0"}),)


@pytest.mark.parametrize("make", [pd.cut, pd.qcut])
def test_categories_that_are_intervals_are_encoded(make):
    X = pd.DataFrame({"size": make(np.arange(40.0), 4)})
    model = learning().fit(X, np.arange(40) // 20)
    assert model.input_shape_ == (4,)
    assert model.score(X, np.arange(40) // 20) == 1


def test_columns_of_integers_may_be_floats_later():
    X = pd.DataFrame({"zip": pd.Series([10, 20] * 20, dtype="category")})
    model = learning().fit(X, X["zip"])
    later = pd.DataFrame({"zip": [10.0, 20.0, np.nan]})
    assert model.predict(later)[:2].tolist() == [10, 20]


@pytest.mark.parametrize("offset", [1.7e9, 1e12])
def test_numbers_beside_categories_keep_their_digits(offset):
    X = frame()
    y = (X["size"] > 0).to_numpy().astype(int)
    far = X.assign(size=60 * X["size"] + offset)
    model = learning().fit(far, y)
    assert model.score(far, y) > 0.9


# ---- categories that are missing, rare or new --------------------------------------


# The other types have one value for all that is missing.
@pytest.mark.parametrize(
    ("dtype", "missing"),
    [
        *(("object", missing) for missing in (None, np.nan, pd.NA)),
        ("category", None),
        ("string", None),
    ],
)
def test_a_missing_category_is_a_category(dtype, missing):
    X = pd.DataFrame({"color": pd.Series(["red", missing] * 20, dtype=dtype)})
    y = np.arange(40) % 2
    model = learning().fit(X, y)
    assert model.input_shape_ == (2,)
    assert model.score(X, y) == 1


def test_all_that_is_missing_is_one_category_and_no_text():
    values = [None, np.nan, "None", "nan", "a"] * 8
    X = pd.DataFrame({"color": pd.Series(values, dtype=object)})
    encoder = quick().fit(X, np.arange(40) % 2).encoder_
    later = pd.DataFrame({"color": ["None", "nan", pd.NA, None, np.nan]})
    found = encoder.transform(later).argmax(axis=1)
    assert encoder.transform(later).shape == (5, 4)
    assert found.tolist() == [0, 2, 3, 3, 3]


def test_missing_numbers_are_refused_as_without_categories():
    X = frame()
    X.loc[0, "size"] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        quick().fit(X, target(X))


def test_a_category_that_is_new_is_none_of_the_known_ones(fitted):
    X = frame(3).assign(color="violet")
    assert not fitted.encoder_.transform(X)[:, :3].any()
    assert fitted.predict(X).shape == (3,)


def test_rare_categories_are_one_together_and_new_ones_belong_to_them():
    X = frame()
    X.loc[:1, "color"] = ["mauve", "cyan"]
    encoder = quick().fit(X, target(X)).encoder_
    new = X[:3].assign(color=["mauve", "cyan", "violet"])
    np.testing.assert_array_equal(encoder.transform(new)[:, :4], [[0, 0, 0, 1]] * 3)


def test_ten_thousand_categories_make_a_hundred_inputs():
    X = pd.DataFrame({"city": [f"c{i}" for i in range(10_000)] * 3, "size": 1.0})
    X.loc[: len(X) // 2, "size"] = 2.0
    model = quick(batch_size=10_000).fit(X, np.arange(len(X)) % 2)
    assert model.input_shape_ == (101,)


@pytest.mark.parametrize("dtype", ["object", "category", "string"])
def test_ids_are_warned_of(dtype):
    X = frame().assign(name=[f"n{i}" for i in range(60)]).astype({"name": dtype})
    with pytest.warns(SearchWarning, match=r"\['name'\] of X have a different value"):
        model = learning().fit(X, target(X))
    assert model.input_shape_ == (11,)  # all ids are one category
    assert model.score(X, target(X)) == 1


# ---- other methods -----------------------------------------------------------------


def test_validation_data_is_encoded_too():
    X = frame()
    model = quick().fit(X, target(X), validation_data=(X[:20], target(X[:20])))
    assert model.n_splits_ == 1
    with pytest.raises(ValueError, match="feature names should match"):
        quick().fit(X, target(X), validation_data=(X[X.columns[::-1]], target(X)))


@pytest.mark.parametrize("method", ["partial_fit", "fit_best"])
@pytest.mark.parametrize("make", [tiny_classifier, tiny_regressor])
def test_trainings_after_the_search_take_frames(make, method):
    X = frame()
    model = make(n_trials=1, max_epochs=1).fit(X, target(X))
    before, encoder = model.predict(X[:9]), model.encoder_
    getattr(model.set_params(max_epochs=5), method)(X[:30], target(X[:30]))
    assert model.encoder_ is encoder
    assert model.predict(X[:9]).shape == before.shape


def test_the_first_partial_fit_learns_the_categories():
    X = frame()
    model = quick().partial_fit(X[:9], target(X[:9]), classes=[0, 1])
    assert model.partial_fit(X, target(X)).predict(X).shape == (60,)


def test_a_fit_on_numbers_forgets_the_encoder():
    X = frame()
    model = quick().fit(X, target(X))
    numbers = X[["size", "is_new"]]
    assert model.fit(numbers, target(X)).encoder_ is None
    assert model.n_features_in_ == 2


def test_cross_validation_takes_frames():
    X = frame()
    assert cross_val_score(learning(), X, target(X), cv=2).min() > 0.9


def test_clones_and_pickles(fitted):
    X = frame()
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert not hasattr(clone(fitted), "encoder_")


def test_the_best_net_takes_what_the_encoder_makes(fitted):
    X = frame()
    numbers = fitted.encoder_.transform(X).astype(np.float32)
    found = fitted.best_estimator_.predict_proba(numbers)
    np.testing.assert_array_equal(found, fitted.predict_proba(X))


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_the_output_of_transformers_may_be_frames(of_quick, output):
    pytest.importorskip(output)
    X = frame()
    with config_context(transform_output=output):
        found = quick().fit(X, target(X)).predict_proba(X)
    np.testing.assert_array_equal(found, of_quick)


def test_rows_without_names_are_taken_by_place(fitted):
    X = frame()
    for rows in (X.to_numpy(), X.to_numpy().tolist()):
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            found = fitted.predict_proba(rows)
        np.testing.assert_allclose(found, fitted.predict_proba(X), atol=1e-6)


def test_columns_whose_names_are_numbers():
    X = frame()
    X.columns = range(5)
    model = learning().fit(X, target(frame()))
    assert not hasattr(model, "feature_names_in_")
    assert model.score(X, target(frame())) == 1


@pytest.mark.parametrize("dtype", ["String", "Categorical", "Enum"])
def test_frames_of_polars(of_quick, dtype):
    polars = pytest.importorskip("polars")
    X = frame()
    types = {
        "String": polars.String,
        "Categorical": polars.Categorical,
        "Enum": polars.Enum(["blue", "green", "red"]),
    }
    own = polars.DataFrame({k: v.astype(object).tolist() for k, v in X.items()})
    own = own.with_columns(
        polars.col("color").cast(types[dtype]),
        polars.col("grade").cast(polars.String).cast(polars.Categorical),
    )
    found = quick().fit(own, target(X)).predict_proba(own)
    np.testing.assert_array_equal(found, of_quick)
    numbers = own.select("size", "is_new")
    assert quick().fit(numbers, target(X)).predict(numbers).shape == (60,)


# ---- what is refused ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X[X.columns[::-1]], "must be in the same order"),
        (lambda X: X[[*X.columns[1:], "size"]], "must be in the same order"),
        (lambda X: X.drop(columns="shape"), r"(?s)missing.*shape"),
        (lambda X: X.assign(more=1), r"(?s)unseen at fit time.*more"),
        (lambda X: X.assign(size="big"), r"texts in the columns \['size'\], which had"),
        (lambda X: X.iloc[0], "Expected (a 2|2D)"),
        (lambda X: X.to_numpy()[:, :3], "3 features, but NASClassifier is expecting 5"),
    ],
)
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_other_columns_are_refused(fitted, change, message):
    with pytest.raises(ValueError, match=message):
        fitted.predict(change(frame()))


def test_texts_after_a_fit_on_numbers_are_refused():
    X = frame()[["size", "is_new"]]
    model = quick().fit(X, target(frame()))
    with pytest.raises(ValueError, match=r"texts in the columns \['is_new'\]"):
        model.predict(X.assign(is_new="yes"))


def test_columns_of_texts_that_are_new_are_named():
    X = frame()[["size", "is_new"]]
    model = quick().fit(X, target(frame()))
    with pytest.raises(ValueError, match=r"(?s)unseen at fit time.*note"):
        model.predict(X.assign(note="more"))


@pytest.mark.parametrize("dtype", [object, str])
def test_arrays_of_texts_say_what_to_pass(dtype):
    X = frame()[["size", "color"]].to_numpy().astype(dtype)
    with pytest.raises(ValueError, match=r"texts in the columns \[1\].*pandas"):
        quick().fit(X, target(frame()))
    model = learning().fit(pd.DataFrame(X), target(frame()))
    assert model.score(pd.DataFrame(X), target(frame())) == 1


@pytest.mark.parametrize(
    "when",
    [
        np.datetime64("2020-01-01", "s"),
        [datetime.date(2020, 1, 1)] * 60,
        [None, datetime.timedelta(1)] * 30,
        pd.Series([None, pd.Timestamp(0)] * 30, dtype=object),
    ],
)
def test_dates_beside_texts_are_refused(when):
    X = frame().assign(when=when)
    with pytest.raises(ValueError, match=r"dates .*in the columns \['when'\]"):
        quick().fit(X, target(X))


def test_columns_of_equal_names_are_refused():
    X = frame().rename(columns={"shape": "color"})
    with pytest.raises(ValueError, match="several columns with the name 'color'"):
        quick().fit(X, target(frame()))


# ---- files -------------------------------------------------------------------------


OF_IDS = pytest.mark.filterwarnings(
    "ignore:The columns|3 rows, of which:sklearn_automl.exceptions.SearchWarning"
)


def messy(n=60):
    """Rare, missing and many categories."""
    X = frame(n)
    X.loc[:1, "color"] = ["mauve", None]
    X["city"] = [None if i % 7 == 0 else f"c{i % 9}" for i in range(n)]
    X["id"] = [f"id{i}" for i in range(n)]
    return X


@OF_IDS
def test_a_loaded_estimator_encodes_the_same(tmp_path):
    X = messy()
    model = quick().fit(X, target(X))
    model.save(tmp_path / "model.nas")
    again = NASClassifier.load(tmp_path / "model.nas")
    new = X.assign(color="violet", city="c77", id="id99")
    for rows in (X, new):
        np.testing.assert_array_equal(
            again.encoder_.transform(rows), model.encoder_.transform(rows)
        )
        np.testing.assert_array_equal(
            again.predict_proba(rows), model.predict_proba(rows)
        )
    assert (again.n_features_in_, again.input_shape_) == (7, model.input_shape_)
    assert again.partial_fit(X, target(X)).predict(X).shape == (60,)


@OF_IDS
def test_rare_categories_are_not_in_the_file(tmp_path):
    X = messy()
    quick().fit(X, target(X)).save(tmp_path / "model.nas")
    with zipfile.ZipFile(tmp_path / "model.nas") as archive:
        spec = json.loads(archive.read("estimator.json"))
    assert spec["format"] == 4
    assert spec["encoder"]["categories"][0] == {
        "frequent": ["blue", "green", "red"],
        "has_others": True,
    }
    assert "id7" not in json.dumps(spec)


@pytest.mark.parametrize(
    "values",
    [
        ["a", "b"] * 3,
        ["a", None] * 3,
        [None] * 4,
        ["a", "b", "c"],
        ["a", "a", "z", None],
        ["", "", "_", "__", "__"],
        [f"c{i // 2}" for i in range(400)],
    ],
)
@OF_IDS
def test_encoders_from_files_encode_the_same(values):
    X = pd.DataFrame({"kind": pd.Series(values, dtype="category"), "size": 1.5})
    X["size"] = np.arange(len(X))
    encoder = quick().fit(X, np.arange(len(X)) % 2).encoder_
    data = json.loads(json.dumps(encoder_data(encoder)))
    again = encoder_of_data(data, encoder.feature_names_in_)
    new = pd.DataFrame({"kind": ["a", "new", "", "_", None, "c0"], "size": 1})
    for rows in (X, new):
        expected = encoder.transform(rows)
        np.testing.assert_array_equal(again.transform(rows), expected)
    names = encoder.get_feature_names_out().tolist()
    assert again.get_feature_names_out().tolist() == names


@pytest.mark.parametrize(
    "change",
    [
        {"places": []},
        {"places": [17]},
        {"places": "kind"},
        {"n_columns": "five"},
        {"n_columns": 2},
        {"categories": 3},
        {"categories": [{}]},
        {"categories": [{"frequent": [["a"]], "has_others": False}] * 3},
        {"categories": [{"frequent": [], "has_others": False}] * 3},
        {"categories": [{"frequent": ["a"], "has_others": False}] * 3},
    ],
)
def test_files_with_another_encoder_in_them(fitted, tmp_path, change):
    path = tmp_path / "model.nas"
    fitted.save(path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    spec = json.loads(files["estimator.json"])
    spec["encoder"].update(change)
    files["estimator.json"] = json.dumps(spec)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    with pytest.raises(ValueError, match="does not hold a NASClassifier"):
        NASClassifier.load(path)


def test_numbers_are_in_a_file_that_older_versions_read(tmp_path):
    X = frame()[["size", "is_new"]]
    quick().fit(X, target(frame())).save(tmp_path / "model.nas")
    with zipfile.ZipFile(tmp_path / "model.nas") as archive:
        spec = json.loads(archive.read("estimator.json"))
    assert spec["format"] == 1
    assert "encoder" not in spec
    assert NASClassifier.load(tmp_path / "model.nas").encoder_ is None


def test_a_column_of_texts_may_have_no_text_at_all():
    X = frame()
    X["empty"] = pd.Series([None] * len(X), dtype="string")
    encoder, numbers = learned_encoder(NASClassifier(), X)
    assert "empty" in [X.columns[i] for i in encoder.transformers_[0][2]]
    assert np.isfinite(numbers.astype(float)).all()
