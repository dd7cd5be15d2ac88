"""The devices of torch."""

import torch

__all__ = ["usable_device"]


def usable_device(device: str) -> str:
    """Return the device that a parameter means.

    Parameters
    ----------
    device : str
        As torch names it; "auto" is a GPU of CUDA if there is one, else the CPU.

    Returns
    -------
    str
        A device that tensors can be on.

    Raises
    ------
    ValueError
        If there is none of this name.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    # A torch that was built without the device raises an AssertionError.
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise ValueError(
            f"device={device!r} cannot be used: {reason}. Pass 'auto', 'cpu', "
            "'cuda' or another device of torch."
        ) from error
    return device
