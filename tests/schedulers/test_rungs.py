import itertools
import math

import pytest

from sklearn_automl.schedulers import n_halvings
from sklearn_automl.schedulers._rungs import rung_resources, rung_sizes
from tests import oracles


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


@pytest.mark.parametrize("r", [0.1, 1 / 3, 0.7, 1e-8, 1e8])
def test_n_halvings_of_floats_tolerates_rounding(r):
    R = r
    for s in range(1, 20):
        R = R * 3
        assert n_halvings(r, R, 3) == s
        assert n_halvings(r, R * (1 - 1e-12), 3) == s
        assert n_halvings(r, R * (1 - 1e-6), 3) == s - 1


def test_n_halvings_of_integers_has_no_tolerance():
    assert n_halvings(1, 10**12 - 1, 10) == 11
    assert n_halvings(1.0, 10**12 - 1.0, 10) == 12


@pytest.mark.parametrize(("r", "R", "eta"), [(1, 9, 1), (0, 9, 3), (-1, 9, 3)])
def test_n_halvings_refuses_what_would_never_end(r, R, eta):
    with pytest.raises(ValueError, match=f"eta={eta} .*min_resource={r}"):
        n_halvings(r, R, eta)


@pytest.mark.parametrize("R", [1, 2, 9, 15, 20, 27, 30, 81, 243, 729, 1000])
@pytest.mark.parametrize("eta", [2, 3, 4, 10])
def test_integer_resources_stay_integers_with_the_exact_ratio(R, eta):
    s_max = oracles.floor_log(R, eta)
    for s in range(s_max + 1):
        resources = rung_resources(R, eta, s)
        assert all(type(r) is int for r in resources)
        assert len(resources) == s + 1
        assert all(b == a * eta for a, b in itertools.pairwise(resources))
        assert resources[0] >= 1
        assert R - eta**s < resources[-1] <= R


def test_float_resources_end_at_the_maximum():
    resources = rung_resources(100.0, 3, 3)
    assert resources[-1] == 100.0
    assert resources == pytest.approx([100 / 27, 100 / 9, 100 / 3, 100])


@pytest.mark.parametrize("n", [1, 5, 27, 81, 100, 143])
def test_rung_sizes_are_floors_of_the_first(n):
    assert rung_sizes(n, 3, 4) == tuple(math.floor(n / 3**i) for i in range(5))
