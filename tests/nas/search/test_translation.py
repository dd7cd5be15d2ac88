"""From decisions to trainings: their seeds, and the files of their weights."""

import os
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")
from sklearn_automl.exceptions import CheckpointError
from sklearn_automl.nas import ChainSpace, operations, register_operation
from sklearn_automl.nas.search.translation import (
    Translation,
    folder_beside,
    own_operations,
)
from tests.nas.own_operations import gated

SPACE = ChainSpace(n_layers=(2, 3), widths=[8, 16]).bind((4,))
PARENT, CHILD = (SPACE.decisions.sample(np.random.default_rng(seed)) for seed in (0, 1))


@pytest.fixture
def translation(tmp_path):
    return Translation(SPACE, 0, weights=str(tmp_path))


def leave(translation, config, n_epochs):
    """Leave the weights of a training of so many epochs."""
    file = translation(config)["weights_to"].format(n_epochs=n_epochs)
    open(file, "w").close()
    return file


def test_a_child_begins_with_the_longest_training_of_its_parent(translation):
    assert "weights_from" not in translation(CHILD)
    files = {n: leave(translation, PARENT, n) for n in (9, 27, 3, 100)}
    translation.note_parent(CHILD, PARENT)
    assert translation(CHILD)["weights_from"] == files[100]
    # A training that was lost begins again as before.
    leave(translation, PARENT, 200)
    translation.note_parent(CHILD, PARENT)
    assert translation(CHILD)["weights_from"] == files[100]
    os.unlink(files[100])
    with pytest.raises(CheckpointError, match="is missing"):
        translation.note_parent(CHILD, PARENT)


def test_a_parent_without_weights_is_an_error(translation):
    with pytest.raises(CheckpointError, match="is missing"):
        translation.note_parent(CHILD, PARENT)


def test_the_seed_of_a_training_is_of_the_search_and_of_the_architecture():
    seeds = {
        Translation(SPACE, seed)(config)["random_state"]
        for seed in (0, 1)
        for config in (PARENT, CHILD)
    }
    assert len(seeds) == 4


@pytest.mark.parametrize("events", [[], ["one"]])
def test_a_folder_beside_a_new_checkpoint_is_empty_and_ones_own(tmp_path, events):
    checkpoint = SimpleNamespace(path=tmp_path / "search.db", events=events)
    folder = folder_beside(checkpoint)
    files = {os.path.join(folder, f"a.{end}") for end in ("weights", "parent", "txt")}
    for file in files:
        open(file, "w").close()
    assert folder_beside(checkpoint) == folder
    left = {os.path.join(folder, name) for name in os.listdir(folder)}
    assert left == (files if events else {os.path.join(folder, "a.txt")})
    if os.name == "posix":
        assert os.stat(folder).st_mode & 0o777 == 0o700


def test_only_operations_of_the_space_travel(monkeypatch):
    monkeypatch.setattr(operations, "_OPERATIONS", dict(operations._OPERATIONS))
    for name in ("gated", "another"):
        register_operation(name, gated, n_dims=[0])
    space = ChainSpace(operations=["dense", "gated"]).bind((4,))
    travelling = own_operations(space)
    assert [operation.name for operation in travelling] == ["gated"]
    state = Translation(space, 0, operations=travelling).__getstate__()
    monkeypatch.delitem(operations._OPERATIONS, "gated")
    Translation.__new__(Translation).__setstate__(state)
    assert operations.get_operation("gated") is travelling[0]
