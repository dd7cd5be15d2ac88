"""The file of a SearchHistory: what it keeps, finds, forgets and refuses."""

import os
import pickle
import sqlite3
import subprocess
import sys
import threading
import warnings
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.svm import SVC

from sklearn_automl.exceptions import HistoryError, SearchWarning
from sklearn_automl.storage import (
    DataFacts,
    PastEvaluation,
    PastSearch,
    SaltedDigest,
    SearchHistory,
    _history_file,
    text_of_value,
)
from sklearn_automl.storage import _history as file_of_history
from sklearn_automl.storage._files import make_or_check_file
from sklearn_automl.storage._history_file import HistoryFile

SALTED = SaltedDigest("salt")
FACTS = DataFacts("classification", 100, 5, 2)


def past(n=3, fingerprint="data", estimator=("sklearn.SVC",), **fields):
    evaluations = [
        PastEvaluation(
            {"sklearn.SVC:C": text_of_value(i + 0.5, SALTED)}, None, 5, 0.1 * i, 1.0
        )
        for i in range(n)
    ]
    search = PastSearch(
        estimator, FACTS, fingerprint, ("sklearn.SVC:C",), evaluations, "A", "accuracy"
    )
    return replace(search, **fields)


@pytest.fixture
def history(tmp_path):
    return SearchHistory(tmp_path / "history.db")


def found(history, n=9, parameters=("sklearn.SVC:C",), facts=FACTS, fingerprint="new"):
    return history.find(("sklearn.SVC",), parameters, facts, fingerprint, n)


def execute(history, *statements):
    connection = sqlite3.connect(history.path)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


# ---- what is kept ------------------------------------------------------------------


def test_what_is_found_equals_what_was_added(history):
    search = past(resource="data", cv="int", fixed={"k": "0"}, finished=7.0, sign=-1)
    history.add(search)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # not of searches that are left out
        assert found(history) == [search]


def test_units_are_kept(history):
    search = past(units={"sklearn.SVC:gamma": 0.25})
    history.add(search)
    assert found(history)[0].units == search.units


@pytest.mark.parametrize("unit", [0, -1.0, "0.1", None])
def test_a_search_with_units_that_are_none_is_left_out(unit, history):
    history.add(past(units={"sklearn.SVC:gamma": unit}))
    with pytest.warns(SearchWarning, match="cannot be read"):
        assert found(history) == []


def test_failures_and_inactive_parameters_are_kept(history):
    failed = PastEvaluation({}, 10, 1, None)
    history.add(past(evaluations=[failed]))
    assert found(history)[0].evaluations == [failed]


def test_a_failure_stands_behind_every_result():
    amounts = [(1, None), (1, 0.9), (9, 0.1), (9, 0.2), (None, 0.0)]
    standings = [PastEvaluation({}, a, 5, score).standing for a, score in amounts]
    assert sorted(standings) == standings


def test_another_object_with_the_path_sees_the_same(history):
    history.add(past())
    assert (
        len(SearchHistory(history.path))
        == len(pickle.loads(pickle.dumps(history)))
        == 1
    )


def test_an_equal_search_is_kept_once(history):
    history.add(past())
    history.add(past(finished=8.0))
    assert len(history) == 1


def test_a_search_with_a_name_replaces_the_one_that_had_it(history):
    history.add(past(2), "a")
    history.add(past(3), "b")
    history.add(past(4), "a")
    assert sorted(len(p.evaluations) for p in found(history, fingerprint="data")) == [
        3,
        4,
    ]
    assert len(history.to_frame()) == 7


def test_the_oldest_leave(tmp_path):
    history = SearchHistory(tmp_path / "h.db", max_searches=2)
    for day, name in ((3.0, "a"), (1.0, "b"), (2.0, "c")):
        history.add(past(fingerprint=name, finished=day))
    assert {p.fingerprint for p in found(history)} == {"a", "c"}
    assert len(history.to_frame()) == 6


@pytest.mark.parametrize("max_searches", [0, 1.5, True])
def test_max_searches_is_checked(max_searches, tmp_path):
    with pytest.raises(ValueError, match="max_searches"):
        SearchHistory(tmp_path / "h.db", max_searches=max_searches)


def test_fingerprints_know_data_in_one_file_only(history, tmp_path):
    X, y = np.eye(3), np.arange(3)
    assert history.fingerprint(X, y) == SearchHistory(history.path).fingerprint(X, y)
    others = [(X + 1, y), (X, y + 1), (X[:2], y[:2])]
    assert history.fingerprint(X, y) not in [history.fingerprint(*o) for o in others]
    elsewhere = SearchHistory(tmp_path / "other.db")
    assert history.fingerprint(X, y) != elsewhere.fingerprint(X, y)


def test_the_file_is_for_its_owner_only(history):
    if os.name == "posix":
        assert os.stat(history.path).st_mode & 0o077 == 0


@pytest.mark.parametrize("value", [1.5, "a", None, True, (1, 2), np.float32(2)])
def test_plain_values_can_be_read_from_their_text(value):
    text = text_of_value(value, SALTED)
    assert not text.startswith("<")
    assert text != text_of_value("other", SALTED)


def test_other_values_are_known_by_type_and_digest():
    texts = [text_of_value(SVC(C=C), SALTED) for C in (2, 2, 1)]
    assert texts[0] == texts[1] != texts[2]
    assert texts[0].startswith("<SVC ")


def test_digests_of_values_are_of_one_file_only():
    assert text_of_value(SVC(), SALTED) != text_of_value(SVC(), SaltedDigest("b"))


def test_a_file_that_is_made_anew_has_another_salt(history):
    before = history.fingerprint(np.eye(3), None)
    os.remove(history.path)
    after = history.fingerprint(np.eye(3), None)
    assert before != after == SearchHistory(history.path).fingerprint(np.eye(3), None)


@pytest.mark.skipif(os.name != "posix", reason="other paths have no bytes")
def test_a_path_that_is_not_utf_8(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff.db"
    SearchHistory(path).add(past())
    assert len(SearchHistory(os.fsdecode(path))) == 1
    assert os.path.exists(path)


def test_a_file_without_its_salt_is_damaged(history):
    execute(history, "DELETE FROM file")
    with pytest.raises(HistoryError, match="its salt is missing"):
        history.salted()


@pytest.mark.parametrize("kind", [str, Path, os.fsencode])
def test_a_relative_path_stays_where_it_was(kind, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    history = SearchHistory(kind("h.db"))
    monkeypatch.chdir(tmp_path / "elsewhere")
    history.add(past())
    assert len(SearchHistory(tmp_path / "h.db")) == 1
    assert os.listdir() == []


# ---- what is found -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "n"), [("a", 0), ("aC", 1), ("abC", 0), ("abCC", 0)]
)
def test_half_of_the_parameters_is_enough(parameters, n, history):
    history.add(past())
    keys = [f"sklearn.SVC:{name}" for name in parameters]
    assert len(found(history, parameters=keys)) == n


def test_another_estimator_is_not_found(history):
    history.add(past(estimator=("sklearn.Pipeline", "sklearn.SVC")))
    assert found(history) == []


def test_another_task_is_not_found(history):
    history.add(past())
    assert found(history, facts=replace(FACTS, task="regression")) == []


def test_the_most_similar_come_first_and_the_same_data_before_all(history):
    for name, n in (("far", 9000), ("same", 10**9), ("near", 110), ("middle", 900)):
        facts = replace(FACTS, n_samples=n)
        history.add(past(fingerprint=name, facts=facts))
    names = [p.fingerprint for p in found(history, 3, fingerprint="same")]
    assert names == ["same", "near", "middle"]


def test_of_other_data_the_longest_search_is_found_and_of_the_same_all(history):
    for n in (2, 4, 3):
        history.add(past(n))
    assert [len(p.evaluations) for p in found(history)] == [4]
    same = found(history, fingerprint="data")
    assert [len(p.evaluations) for p in same] == [4, 3, 2]


# ---- what is forgotten -------------------------------------------------------------


def test_forgetting_by_class(history):
    history.add(past(estimator=("sklearn.Pipeline", "sklearn.SVC")))
    history.add(past(estimator=("xgboost.XGBClassifier",)))
    assert history.forget(estimator=SVC) == 1
    assert history.forget(estimator="SVC") == 0
    assert history.forget(estimator="XGBClassifier") == 1
    assert len(history) == len(history.to_frame()) == 0


def test_forgetting_by_data(history):
    X, y = np.eye(3), np.arange(3)
    history.add(past(fingerprint=history.fingerprint(X, y)))
    history.add(past())
    assert history.forget(X=X, y=y + 1) == 0
    assert history.forget(X=X, y=y, estimator="XGBClassifier") == 0
    assert history.forget(X=X, y=y) == 1
    assert found(history)[0].fingerprint == "data"


def test_forgetting_by_age(history):
    history.add(past(finished=1.0))
    history.add(past(fingerprint="b", finished=9e9))  # in the year 2255
    assert history.forget(older_than=timedelta(days=3)) == 1
    assert found(history)[0].fingerprint == "b"


def test_forgetting_needs_a_condition(history):
    with pytest.raises(ValueError, match="what to forget"):
        history.forget()


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"y": [0, 1]}, "got y without X"),
        ({"y": None}, "got y without X"),
        ({"X": np.eye(2)}, "got X without y.*y=None"),
        ({"estimator": SVC, "y": [0, 1]}, "got y without X"),
        ({"estimator": SVC, "X": np.eye(2)}, "got X without y"),
        ({"estimator": SVC()}, "must be a class.*Pass SVC or 'SVC'"),
        ({"estimator": PCA()}, "must be a class.*Pass PCA or 'PCA'"),
        ({"estimator": ""}, "must be a class.*Pass SVC or 'SVC'"),
        ({"estimator": "SVC()"}, "must be a class"),
        ({"estimator": "sklearn.*"}, "must be a class"),
        ({"estimator": ["SVC"]}, "must be a class"),
        ({"older_than": 3}, "must be a datetime.timedelta"),
        ({"older_than": timedelta(-3)}, "not negative"),
    ],
)
def test_conditions_that_cannot_be_used_forget_nothing(conditions, message, history):
    history.add(past())
    with pytest.raises(ValueError, match=message):
        history.forget(**conditions)
    assert len(history) == 1


@pytest.mark.parametrize(
    ("name", "n"),
    [
        ("sklearn.SVC", 2),
        ("SVC", 2),
        ("sklearn.Pipeline sklearn.SVC", 1),
        ("sklearn.Pipeline", 1),
        ("SV", 0),
        ("xgboost.SVC", 0),
        ("sklearn.SVC sklearn.PCA", 0),
    ],
)
def test_forgetting_by_the_names_that_the_frame_shows(name, n, history):
    history.add(past(estimator=("sklearn.Pipeline", "sklearn.SVC")))
    history.add(past())
    assert "sklearn.Pipeline sklearn.SVC" in set(history.to_frame()["estimator"])
    assert history.forget(estimator=name) == n


def test_forgetting_a_search_without_y(history):
    X = np.eye(3)
    history.add(past(fingerprint=history.fingerprint(X, None)))
    assert history.forget(X=X, y=None) == 1


def test_a_class_of_another_package_with_the_name_is_another_one(history):
    history.add(past(estimator=("mine.SVC",)))
    assert history.forget(estimator=SVC) == 0


def test_what_is_forgotten_is_not_in_the_file_any_more(history):
    history.add(past(scorer="a_secret_metric"))
    with open(history.path, "rb") as file:
        assert b"a_secret_metric" in file.read()
    history.forget(older_than=timedelta(0))
    with open(history.path, "rb") as file:
        assert b"a_secret_metric" not in file.read()


# ---- several processes, and their ends ---------------------------------------------


def test_several_may_write_at_once(history):
    def write(k):
        own = SearchHistory(history.path)
        for i in range(5):
            own.add(past(fingerprint=f"{k} {i}"))

    threads = [threading.Thread(target=write, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(history) == 20


def test_several_may_make_the_file_at_once(tmp_path):
    histories = []

    def make():
        histories.append(SearchHistory(tmp_path / "new.db"))

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(histories) == 4
    assert len({h.salted()("a") for h in histories}) == 1


class InTheMiddle:
    """A connection; ``happens`` when the beginning of the file has been read."""

    def __init__(self, connection, happens):
        self.connection, self.happens = connection, happens

    def __enter__(self):
        return self.connection.__enter__()

    def __exit__(self, *error):
        return self.connection.__exit__(*error)

    def execute(self, statement, *values):
        cursor = self.connection.execute(statement, *values)
        if statement == "PRAGMA application_id":
            rows = cursor.fetchall()
            self.happens()
            return SimpleNamespace(fetchone=lambda: rows[0])
        return cursor


def test_tables_that_another_process_makes_meanwhile_are_not_of_another_program(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(_history_file, "_SECONDS_TO_WAIT", 0)
    path = str(tmp_path / "new.db")

    def make():
        # It has to wait where that is read at once, and may come first elsewhere.
        with suppress(HistoryError):
            SearchHistory(path)

    file = HistoryFile(path)
    make_or_check_file(path, "history", HistoryError)
    connection = sqlite3.connect(path, isolation_level=None)
    file._check(InTheMiddle(connection, make))
    connection.close()
    assert len(SearchHistory(path)) == 0


def test_a_search_is_added_as_a_whole_or_not_at_all(history, monkeypatch):
    def fail(connection, numbers):
        raise sqlite3.OperationalError("the disk is full")

    monkeypatch.setattr(file_of_history, "_delete", fail)
    with pytest.raises(HistoryError, match="cannot be used now: the disk is full"):
        history.add(past())
    assert len(history) == 0


KILLED_WHILE_WRITING = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")  # so that pages are written before the end
connection.execute("BEGIN IMMEDIATE")
for i in range(2000):
    row = (str(i), "x" * 500)
    connection.execute("INSERT INTO searches (digest, estimator) VALUES (?, ?)", row)
os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
"""


def test_a_process_that_is_killed_while_writing_leaves_the_file_whole(history):
    history.add(past())
    size = os.stat(history.path).st_size
    command = [sys.executable, "-c", KILLED_WHILE_WRITING, history.path]
    assert subprocess.run(command, check=False).returncode != 0
    assert os.stat(history.path).st_size > size
    assert len(history) == 1
    history.add(past(fingerprint="b"))
    assert len(found(history)) == 2


# ---- what is refused, and what newer versions wrote --------------------------------


def test_a_file_of_another_program_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database " * 100)
    with pytest.raises(HistoryError, match="not a history"):
        SearchHistory(path)
    assert path.read_text().startswith("not a database")


def test_a_checkpoint_is_no_history(history):
    execute(history, "PRAGMA application_id = 5")
    with pytest.raises(HistoryError, match="another program"):
        len(history)


def test_a_database_of_another_program_is_refused_while_it_is_empty(tmp_path):
    path = tmp_path / "new.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA application_id = 5")
    connection.close()
    with pytest.raises(HistoryError, match="another program"):
        SearchHistory(path)


def test_files_that_earlier_versions_wrote_stay_known(history):
    len(history)
    connection = sqlite3.connect(history.path)
    [number] = connection.execute("PRAGMA application_id").fetchone()
    connection.close()
    assert number.to_bytes(4, "big") == b"SKAH"


def test_a_newer_format_is_refused(history):
    execute(history, "PRAGMA user_version = 2")
    with pytest.raises(HistoryError, match=r"format 2, and this version .* up to 1"):
        len(history)


def test_what_would_run_something_is_refused(history):
    execute(
        history,
        "CREATE TRIGGER t AFTER INSERT ON searches BEGIN DELETE FROM searches; END",
    )
    with pytest.raises(HistoryError, match="tables have been changed"):
        history.add(past())


def test_a_link_is_refused(history, tmp_path):
    link = tmp_path / "link.db"
    try:
        link.symlink_to(history.path)
    except OSError:
        pytest.skip("no links here")
    with pytest.raises(HistoryError, match="is a link"):
        SearchHistory(link)


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(HistoryError, match="Pass the path of a new file in a folder"):
        SearchHistory(tmp_path / "no" / "h.db")


@pytest.mark.parametrize(
    ("table", "column", "text"),
    [
        ("evaluations", "records", "nonsense"),
        ("evaluations", "about", "[]"),
        ("evaluations", "seconds", "[1,1]"),
        ("evaluations", "records", "[" * 100_000),
        ("evaluations", "records", '[[[null],null,5,"best"]]'),
        ("evaluations", "records", '[[[null],"all",5,0.5]]'),
        ("evaluations", "records", "[[[null],null,5,NaN]]"),
        ("evaluations", "records", "[[[null],Infinity,5,0.5]]"),
        ("evaluations", "seconds", "[Infinity]"),
        ("searches", "facts", "{}"),
        ("searches", "facts", '["classification","many"]'),
        ("searches", "parameters", "3"),
    ],
)
def test_a_search_that_cannot_be_read_is_left_out(table, column, text, history):
    history.add(past(fingerprint="whole", facts=replace(FACTS, n_samples=500)))
    history.add(past(1, fingerprint="damaged"))
    number = "search" if table == "evaluations" else "id"
    execute(history, f"UPDATE {table} SET {column} = '{text}' WHERE {number} = 2")
    assert [p.fingerprint for p in found(history)] == ["whole"]
    assert set(history.to_frame()["n_samples"]) == {500}


def test_what_a_newer_version_adds_is_ignored(history):
    history.add(past())
    execute(
        history,
        "UPDATE searches SET facts = replace(facts, ']', ',9]')",
        "UPDATE evaluations SET about = replace(about, '{\"alg', '{\"new\":1,\"alg')",
    )
    assert found(history) == [past()]


def test_more_of_the_resource_stands_before_more_folds():
    few_rows = PastEvaluation({}, 3, 5, 0.9)
    assert few_rows.standing < PastEvaluation({}, 9, 1, 0.1).standing
