"""What another runtime makes of a model in the ONNX format."""

import functools
import importlib

import pytest


def onnx_outputs(model, path, *inputs):
    """Return what the runtime makes of each of the inputs, after one export."""
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    _translate_once()
    model.to_onnx(path)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = [session.run(None, {"X": X})[0] for X in inputs]
    return found[0] if len(inputs) == 1 else found


@functools.cache
def _translate_once():
    """Keep what torch knows of its functions, which it reads from source each time.

    That is more than half of an export. Without these names, exports are only slower.
    """
    try:
        module = importlib.import_module("torch.onnx._internal.exporter._registration")
        registry = module.ONNXRegistry
        made = functools.cache(registry.from_torchlib)
        registry.from_torchlib = staticmethod(made)
    except (ImportError, AttributeError):
        pass
