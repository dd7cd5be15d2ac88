"""Counts how often the host would wait for a device, on the CPU."""

from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

_READS = {"_local_scalar_dense", "nonzero", "masked_select", "equal"}
_METHODS = {"tolist", "numpy", "cpu", "__array__"}
# What makes a tensor of Python's numbers, which then has to go to the device.
_UPLOADS = {"lift_fresh"}


class Waits(TorchDispatchMode):
    """Counts what reads a tensor, and what makes one of numbers of the host."""

    def __init__(self):
        super().__init__()
        self.n, self._methods = 0, _Methods(self)

    def __enter__(self):
        self._methods.__enter__()
        return super().__enter__()

    def __exit__(self, *error):
        super().__exit__(*error)
        return self._methods.__exit__(*error)

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        self.n += name in _READS | _UPLOADS
        return function(*args, **(kwargs or {}))


class _Methods(TorchFunctionMode):
    def __init__(self, waits):
        super().__init__()
        self._waits = waits

    def __torch_function__(self, function, types, args=(), kwargs=None):
        self._waits.n += getattr(function, "__name__", "") in _METHODS
        return function(*args, **(kwargs or {}))


def uncounted(waits, call):
    """Return a function that is called without being counted."""

    def wrapped(*args, **kwargs):
        n = waits.n
        try:
            return call(*args, **kwargs)
        finally:
            waits.n = n

    return wrapped


def pretend(monkeypatch):
    """Let the CPU be a device that the host does not wait for."""
    for place in ("networks.late_losses", "supernet.losses"):
        monkeypatch.setattr(
            f"sklearn_automl.nas.{place}.is_asynchronous", lambda device: True
        )
