"""How an evaluation ended."""

import re
from enum import StrEnum

__all__ = ["Status", "end_of", "status_of_death", "status_of_error"]


class Status(StrEnum):
    """The values of ``cv_results_["status"]``."""

    COMPLETED = "completed"
    #: A fit or a scorer raised, or the score is not finite.
    FAILED = "failed"
    #: It took longer than ``trial_timeout``.
    TIMEOUT = "timeout"
    #: It needed more than ``trial_memory_limit``, or than there is.
    MEMORY = "memory"
    #: Its worker died.
    CRASHED = "crashed"

    @property
    def is_of_the_fit(self) -> bool:
        """Whether the fit or its score is to blame, and no limit and no worker.

        Such an evaluation may succeed with more rows, and says why it failed.
        """
        return self is Status.FAILED


# NumPy raises a MemoryError, torch does not.
_OUT_OF_MEMORY = re.compile(
    r"MemoryError\b|OutOfMemoryError\b|DefaultCPUAllocator|CUDA out of memory"
)


def status_of_error(text: str) -> Status:
    """Return what a traceback says of an evaluation: no memory, or any other reason."""
    # What was raised stands after the innermost frame, without indentation.
    after_frames = text[text.rfind('\n  File "') + 1 :].splitlines()
    raised = "\n".join(line for line in after_frames if not line.startswith(" "))
    return Status.MEMORY if _OUT_OF_MEMORY.search(raised) else Status.FAILED


def status_of_death(death: str) -> tuple[Status, str]:
    """Return the status of what has killed its worker, and what to say of it."""
    text = f"Its worker died, and so did a second one: {death}."
    if "SIGKILL" not in death:
        return Status.CRASHED, text
    why = "Something killed it, probably the system because memory was short."
    return Status.MEMORY, f"{text} {why}"


def end_of(error: str, length: int) -> str:
    """Return the last lines of a traceback, which say what went wrong."""
    if len(error) <= length:
        return error
    return "...\n" + error[-length:].partition("\n")[2]
