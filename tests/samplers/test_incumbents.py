"""Which configurations of past searches a new one begins with."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import loguniform, randint, uniform

from sklearn_automl.samplers import PastTask, choose_incumbents
from sklearn_automl.samplers._incumbents import (
    _spread,
    encode_together,
    greedy_cover,
    normal_scores,
)
from sklearn_automl.space import SearchSpace, UnitCube, When

SPACE = SearchSpace({"x": uniform()})


def task(optimum, distance=0.0, n=12, *, is_same_data=False, sign=1, space=SPACE):
    """Return a task whose best x is the one nearest to an optimum."""
    configs = [{"x": x} for x in np.linspace(0, 1, n).tolist()]
    standings = [(1, -sign * abs(c["x"] - optimum)) for c in configs]
    best = configs[max(range(n), key=standings.__getitem__)]
    return PastTask(configs, standings, best, distance, is_same_data)


def chosen(tasks, n=5):
    return [round(c["x"], 2) for c in choose_incumbents(SPACE, tasks, n)]


def test_one_task_gives_its_best():
    assert chosen([task(0.45)]) == [0.45]


def test_no_task_gives_nothing():
    assert chosen([]) == []
    assert chosen([PastTask([], [], None)]) == []


def test_what_helps_most_tasks_comes_first_and_then_what_helps_the_others():
    tasks = [task(0.0), task(0.9), task(0.91), task(0.82)]
    first, second = chosen(tasks, 2)
    assert first in (0.82, 0.91)
    assert second == 0.0


def test_similar_tasks_count_more():
    tasks = [task(0.9, distance=3.0), task(0.9, distance=3.0), task(0.1)]
    assert chosen(tasks, 1) == [0.09]


@pytest.mark.parametrize(("n_far", "expected"), [(4, 0.09), (6, 0.91)])
def test_however_far_a_task_is_it_counts_a_fifth(n_far, expected):
    assert chosen([task(0.1), *[task(0.9, distance=99.0)] * n_far], 1) == [expected]


@pytest.mark.parametrize(("distances", "expected"), [((0, 1), 0.0), ((1, 0), 1.0)])
def test_of_two_tasks_that_disagree_the_nearer_one_decides(distances, expected):
    tasks = [task(0.0, distances[0]), task(1.0, distances[1])]
    assert chosen(tasks, 1) == [expected]


def test_equal_suggestions_are_made_once():
    assert chosen([task(0.0), task(0.0), task(1.0)]) == [0.0, 1.0]


def test_a_search_of_the_same_data_gives_its_best_ones():
    same = task(0.32, is_same_data=True, n=11)
    assert chosen([same, task(0.9)], 3) == [0.3, 0.4, 0.2]


def test_others_follow_where_a_search_of_the_same_data_was_short():
    same = task(0.3, is_same_data=True, n=2)
    assert chosen([same, task(0.9)], 3) == [0.0, 1.0, 0.91]


@pytest.mark.parametrize(("sign", "follows"), [(1, True), (-1, False)])
def test_tasks_that_contradict_the_data_are_left_out(sign, follows):
    same = task(0.3, is_same_data=True)
    other = replace(task(0.3, sign=sign), best={"x": 0.777})
    kept = choose_incumbents(SPACE, [same, other], 30)
    assert ({"x": 0.777} in kept) == follows
    for n, is_kept in ((7, True), (8, follows)):  # seven in common do not tell
        short = replace(other, configs=other.configs[:n], standings=other.standings[:n])
        assert ({"x": 0.777} in choose_incumbents(SPACE, [same, short], 30)) == is_kept


def test_greedy_cover_maximises_the_mean_of_the_best():
    predicted = np.array([[3.0, 0.0, 2.0], [0.0, 3.0, 2.0]])
    assert greedy_cover(predicted, np.ones(2), 3) == [2, 0, 1]


def test_greedy_cover_heeds_weights():
    predicted = np.array([[3.0, 0.0], [0.0, 3.0]])
    assert greedy_cover(predicted, np.array([0.2, 1.0]), 1) == [1]


def test_normal_scores_depend_on_ranks_only():
    scores = normal_scores([(1, 5.0), (3, 0.0), (1, 6.0), (1, 5.0)])
    assert scores.tolist() == normal_scores([(0,), (9,), (2,), (0,)]).tolist()
    assert scores[0] == scores[3] < scores[2] < scores[1]


def test_many_points_are_encoded_as_one_by_one():
    space = SearchSpace(
        [
            {
                "a": loguniform(1e-3, 1e3),
                "k": ["u", "v"],
                "n": When("k", "u", randint(1, 5000)),
            },
            {"a": loguniform(1e-3, 1e3), "few": randint(1, 9)},
        ]
    )
    configs = [space.sample(np.random.default_rng(i)) for i in range(30)]
    expected = UnitCube(space, "a test").encode(configs)
    np.testing.assert_allclose(encode_together(space, configs), expected, rtol=1e-12)


def test_a_long_search_is_modelled_by_its_best_and_some_of_the_rest():
    assert chosen([task(0.5, n=900)], 1) == [0.5]


def test_of_a_long_search_the_best_half_and_equal_steps_are_modelled():
    kept = _spread(np.arange(1000.0))
    assert kept[:101].tolist() == list(range(999, 898, -1))
    assert (len(kept), kept[-1]) == (200, 0)
    assert set(np.diff(kept[100:])) <= {-9, -10}
    assert sorted(_spread(np.arange(200.0))) == list(range(200))
