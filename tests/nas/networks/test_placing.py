"""Rows on a device: moved once if they fit, else batch by batch without waiting."""

from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
from torch.overrides import TorchFunctionMode  # noqa: E402

from sklearn_automl.nas.networks import Batches, placing  # noqa: E402
from sklearn_automl.nas.networks.placing import placed, taken  # noqa: E402

X = torch.arange(60.0).reshape(20, 3)
y = torch.arange(20)
w = torch.ones(20)


class Moves(TorchFunctionMode):
    """Counts how often a tensor goes to another device."""

    def __init__(self):
        super().__init__()
        self.n = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if getattr(function, "__name__", "") == "to":
            self.n += result.device != args[0].device
        return result


def devices(batch):
    inputs, target = batch
    targets = target if isinstance(target, tuple) else (target,)
    return {tensor.device.type for tensor in (inputs, *targets)}


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("weights", [None, w])
def test_rows_that_fit_are_moved_once(shuffle, weights):
    with Moves() as moves:
        batches = Batches(X, y, 6, shuffle, weights=weights, device="meta")
        n_tensors = 2 if weights is None else 3
        assert moves.n == n_tensors
        for n_epochs in (1, 2):
            found = list(batches)
            # The order of the rows, which is drawn on the CPU.
            assert moves.n == n_tensors + n_epochs * shuffle
    assert {d for batch in found for d in devices(batch)} == {"meta"}
    assert sum(len(batch[0]) for batch in found) == 20


@pytest.mark.parametrize("shuffle", [False, True])
def test_rows_that_do_not_fit_are_gathered_where_they_are(shuffle, monkeypatch):
    monkeypatch.setattr(placing, "_BYTES", 20 * (3 * 4 + 8) - 1)
    batches = list(Batches(X, y, 6, shuffle, device="meta"))
    assert {d for batch in batches for d in devices(batch)} == {"cpu"}
    rows = torch.cat([target for _, target in batches])
    assert torch.equal(torch.cat([inputs for inputs, _ in batches]), X[rows])
    monkeypatch.setattr(placing, "_BYTES", 20 * (3 * 4 + 8))
    assert devices(next(iter(Batches(X, y, 6, shuffle, device="meta")))) == {"meta"}


def test_the_order_is_the_same_on_every_device(monkeypatch):
    drawn = []
    randperm = torch.randperm
    monkeypatch.setattr(
        torch, "randperm", lambda n: drawn.append(randperm(n)) or drawn[-1]
    )
    orders = []
    for device in ("cpu", "meta"):
        torch.manual_seed(3)
        list(Batches(X, y, 6, True, device=device))
        orders.append(drawn[-1].tolist())
    assert orders[0] == orders[1]


def test_inputs_can_be_on_the_device_already():
    there = X.to("meta")
    assert placed((there, y, None), "meta")[0] is there
    batch = next(iter(Batches(there, y, 6, True, device="meta")))
    assert devices(batch) == {"meta"}


def test_nothing_is_moved_to_the_cpu():
    assert placed((X, None), "cpu") == [X, None]
    assert taken(X, slice(2, 4), "cpu").data_ptr() == X[2:].data_ptr()


@pytest.mark.parametrize("rows", [slice(2, 5), torch.tensor([4, 1])])
def test_a_gpu_of_cuda_gets_rows_while_the_host_goes_on(rows, monkeypatch):
    seen = []

    def to(device, non_blocking):
        seen.append((device, non_blocking))
        return "there"

    def pinned(tensor, which):
        assert (tensor is X, which is rows) == (True, True)
        return SimpleNamespace(to=to)

    monkeypatch.setattr(placing, "_pinned", pinned)
    assert taken(X, rows, "cuda") == "there"
    assert seen == [("cuda", True)]


@pytest.mark.parametrize("rows", [slice(2, 5), torch.tensor([4, 1])])
@pytest.mark.parametrize("tensor", [X, y])
def test_what_is_pinned_are_the_rows(tensor, rows, monkeypatch):
    made = []
    empty = torch.empty

    def without_gpu(shape, dtype, pin_memory):
        made.append(pin_memory)
        return empty(shape, dtype=dtype)

    monkeypatch.setattr(torch, "empty", without_gpu)
    monkeypatch.setattr(
        torch.Tensor, "pin_memory", lambda self: made.append(True) or self
    )
    assert torch.equal(placing._pinned(tensor, rows), tensor[rows])
    assert made == [True]


def test_a_quarter_of_the_free_memory_of_a_gpu_can_be_taken(monkeypatch):
    free = {"mem_get_info": (700, 10_000), "memory_reserved": 300}
    for name, value in {**free, "memory_allocated": 200}.items():
        monkeypatch.setattr(torch.cuda, name, lambda device, value=value: value)
    assert placing._usable_bytes(torch.device("cuda")) == 200
