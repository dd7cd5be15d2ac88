import os
import stat
import threading
from pathlib import Path

import cloudpickle
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from sklearn_automl.execution import AllFolds, FoldResult, SearchLoop
from sklearn_automl.execution._model_store import FolderModels, MemoryModels
from sklearn_automl.execution.backends._base import ProcessExecutor
from sklearn_automl.schedulers import SuccessiveHalving
from tests.fakes import Calls, FakeExecutor
from tests.schedulers.drive import random_sampler


@pytest.fixture(params=["memory", "folder"])
def models(request, tmp_path):
    return MemoryModels() if request.param == "memory" else FolderModels(str(tmp_path))


def test_a_model_comes_back(models):
    models.save(3, 1, 1, {"coef": np.arange(3)})
    np.testing.assert_array_equal(models.load(3, 1, 1)["coef"], np.arange(3))


@pytest.mark.parametrize("key", [(3, 0), (1, 3), (31, 1), (1, 1)])
def test_a_model_belongs_to_one_trial_and_one_fold(models, key):
    models.save(3, 1, 1, "model")
    assert models.load(*key, 1) is None


def test_a_model_replaces_the_one_before(models):
    models.save(0, 0, 1, "small")
    models.save(0, 0, 1, "large")
    assert models.load(0, 0, 1) == "large"


def test_a_model_is_of_its_amount(models):
    models.save(0, 0, 3, "model")
    assert models.load(0, 0, 1) is None
    assert models.load(0, 0, 3) == "model"


def test_what_an_evaluation_that_runs_again_goes_on_from_is_still_there(tmp_path):
    models = FolderModels(str(tmp_path))
    for amount in (1, 3, 9, 27):
        models.save(0, 0, amount, amount)
    assert [models.load(0, 0, a) for a in (1, 3, 9, 27)] == [None, None, 9, 27]


def test_all_folds_of_a_discarded_trial_go(models):
    for split in range(3):
        models.save(1, split, 1, "model")
    models.discard([1])
    assert [models.load(1, split, 1) for split in range(3)] == [None] * 3


@pytest.mark.parametrize("kept", [0, 11, 12, 21])
def test_the_models_of_other_trials_stay(models, kept):
    models.save(kept, 0, 1, "model")
    models.save(1, 0, 1, "loser's")
    models.discard([1, 2])
    assert models.load(kept, 0, 1) == "model"


def test_what_is_not_there_can_be_discarded(models):
    models.discard([1, 2])


def test_nothing_stays_in_memory():
    models = MemoryModels()
    models.save(1, 0, 1, "model")
    models.discard([1])
    assert len(models) == 0


def test_nothing_stays_in_the_folder(tmp_path):
    models = FolderModels(str(tmp_path))
    models.save(1, 0, 1, "model")
    models.discard([1])
    assert list(tmp_path.iterdir()) == []


def test_a_fitted_model_of_a_local_class_comes_back(tmp_path):
    class Forest(RandomForestClassifier):
        pass

    X, y = np.arange(20.0).reshape(-1, 1), np.arange(20) % 2
    forest = Forest(3, random_state=0).fit(X, y)
    FolderModels(str(tmp_path)).save(0, 0, 1, forest)
    model = FolderModels(str(tmp_path)).load(0, 0, 1)
    np.testing.assert_array_equal(model.predict(X), forest.predict(X))


def test_a_model_that_cannot_be_pickled_is_not_kept(tmp_path):
    models = FolderModels(str(tmp_path))
    models.save(0, 0, 1, "smaller")
    assert models.save(0, 0, 1, threading.Lock()) is None  # no error to be told
    assert models.load(0, 0, 1) is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_model_that_cannot_be_pickled_leaves_the_one_before(tmp_path):
    models = FolderModels(str(tmp_path))
    models.save(0, 0, 1, "model")
    models.save(0, 0, 3, threading.Lock())
    assert [models.load(0, 0, amount) for amount in (1, 3)] == ["model", None]


def test_a_model_that_is_saved_twice_leaves_the_one_before(tmp_path):
    models = FolderModels(str(tmp_path))
    for amount in (1, 3, 3, 3):
        models.save(0, 0, amount, amount)
    assert [models.load(0, 0, amount) for amount in (1, 3)] == [1, 3]


def test_a_full_disk_is_told_and_leaves_nothing_behind(tmp_path, monkeypatch):
    def dump(model, file):
        raise OSError(28, "No space left on device")

    models = FolderModels(str(tmp_path))
    monkeypatch.setattr(cloudpickle, "dump", dump)
    assert "No space left" in models.save(0, 0, 1, "model")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_folder_of_all_models_is_not_listed(tmp_path, monkeypatch):
    listed = []
    for name in ("listdir", "scandir"):
        original = getattr(os, name)

        def listing(path=".", original=original):
            listed.append(path)
            return original(path)

        monkeypatch.setattr(os, name, listing)
    models = FolderModels(str(tmp_path))
    for amount in (1, 3, 9):
        models.save(0, 0, amount, "model")
    assert models.load(0, 0, 3) == "model"
    models.discard([0])
    assert not {str(tmp_path)} & {str(path) for path in listed}


def test_a_half_written_model_is_not_seen(tmp_path, monkeypatch):
    models = FolderModels(str(tmp_path))
    models.save(0, 0, 1, "smaller")
    monkeypatch.setattr(os, "replace", lambda *paths: None)  # died just before
    models.save(0, 0, 1, "larger")
    assert models.load(0, 0, 1) == "smaller"


def test_a_half_written_model_is_discarded_too(tmp_path, monkeypatch):
    models = FolderModels(str(tmp_path))
    monkeypatch.setattr(os, "replace", lambda *paths: None)
    models.save(0, 0, 1, "model")
    models.discard([0])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_here_has_no_models(tmp_path):
    assert FolderModels(str(tmp_path / "elsewhere")).load(0, 0, 1) is None


def test_a_folder_that_is_not_here_keeps_no_models(tmp_path):
    models = FolderModels(str(tmp_path / "elsewhere"))
    assert models.save(0, 0, 1, "model") is None  # no error to be told
    assert not (tmp_path / "elsewhere").exists()


@pytest.fixture
def process_executor(tmp_path, monkeypatch):
    class Processes(ProcessExecutor):
        submit = is_free = next_finished = None

    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path))
    return Processes()


def test_only_this_user_can_enter_the_folder(process_executor, tmp_path):
    (folder,) = tmp_path.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_models_are_in_the_folder(process_executor, tmp_path):
    process_executor.model_store.save(0, 0, 1, "model")
    (folder,) = tmp_path.iterdir()
    assert len(list(folder.iterdir())) == 1


def test_the_folder_is_gone_at_the_end(process_executor, tmp_path):
    process_executor.model_store.save(0, 0, 1, "model")
    process_executor.close()
    assert list(Path(tmp_path).iterdir()) == []


def test_losers_go_when_the_rung_above_theirs_is_complete():
    models = models_after_each_evaluation(SuccessiveHalving(random_sampler(), 9, 1, 9))
    assert models == [1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 3, 0]


def models_after_each_evaluation(scheduler):
    """Run with one model a trial; lower trial ids are better."""

    def run(task):
        if not task.is_last:
            executor.model_store.save(task.trial_id, 0, 1, "model")
        return [FoldResult(duration=1.0)]

    counts = []
    executor = FakeExecutor(1, run, lambda task: 1.0)
    SearchLoop(
        scheduler,
        executor,
        AllFolds(1, full=1000),
        assess=lambda e: setattr(e, "loss", float(e.job.trial_id)),
        listeners=[Calls(lambda e: counts.append(len(executor.model_store)))],
    ).run()
    return counts


class CannotBeLoaded:
    def __setstate__(self, state):
        raise RuntimeError("cannot load me")

    def __getstate__(self):
        return {"some": "state"}


def test_a_model_that_cannot_be_loaded_is_as_none(tmp_path):
    models = FolderModels(tmp_path)
    models.save(0, 0, 1, CannotBeLoaded())
    assert models.load(0, 0, 1) is None
