"""What skorch says of a score that there is not, and what to do."""

from typing import Any

from skorch.exceptions import SkorchException

__all__ = ["ExplainsMonitors"]


class ExplainsMonitors:
    """A net that says why there is no score of validation; a mixin of skorch nets."""

    def notify(self, method_name: str, **kwargs: Any) -> None:
        """Call the callbacks, and explain a missing score."""
        try:
            super().notify(method_name, **kwargs)  # type: ignore[misc]  # of the net
        except (KeyError, SkorchException) as error:
            text = str(error.args[0] if error.args else error).rstrip(".")
            if "valid_" not in text:
                raise
            raise SkorchException(
                f"{text}. Nothing is scored during a training of a search, because its "
                "validation rows are scored afterwards. Pass monitor='train_loss' to "
                "the callback, for instance EarlyStopping(monitor='train_loss'). A net "
                "that is trained alone, such as best_estimator_, has scores with "
                "train_split=ValidSplit(5)."
            ) from error
