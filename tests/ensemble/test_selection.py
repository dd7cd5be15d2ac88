"""Greedy selection: against a literal transcription, and what the paper promises."""

from collections import Counter
from itertools import combinations_with_replacement

import numpy as np
import pytest

from sklearn_automl.ensemble import greedy_selection


def library_of(rng, n_models, n_folds=3, n_rows=12):
    y = [rng.normal(size=n_rows) for _ in range(n_folds)]
    library = [[fold + rng.normal(size=n_rows) for fold in y] for _ in range(n_models)]

    def score(folds):
        errors = [((p - t) ** 2).mean() for p, t in zip(folds, y, strict=True)]
        return -float(np.mean(errors))

    return library, score


def mean_of(library, draws):
    folds = zip(*(library[i] for i in draws), strict=True)
    return [np.mean(arrays, axis=0) for arrays in folds]


def caruana(library, score, n_draws):
    """Section 2 of the paper, each average computed anew."""
    ensembles = [[]]
    for _ in range(n_draws):
        options = [[*ensembles[-1], i] for i in range(len(library))]
        ensembles.append(max(options, key=lambda d: score(mean_of(library, d))))
    return max(ensembles[1:], key=lambda d: score(mean_of(library, d)))


@pytest.mark.parametrize("seed", range(5))
def test_the_draws_are_those_of_the_paper(seed):
    library, score = library_of(np.random.default_rng(seed), n_models=8)
    draws, value = greedy_selection(library, score, 12)
    assert draws == caruana(library, score, 12)
    assert value == pytest.approx(score(mean_of(library, draws)), rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_two_draws_with_the_best_single_model_are_the_best_pair(seed):
    library, score = library_of(np.random.default_rng(seed), n_models=6)
    single = max(range(6), key=lambda i: score(library[i]))
    pairs = [p for p in combinations_with_replacement(range(6), 2) if single in p]
    best = max(score(mean_of(library, pair)) for pair in pairs)
    assert greedy_selection(library, score, 2)[1] == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("n_draws", [1, 2, 7, 40])
def test_an_ensemble_is_never_worse_than_the_best_single_model(n_draws):
    for seed in range(10):
        library, score = library_of(np.random.default_rng(seed), n_models=5)
        _, value = greedy_selection(library, score, n_draws)
        assert value >= max(map(score, library))


def test_one_draw_is_the_best_single_model_with_its_very_score():
    library, score = library_of(np.random.default_rng(0), n_models=5)
    best = max(range(5), key=lambda i: score(library[i]))
    assert greedy_selection(library, score, 1) == ([best], score(library[best]))


def test_more_draws_are_never_worse():
    library, score = library_of(np.random.default_rng(0), n_models=6)
    values = [greedy_selection(library, score, n)[1] for n in range(1, 20)]
    assert values == sorted(values)


def test_a_model_can_be_drawn_several_times():
    y = np.array([0.0, 1.0])
    library = [[y + 1.0], [y - 3.0]]
    draws, value = greedy_selection(library, lambda f: -abs(f[0] - y).max(), 8)
    assert Counter(draws) == {0: 3, 1: 1}
    assert value == 0.0


def test_draws_after_the_best_ensemble_are_dropped():
    library = [[np.array([1.0])], [np.array([0.0])]]
    assert greedy_selection(library, lambda f: f[0][0], 10) == ([0], 1.0)


def test_ties_go_to_the_first_of_the_library():
    same = [np.array([1.0, 2.0])]
    assert greedy_selection([same, same, same], lambda f: 0.5, 5) == ([0], 0.5)


def test_a_score_that_is_not_a_number_is_the_worst():
    library = [[np.array([np.nan])], [np.array([-5.0])]]
    assert greedy_selection(library, lambda f: f[0][0], 3) == ([1], -5.0)


def test_the_library_is_not_changed():
    library, score = library_of(np.random.default_rng(0), n_models=3)
    before = [[fold.copy() for fold in model] for model in library]
    greedy_selection(library, score, 5)
    np.testing.assert_array_equal(library, before)


@pytest.mark.parametrize(("n_models", "n_draws"), [(0, 3), (2, 0), (2, -1)])
def test_nothing_to_choose_from_or_to_choose_is_refused(n_models, n_draws):
    with pytest.raises(ValueError, match=f"got {n_models} models and n_draws"):
        greedy_selection([[np.zeros(1)]] * n_models, lambda f: 0.0, n_draws)
