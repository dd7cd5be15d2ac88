"""Means and scales: exact far from zero, of any type, and without a double copy."""

import tracemalloc

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from sklearn_automl.nas.networks.moments import (  # noqa: E402
    moments_of,
    needs_double,
    raw_inputs,
    shifted,
)

SHIFT = torch.tensor([[1e8] * 3, [0.0] * 3])


@pytest.fixture
def x(rng):
    return rng.normal(size=(300, 3))


@pytest.mark.parametrize("offset", [0, 2e3, 1e8, 1.7e9, -1e12])
@pytest.mark.parametrize("shape", [(300, 3), (20, 3, 15), (5, 3, 4, 15)])
def test_inputs_far_from_zero_are_standardised_as_near_zero(x, shape, offset):
    x = np.moveaxis(x.reshape(*shape[:1], *shape[2:], 3), -1, 1)
    moments = moments_of(x + offset)
    places = (3, *[1] * (x.ndim - 2))
    z = shifted(x + offset, moments.shift.reshape(2, *places))
    assert z.dtype == torch.float32
    found = (z - moments.mean.reshape(places)) / moments.scale.reshape(places)
    axes = (0, *range(2, x.ndim))
    expected = (x - x.mean(axes, keepdims=True)) / x.std(axes, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=2e-4 if offset < 0 else 1e-5)


@pytest.mark.parametrize("dtype", ["u1", "i2", "i8", "f2", "f4", "f8", "?"])
def test_types_of_numbers(dtype):
    x = np.array([[0, 1], [1, 0], [1, 1], [0, 0]], dtype=dtype)
    moments = moments_of(x)
    assert moments.mean.tolist() == [0.5, 0.5]
    assert moments.scale.tolist() == [0.5, 0.5]
    assert not needs_double(x)
    assert shifted(x, None).dtype == torch.float32


@pytest.mark.parametrize(
    ("offset", "dtype", "expected"),
    [
        (0, "f8", False),
        (100, "f8", False),
        (1e8, "f8", True),
        (1e8, "f4", False),  # what float32 has lost is lost
        (10**12, "i8", True),
    ],
)
def test_double_precision_is_kept_where_it_is_needed(x, offset, dtype, expected):
    assert needs_double((10 * x + offset).astype(dtype)) == expected


@pytest.mark.parametrize("sign", [1, -1])
def test_a_column_that_varies_by_rounding_errors_does_not_vary(sign):
    x = sign * np.array([[0.1 + 0.2, 1], [0.3, 2], [0.3, 3], [0.3, 4]])
    scale = moments_of(x).scale
    assert scale[0] == torch.inf
    assert scale[1] == pytest.approx(1.25**0.5)


def test_a_constant_far_from_zero_needs_no_double_precision():
    assert not needs_double(np.full((10, 2), 1.7e9))


def test_raw_inputs_keep_the_digits_that_a_shift_needs(x):
    far = x + 1e8
    assert raw_inputs(far, torch.zeros(2, 3)).dtype == torch.float32
    assert raw_inputs(far, None).dtype == torch.float32
    assert raw_inputs(far, SHIFT).dtype == torch.float64
    assert raw_inputs(far.astype("f4"), SHIFT).dtype == torch.float32


SECONDS = np.array([[0, 1], [2, 3], [5, 8], [13, 21]]) + 1_700_000_001


@pytest.mark.parametrize("dtype", ["i4", "u4", "i8", "u8", ">i8", ">f8", "f8"])
@pytest.mark.parametrize("kind", ["array", "tensor"])
def test_large_integers_keep_their_digits(dtype, kind):
    x = SECONDS.astype(dtype)
    if kind == "tensor":
        x = torch.from_numpy(x.astype(dtype.strip(">")))
    moments = moments_of(x)
    raw = raw_inputs(x, moments.shift)
    assert raw.dtype == torch.float64
    np.testing.assert_array_equal(raw.numpy(), SECONDS)
    z = shifted(raw, moments.shift) - moments.mean
    np.testing.assert_allclose(z, SECONDS - SECONDS.mean(axis=0), atol=1e-4)


@pytest.mark.parametrize("dtype", [">f4", ">i2"])
def test_any_order_of_bytes(dtype):
    x = np.array([[0, 1], [2, 3]], dtype=dtype)
    assert moments_of(x).mean.tolist() == [1.0, 2.0]
    assert raw_inputs(x, SHIFT[:, :2]).tolist() == [[0.0, 1.0], [2.0, 3.0]]


@pytest.mark.parametrize("function", [moments_of, needs_double])
@pytest.mark.parametrize(
    ("dtype", "writeable"),
    [
        *((dtype, True) for dtype in ("f4", "f8", "u1", "i8", "u4", ">f8")),
        ("f4", False),
        (">f8", False),  # which torch has no type for
    ],
)
def test_large_inputs_are_not_copied(function, dtype, writeable):
    x = np.ones((500_000, 20), dtype=dtype)
    x[::2] = 2
    x.flags.writeable = writeable
    # Tensors are not traced, and the arrays are: both take their turn in blocks.
    tracemalloc.start()
    function(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # What torch has no type for is converted, a block at a time.
    assert peak < (2**25 if dtype in {"u4", ">f8"} else x.nbytes / 4)


def test_blocks_are_small(monkeypatch):
    largest = []
    double = torch.Tensor.double

    def note(tensor):
        largest.append(tensor.numel())
        return double(tensor)

    monkeypatch.setattr(torch.Tensor, "double", note)
    moments_of(torch.rand(300_000, 20))
    assert max(largest) <= 2**20


def test_a_read_only_array_does_not_warn(x, recwarn):
    x.flags.writeable = False
    moments_of(x)
    shifted(x, SHIFT)
    assert not recwarn


def test_a_spread_that_single_precision_does_not_have_is_none():
    x = np.array([[0.0, 0.0], [1e-40, 1e-30]])
    scale = moments_of(x).scale
    assert scale[0] == torch.inf
    assert scale[1] == pytest.approx(5e-31)
