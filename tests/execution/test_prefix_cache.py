"""What a cache of prefixes keeps, and what it lets go."""

import pickle

import numpy as np
import pytest
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_automl.execution._prefix_cache import REFUSED, FittedPrefix, PrefixCache

KB = 1_000


def prefix_of(n_bytes):
    return FittedPrefix([], None, n_bytes=n_bytes)


def cache_of(*sizes, max_bytes=10 * KB):
    cache = PrefixCache(max_bytes)
    for key, n_bytes in enumerate(sizes):
        cache.keep(key, prefix_of(n_bytes))
    return cache


def keys_in(cache, n):
    return [key for key in range(n) if cache.find(key) is not None]


def test_what_is_kept_is_found():
    cache, prefix = PrefixCache(10 * KB), prefix_of(KB)
    assert cache.keep("a", prefix) is prefix
    assert cache.find("a") is prefix
    assert cache.find("b") is None


def test_the_least_recently_used_goes_first():
    cache = cache_of(4 * KB, 4 * KB)
    cache.find(0)
    cache.keep(2, prefix_of(4 * KB))
    assert keys_in(cache, 3) == [0, 2]
    assert cache.n_bytes == 8 * KB


def test_what_is_too_large_is_refused():
    cache = cache_of(4 * KB)
    assert cache.keep(1, prefix_of(11 * KB)) is REFUSED
    assert cache.find(1) is REFUSED
    assert keys_in(cache, 2) == [0, 1]


def test_a_key_that_is_kept_again_counts_once():
    cache = cache_of(4 * KB)
    cache.keep(0, prefix_of(3 * KB))
    assert cache.n_bytes == 3 * KB


def test_room_is_made_for_other_data():
    cache = cache_of(4 * KB, 4 * KB)
    cache.make_room(6 * KB)
    assert keys_in(cache, 2) == [1]
    cache.make_room(60 * KB)
    assert len(cache) == cache.n_bytes == 0


def test_outputs_count():
    cache = cache_of(4 * KB, 4 * KB)
    prefix = cache.find(1)
    output = np.zeros(500)  # 4 KB
    cache.keep_output(1, prefix, "test", output)
    assert prefix.outputs["test"] is output
    assert keys_in(cache, 2) == [1]
    assert cache.n_bytes == prefix.n_bytes == 8 * KB


def test_an_output_that_is_too_large_is_not_kept():
    cache = cache_of(4 * KB)
    cache.keep_output(0, cache.find(0), "test", np.zeros(1_000))
    assert cache.find(0).outputs == {"test": None}
    assert cache.n_bytes == 4 * KB


def test_the_first_of_two_outputs_stays():
    cache = cache_of(KB)
    first = np.zeros(10)
    for output in (first, np.ones(10)):
        cache.keep_output(0, cache.find(0), "test", output)
    assert cache.find(0).outputs["test"] is first
    assert cache.n_bytes == KB + 80


def test_an_output_of_what_is_gone_does_not_count():
    cache, gone = cache_of(KB), prefix_of(KB)
    cache.keep_output("gone", gone, "test", np.zeros(10))
    assert cache.n_bytes == KB


@pytest.mark.parametrize(("n_rows", "max_bytes"), [(10, 100e6), (10**8, 840e6)])
def test_about_one_copy_of_the_data_is_kept_or_what_is_little(n_rows, max_bytes):
    X = np.broadcast_to(np.float32(0), (n_rows, 2))  # takes no memory
    assert PrefixCache.beside(X)._max_bytes == max_bytes


def test_a_pickle_has_nothing_but_the_limit():
    cache = pickle.loads(pickle.dumps(cache_of(KB)))
    assert len(cache) == cache.n_bytes == 0
    cache.keep(0, prefix_of(10 * KB))
    assert cache.keep(1, prefix_of(11 * KB)) is REFUSED


def test_a_constant_step_is_looked_at_once():
    cache = PrefixCache(KB)
    keys = [
        cache.step_key("scale", step, is_constant=True)
        for step in (StandardScaler(), StandardScaler(with_mean=False))
    ]
    assert keys[0] == keys[1]
    searched = StandardScaler(with_mean=False)
    assert cache.step_key("scale", searched, is_constant=False) != keys[0]


def test_texts_in_fitted_steps_are_measured():
    step = FunctionTransformer(kw_args={"text": "x" * 10 * KB})
    assert FittedPrefix.of([step], np.zeros(1)).n_bytes > 10 * KB


def test_fitted_steps_and_data_are_measured():
    step = StandardScaler().fit(np.zeros((2, 10_000)))
    n_bytes = FittedPrefix.of([step], np.zeros(1_000)).n_bytes
    assert 3 * 80 * KB < n_bytes - 8 * KB < 3 * 80 * KB + 20 * KB


@pytest.mark.parametrize(
    ("held", "draws"),
    [
        (None, False),
        (np.random.RandomState(0), True),
        ([{"rng": np.random.default_rng(0)}], True),
        (np.random.PCG64(0), True),
        (lambda X: X, False),
    ],
)
def test_generators_in_fitted_steps_are_found(held, draws):
    step = FunctionTransformer()
    step.held_ = held
    assert FittedPrefix.of([step], None).draws is draws
