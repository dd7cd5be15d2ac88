"""Devices: what is said of one that is not there."""

import pytest

torch = pytest.importorskip("torch")
from sklearn_automl.nas.networks.devices import usable_device  # noqa: E402


@pytest.mark.parametrize("kind", [RuntimeError, AssertionError, NotImplementedError])
def test_the_first_line_says_why_a_device_cannot_be_used(kind, monkeypatch):
    def fail(*args, **kwargs):
        raise kind("It is not here.\nA long story.")

    monkeypatch.setattr(torch, "empty", fail)
    with pytest.raises(
        ValueError, match=r"used: It is not here\. Pass 'auto'"
    ) as error:
        usable_device("xpu")
    assert "story" not in str(error.value)


@pytest.mark.parametrize(("is_there", "expected"), [(True, "cuda"), (False, "cpu")])
def test_a_gpu_is_used_if_there_is_one(is_there, expected, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: is_there)
    assert usable_device("auto") == expected
