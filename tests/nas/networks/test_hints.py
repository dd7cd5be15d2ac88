"""What is said of a score of validation that there is not."""

import pytest

pytest.importorskip("torch")
from skorch.exceptions import SkorchException

from sklearn_automl.nas.networks.hints import ExplainsMonitors


class Fails:
    def __init__(self, error):
        self.error = error

    def notify(self, method_name, **kwargs):
        raise self.error


class Net(ExplainsMonitors, Fails):
    pass


@pytest.mark.parametrize("kind", [KeyError, SkorchException])
def test_a_missing_score_of_validation_says_what_to_do(kind):
    with pytest.raises(SkorchException, match=r"^No valid_acc\. .*'train_loss'"):
        Net(kind("No valid_acc.")).notify("on_epoch_end")


@pytest.mark.parametrize("error", [KeyError("own"), SkorchException(), KeyError(3)])
def test_another_error_stays_as_it_is(error):
    with pytest.raises(type(error)) as caught:
        Net(error).notify("on_epoch_end")
    assert caught.value is error
