"""What a net prints, where that was asked for."""

__all__ = ["print_epoch"]


def print_epoch(text: str) -> None:
    """Print an epoch.

    skorch compares and pickles ``print`` itself, which Ray replaces.

    Parameters
    ----------
    text : str
        A line of a table.
    """
    print(text)  # noqa: T201
