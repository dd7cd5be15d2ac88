import itertools
import math

import pytest

from sklearn_automl.schedulers import (
    ASHA,
    Hyperband,
    LearningCurve,
    SuccessiveHalving,
    n_halvings,
)
from sklearn_automl.schedulers._rungs import (
    fill_brackets,
    hyperband_rungs,
    rung_resources,
    rung_sizes,
)
from tests import oracles
from tests.cases import in_turn


@pytest.mark.parametrize(
    ("R", "eta", "expected"),
    [
        (1, 3, 0),
        (2, 3, 0),
        (3, 3, 1),
        (9, 3, 2),
        (80, 3, 3),
        (81, 3, 4),
        (243, 3, 5),  # math.log gives 4.999...
        (729, 3, 6),
        (1000, 10, 3),  # and 2.999...
        (999, 10, 2),
        (10**15, 10, 15),
        (3**40 - 1, 3, 39),  # not a float any more
        (3**40, 3, 40),
    ],
)
def test_n_halvings_of_integers_is_exact(R, eta, expected):
    assert n_halvings(1, R, eta) == expected


@pytest.mark.parametrize("eta", [2, 3, 4, 5, 7, 10])
def test_n_halvings_of_powers_and_their_neighbours(eta):
    for s in range(1, 12):
        assert n_halvings(1, eta**s, eta) == s
        assert n_halvings(1, eta**s - 1, eta) == s - 1
        assert n_halvings(7, 7 * eta**s, eta) == s
        assert n_halvings(7, 7 * eta**s - 1, eta) == s - 1


def test_n_halvings_is_zero_where_nothing_fits_below():
    assert n_halvings(5, 3, 3) == 0


def test_n_halvings_has_no_tolerance():
    assert n_halvings(1, 10**12 - 1, 10) == 11


@pytest.mark.parametrize(("r", "R", "eta"), [(1, 9, 1), (0, 9, 3), (-1, 9, 3)])
def test_n_halvings_refuses_what_would_never_end(r, R, eta):
    with pytest.raises(ValueError, match=f"eta={eta} .*min_resource={r}"):
        n_halvings(r, R, eta)


@in_turn("R", [1, 2, 9, 15, 20, 27, 30, 81, 243, 729, 1000])
@in_turn("eta", [2, 3, 4, 10])
def test_resources_are_divided_from_the_top(R, eta):
    s_max = oracles.floor_log(R, eta)
    for s in range(s_max + 1):
        resources = rung_resources(R, eta, s)
        assert resources == tuple(R // eta ** (s - i) for i in range(s + 1))
        assert all(type(r) is int for r in resources)
        assert all(a < b for a, b in itertools.pairwise(resources))
        assert resources[0] >= 1
        assert resources[-1] == R


@pytest.mark.parametrize(
    ("R", "expected"),
    [(100, (1, 3, 11, 33, 100)), (50, (1, 5, 16, 50)), (81, (1, 3, 9, 27, 81))],
)
def test_resources_of_some_numbers(R, expected):
    assert rung_resources(R, 3, len(expected) - 1) == expected


@pytest.mark.parametrize("n", [1, 5, 27, 81, 100, 143])
def test_rung_sizes_are_floors_of_the_first(n):
    assert rung_sizes(n, 3, 4) == tuple(math.floor(n / 3**i) for i in range(5))


def test_the_first_bracket_tries_what_a_small_space_has_left():
    brackets = hyperband_rungs(1, 9, 3)  # for 17 configurations
    filled = [[(12, 1), (4, 3), (1, 9)], *brackets[1:]]
    assert fill_brackets(brackets, 20, 3) == filled
    assert fill_brackets(brackets, 17, 3) == brackets
    assert sum(rungs[0][0] for rungs in fill_brackets(brackets, 500, 3)) == 500
    assert fill_brackets(brackets, 501, 3) == brackets


@pytest.mark.parametrize("eta", [2, 3, 4])
@pytest.mark.parametrize("R", [1, 2, 9, 80])
def test_a_filled_plan_costs_no_more_than_everything_for_all(R, eta):
    brackets = hyperband_rungs(1, R, eta)
    for n_missing in (1, 7, 200):
        n = sum(rungs[0][0] for rungs in brackets) + n_missing
        filled = fill_brackets(brackets, n, eta)
        assert sum(rungs[0][0] for rungs in filled) == n
        assert sum(size * r for rungs in filled for size, r in rungs) <= n * R


def test_which_plans_are_exact_and_which_have_room_for_more():
    exact = {S for S in (ASHA, Hyperband, LearningCurve) if S.plan_is_exact}
    room = {S for S in (ASHA, Hyperband, SuccessiveHalving) if S.has_room}
    assert (exact, room) == ({Hyperband}, {Hyperband, SuccessiveHalving})
