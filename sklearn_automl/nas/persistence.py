"""Fitted networks in files: data, and nothing that runs.

A saved estimator is a zip archive with ``estimator.json`` and an array in NumPy's
format for each tensor of its networks. Reading it builds the network that the text
describes from the registered operations, or from a class that the program has imported;
no pickle is read.
"""

import io
import json
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sklearn_automl.exceptions import warn
from sklearn_automl.nas._categories import encoder_data, encoder_of_data
from sklearn_automl.nas._files import replacing
from sklearn_automl.nas._modules_in_files import (
    class_data,
    class_of_data,
    space_data,
    space_of_data,
)
from sklearn_automl.nas._net_options import is_net_option
from sklearn_automl.nas.architecture import Architecture
from sklearn_automl.nas.networks import is_space
from sklearn_automl.nas.operations import get_operation

__all__ = ["load_estimator", "save_estimator"]

# A file has the first format that can hold it, so that older versions read it.
_FORMAT_OF_OWN_MODULES = 2
_FORMAT_OF_SEVERAL = 3
_FORMAT_OF_CATEGORIES = _FORMAT = 4
_SPEC = "estimator.json"
_ARRAYS = "weights/"
# Of the second and later networks that predict together.
_ARRAYS_OF_MEMBER = "members/{}/"

# Attributes of a fitted estimator that can be written as they are.
_PLAIN = (
    "best_score_",
    "channels_",
    "n_trials_",
    "reference_score_",
    "share_of_epochs_",
    "stop_reason_",
    "search_time_",
    "refit_time_",
)
# The keys that the text must have, and their types.
_TYPES = {
    "params": dict,
    "architecture": dict,
    "input_shape": list,
    "n_outputs": int,
    "net": dict,
    "fitted": dict,
    "history": list,
}
# The errors that reading a damaged or foreign file can raise.
_MALFORMED = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
# Parameters that can be classes, of torch or of a module that was imported.
_CLASSES = ("criterion", "optimizer")
# Attributes of a regressor's net that decode the target.
_OF_TARGET = ("y_mean_", "y_scale_", "y_is_flat_")


def save_estimator(estimator: Any, path: Any) -> None:
    """Write a fitted estimator to a file.

    Parameters
    ----------
    estimator : NASClassifier or NASRegressor
        Fitted.

    path : str or path-like
        The file.
    """
    text = json.dumps(_spec_of(estimator), indent=1, default=_of_numpy)
    with (
        replacing(path) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.writestr(_SPEC, text)
        for place, net in enumerate(estimator.estimators_):
            for name, tensor in net.module_.state_dict().items():
                buffer = io.BytesIO()
                array = tensor.detach().cpu().numpy()
                np.lib.format.write_array(buffer, array, allow_pickle=False)
                archive.writestr(f"{_folder(place)}{name}.npy", buffer.getvalue())


def _folder(place: int) -> str:
    """Return where the tensors of a network are."""
    return _ARRAYS_OF_MEMBER.format(place) if place else _ARRAYS


def _spec_of(estimator: Any) -> dict[str, Any]:
    """Return all of a fitted estimator but its weights, as data."""
    net = estimator.best_estimator_
    params = estimator.get_params(deep=False)
    spec: dict[str, Any] = {
        "format": 1,
        "class": type(estimator).__name__,
        # Parameters that are objects are not saved: loading sets their defaults. A
        # history is a file of this machine, and somebody else's.
        "params": {k: v for k, v in params.items() if _is_plain(v) and k != "history"},
        "input_shape": list(estimator.input_shape_),
        "n_outputs": net.module__n_outputs,
        **_member_data(estimator, net),
        # Of an interrupted final training some are absent.
        "fitted": {k: getattr(estimator, k) for k in _PLAIN if hasattr(estimator, k)},
        "history": estimator.history_,
    }
    if "space" in spec:
        spec["format"] = _FORMAT_OF_OWN_MODULES
    others = estimator.estimators_[1:]
    if others:
        spec["format"] = _FORMAT_OF_SEVERAL
        spec["members"] = [_member_data(estimator, other) for other in others]
    encoder = getattr(estimator, "encoder_", None)
    if encoder is not None:
        spec["format"] = _FORMAT_OF_CATEGORIES
        spec["encoder"] = encoder_data(encoder)
    if isinstance(params.get("class_weight"), dict | list):
        spec["class_weight"] = _pairs(params["class_weight"])
    classes = _classes_data(params)
    if classes:
        spec["classes"] = classes
    for name in ("classes_", "feature_names_in_"):
        if hasattr(estimator, name):
            spec[name] = _as_data(getattr(estimator, name))
    for name in _OF_TARGET:
        if hasattr(net, name):
            values = np.asarray(getattr(net, name)).tolist()
            spec.setdefault("target", {})[name] = values
    return spec


def _classes_data(params: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return the parameters that are classes, as data."""
    classes = {}
    for name in _CLASSES:
        if isinstance(params[name], type):
            classes[name] = class_data(params[name])
        elif callable(params[name]):
            raise ValueError(
                f"{name}={params[name]!r} cannot be saved: a file contains only "
                "classes, and without this function the predictions could differ. "
                "Pass a class, or pickle the estimator."
            )
    return classes


def _member_data(estimator: Any, net: Any) -> dict[str, Any]:
    """Return what makes one of the networks, as data."""
    data: dict[str, Any] = {
        "architecture": net.architecture.to_dict(),
        "net": {name: getattr(net, name) for name in ("batch_size", "random_state")},
    }
    if is_space(net.module):
        space = net.module.bind(estimator.input_shape_)
        data["space"] = space_data(space, net.architecture)
    return data


def load_estimator(kind: type, path: Any) -> Any:
    """Return the estimator that is in a file.

    Parameters
    ----------
    kind : type
        Its class.

    path : str or path-like
        The file.

    Returns
    -------
    object
        The estimator, fitted.
    """
    with _unreadable(kind, path):
        spec, tensors = _read(path)
    _check_spec(spec, kind, path)
    with _unreadable(kind, path):
        for name, type_ in _TYPES.items():
            _check_type(spec[name], name, type_)
        members = [_member_of_data(m) for m in (spec, *spec.get("members", []))]
    for member in members:
        member.check()
    classes = {k: class_of_data(v) for k, v in spec.get("classes", {}).items()}
    with _unreadable(kind, path):
        return _restore(kind, spec, members, tensors, path, classes)


@dataclass
class _Member:
    """What makes one of the networks that predict together."""

    architecture: Architecture
    options: dict[str, Any]
    space_data: dict[str, Any] | None

    def check(self) -> None:
        """Refuse operations that are not registered; find the class of a space."""
        if self.space_data is not None:
            self.options["module"] = space_of_data(self.space_data)
            return
        for node in self.architecture.nodes:
            get_operation(node.operation)  # says what to register


def _member_of_data(data: dict[str, Any]) -> _Member:
    _check_type(data["net"], "net", dict)
    architecture = Architecture.from_dict(data["architecture"])
    return _Member(architecture, dict(data["net"]), data.get("space"))


@contextmanager
def _unreadable(kind: type, path: Any) -> Iterator[None]:
    """Raise what a malformed file leads to as an error that names the file."""
    try:
        yield
    except _MALFORMED as error:
        raise ValueError(
            f"path={str(path)!r} does not hold a {kind.__name__}: {error}. Pass a file "
            f"that {kind.__name__}.save has written."
        ) from error


def _read(path: Any) -> tuple[dict[str, Any], list[dict[str, torch.Tensor]]]:
    """Return the text of a file, and the tensors of each network."""
    with zipfile.ZipFile(path) as archive:
        spec = json.loads(archive.read(_SPEC))
        _check_type(spec, _SPEC, dict)
        _check_type(spec["format"], "format", int)
        _check_type(spec["class"], "class", str)
        n_networks = 1 + len(spec.get("members", []))
        tensors = [_read_tensors(archive, _folder(i)) for i in range(n_networks)]
    return spec, tensors


def _read_tensors(archive: zipfile.ZipFile, folder: str) -> dict[str, torch.Tensor]:
    return {
        name[len(folder) : -len(".npy")]: _read_tensor(archive, name)
        for name in archive.namelist()
        if name.startswith(folder)
    }


def _check_type(value: Any, name: str, type_: type) -> None:
    if not isinstance(value, type_):
        raise TypeError(f"{name} is no {type_.__name__}, but {value!r}")


def _check_spec(spec: dict[str, Any], kind: type, path: Any) -> None:
    if spec["format"] > _FORMAT:
        raise ValueError(
            f"path={str(path)!r} has format {spec['format']}, and this version of "
            f"sklearn_automl reads up to {_FORMAT}. Install the newer version that "
            "wrote it."
        )
    if spec["class"] != kind.__name__:
        raise ValueError(
            f"path={str(path)!r} holds a {spec['class']}: load it with "
            f"{spec['class']}.load."
        )


def _read_tensor(archive: zipfile.ZipFile, name: str) -> torch.Tensor:
    buffer = io.BytesIO(archive.read(name))
    return torch.from_numpy(np.lib.format.read_array(buffer, allow_pickle=False))


def _restore(
    kind: type,
    spec: dict[str, Any],
    members: list[_Member],
    tensors: list[dict[str, torch.Tensor]],
    path: Any,
    classes: dict[str, type],
) -> Any:
    names = kind().get_params(deep=False)
    params = {
        k: _as_tuple(v)
        for k, v in spec["params"].items()
        if k in names or is_net_option(k)
    }
    estimator = kind(**params, **{k: v for k, v in classes.items() if k in _CLASSES})
    if "class_weight" in spec:
        estimator.set_params(class_weight=_of_pairs(spec["class_weight"]))
    _go_to_a_device(estimator, path)
    estimator.best_architecture_ = members[0].architecture
    estimator.input_shape_ = tuple(spec["input_shape"])
    for name in ("classes_", "feature_names_in_"):
        if name in spec:
            setattr(estimator, name, _of_data(spec[name]))
    _restore_encoder(estimator, spec)
    for name, value in spec["fitted"].items():
        if name in _PLAIN:
            setattr(estimator, name, value)
    estimator.history_ = spec["history"]
    estimator.estimators_ = [
        _restored_net(estimator, spec, member, own, place)
        for place, (member, own) in enumerate(zip(members, tensors, strict=True))
    ]
    estimator.best_estimator_ = estimator.estimators_[0]
    names = ("module", "architecture", "random_state")
    estimator._final_options = [
        {name: getattr(net, name) for name in names} for net in estimator.estimators_
    ]
    return estimator


def _restore_encoder(estimator: Any, spec: dict[str, Any]) -> None:
    if "encoder" not in spec:
        estimator.encoder_ = None
        estimator.n_features_in_ = estimator.input_shape_[0]
        return
    names = getattr(estimator, "feature_names_in_", None)
    estimator.encoder_ = encoder = encoder_of_data(spec["encoder"], names)
    estimator.n_features_in_ = encoder.n_features_in_
    n_inputs = len(encoder.get_feature_names_out())
    if estimator.input_shape_ != (n_inputs,):
        raise ValueError(f"the encoder makes {n_inputs} inputs for the networks")


def _restored_net(
    estimator: Any,
    spec: dict[str, Any],
    member: _Member,
    tensors: dict[str, torch.Tensor],
    place: int,
) -> Any:
    """Return a net of an estimator, which can predict and go on learning."""
    net = estimator._make_net(spec["n_outputs"])
    net.set_params(architecture=member.architecture, n_threads=None, **member.options)
    net.initialize()
    net.module_.load_state_dict(tensors)
    for name in _OF_TARGET:
        if name in spec.get("target", {}):
            value = spec["target"][name]
            is_array = isinstance(value, list)
            setattr(net, name, np.array(value) if is_array else value)
    # What it was trained on has decided how inputs and targets are standardised.
    net.knows_inputs_ = net.knows_target_ = True
    for epoch in spec["history"]:
        if epoch.get("phase") != "supernet" and epoch.get("member", 0) == place:
            net.history.append({**epoch, "batches": []})
    return net


def _go_to_a_device(estimator: Any, path: Any) -> None:
    """Let an estimator be on the CPU if its device is not here."""
    try:
        estimator._device()
    except ValueError as error:
        warn(
            f"path={str(path)!r} was saved with another device. {error} It was loaded "
            "with device='cpu'."
        )
        estimator.set_params(device="cpu")


# ---- JSON --------------------------------------------------------------------------


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(_is_plain(v) for v in value)
    return value is None or isinstance(value, bool | int | float | str | np.number)


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value


def _of_numpy(value: Any) -> Any:
    """Return what JSON can hold of a number of NumPy's."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(
        f"{value!r} of {type(value)} cannot be saved: it is not plain data."
    )


def _as_data(labels: Any) -> dict[str, Any]:
    """Return an array as data, or a list of them."""
    if isinstance(labels, list):
        return {"several": [_as_data(own) for own in labels]}
    return {"dtype": labels.dtype.str, "values": labels.tolist()}


def _pairs(weights: Any) -> dict[str, Any]:
    """Return weights of classes as data, in which labels keep their types."""
    if isinstance(weights, list):  # of several labels
        return {"several": [_pairs(own) for own in weights]}
    return {"pairs": list(weights.items())}


def _of_pairs(data: dict[str, Any]) -> Any:
    if "several" in data:
        return [_of_pairs(own) for own in data["several"]]
    return dict(data["pairs"])  # a list of pairs


def _of_data(data: dict[str, Any]) -> Any:
    if "several" in data:
        return [_of_data(own) for own in data["several"]]
    return np.array(data["values"], dtype=np.dtype(data["dtype"]))
