"""What skorch's documentation shows works on the net that a search returns.

Each test is a snippet of the page that its section names, with ``best_estimator_`` in
the place of ``NeuralNet(MyModule)``.
"""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_val_predict,
    train_test_split,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

torch = pytest.importorskip("torch")
from skorch import callbacks as cb  # noqa: E402
from skorch.dataset import Dataset, ValidSplit  # noqa: E402
from skorch.helper import SliceDataset, predefined_split  # noqa: E402
from skorch.toy import MLPModule  # noqa: E402
from torch import nn  # noqa: E402
from torch.optim.lr_scheduler import (  # noqa: E402
    CyclicLR,
    ReduceLROnPlateau,
    StepLR,
)
from torch.utils.data import TensorDataset  # noqa: E402

from sklearn_automl.nas import ArchitectureClassifier, ModuleSpace  # noqa: E402
from tests.nas.tiny import tiny_classifier, tiny_regressor  # noqa: E402

X, y = make_classification(200, 10, n_informative=5, random_state=0)
X = X.astype(np.float32)
y = y.astype(np.int64)


@pytest.fixture(scope="module")
def fitted():
    return tiny_classifier(max_epochs=3, n_trials=1).fit(X, y).best_estimator_


@pytest.fixture
def net(fitted):
    """The net of a search, as it is after ``fit``."""
    return copy.deepcopy(fitted)


@pytest.fixture
def new(fitted, tmp_path, monkeypatch):
    """Return nets with the same parameters and others; files are in an own folder."""
    monkeypatch.chdir(tmp_path)
    return lambda **params: clone(fitted).set_params(**params)


def losses(net, name="train_loss"):
    return net.history[:, name]


# ---- quickstart ------------------------------------------------------------------


def test_training_a_model(new):
    net = new(max_epochs=4, lr=0.01, iterator_train__shuffle=True)
    assert net.fit(X, y).predict_proba(X).shape == (200, 2)


def test_in_a_pipeline(new):
    pipe = Pipeline([("scale", StandardScaler()), ("net", new())])
    assert pipe.fit(X, y).predict_proba(X).shape == (200, 2)


def test_grid_search(new):
    params = {"lr": [0.01, 0.02], "max_epochs": [1, 2]}
    search = GridSearchCV(new(), params, refit=False, cv=2, scoring="accuracy")
    assert search.fit(X, y).best_score_ > 0.5


def test_grid_search_of_arguments_of_a_module():
    space = ModuleSpace(MLPModule, input_units=10, output_units=2, hidden_units=[4, 8])
    net = tiny_classifier(search_space=space).fit(X, y).best_estimator_
    module = net.module_.module
    assert isinstance(module, MLPModule)
    assert module.hidden_units in (4, 8)


# ---- neuralnet -------------------------------------------------------------------


class MyModule(nn.Module):
    def __init__(self, num_units=10, dropout=0.5):
        super().__init__()
        self.dense = nn.Linear(10, num_units)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(num_units, 2)

    def forward(self, X):
        return self.output(self.dropout(torch.relu(self.dense(X))))


def test_module_and_its_arguments():
    net = ArchitectureClassifier(MyModule, module__num_units=20, module__dropout=0.1)
    assert net.fit(X, y).module_.dense.out_features == 20


def test_special_arguments(new):
    net = new(
        criterion=nn.CrossEntropyLoss,
        criterion__weight=torch.tensor([1.0, 2.0]),
        optimizer=torch.optim.SGD,
        optimizer__momentum=0.9,
    ).fit(X, y)
    assert net.criterion_.weight.tolist() == [1, 2]
    assert net.optimizer_.defaults["momentum"] == 0.9


def test_groups_of_parameters_have_rates_of_their_own(new):
    groups = [("nodes.*", {"lr": 0.0}), ("output.bias", {"lr": 1.0})]
    net = new(optimizer__param_groups=groups).initialize()
    before = copy.deepcopy(net.module_.state_dict())
    net.partial_fit(X, y)
    after = net.module_.state_dict()
    trained = [n for n, _ in net.module_.named_parameters() if n.startswith("nodes.")]
    assert all(torch.equal(before[name], after[name]) for name in trained)
    assert not torch.equal(before["output.bias"], after["output.bias"])
    assert [group["lr"] for group in net.optimizer_.param_groups] == [0, 1, net.lr]


def test_learning_rate_of_the_optimizer_comes_first(new):
    net = new(optimizer__lr=0.0).fit(X, y)
    assert net.optimizer_.param_groups[0]["lr"] == 0
    assert len(set(np.round(losses(net), 1))) == 1


def test_a_number_of_epochs_for_fit_loop(net):
    net.fit_loop(X, y, epochs=5)
    assert len(net.history) == 8


def test_batch_sizes(new):
    net = new(batch_size=-1, iterator_valid__batch_size=64).fit(X, y)
    assert losses(net, "train_batch_count") == [1, 1, 1]
    net = new(iterator_train__batch_size=20).fit(X, y)
    assert losses(net, "train_batch_count") == [10, 10, 10]


def test_train_split(new):
    net = new(train_split=ValidSplit(5)).fit(X, y)
    assert min(losses(net, "valid_loss")) > 0
    assert net.history[-1, "batches", -1, "valid_batch_size"] == 40


class MyCallback(cb.Callback):
    def __init__(self, foo=0):
        self.foo = foo

    def on_epoch_end(self, net, **kwargs):
        net.history.record("foo", self.foo)


def test_callbacks_with_and_without_names(new):
    net = new(callbacks=[MyCallback(1), cb.ProgressBar]).fit(X, y)
    assert losses(net, "foo") == [1, 1, 1]
    net = new(callbacks=[("cb1", MyCallback()), ("cb2", MyCallback())])
    net.set_params(callbacks__cb2__foo=123)
    assert losses(net.fit(X, y), "foo") == [123, 123, 123]


def test_warm_start(net):
    net.set_params(warm_start=True).fit(X, y)
    assert len(net.history) == 6


# ---- callbacks -------------------------------------------------------------------


def test_every_method_of_a_callback_is_called(new):
    called = set()

    class All(cb.Callback):
        def initialize(self):
            called.add("initialize")
            return self

        def on_train_begin(self, net, X, y, **kwargs):
            called.add("train_begin")

        def on_train_end(self, net, X, y, **kwargs):
            called.add("train_end")

        def on_epoch_begin(self, net, dataset_train, dataset_valid, **kwargs):
            called.add("epoch_begin")

        def on_epoch_end(self, net, dataset_train, dataset_valid, **kwargs):
            called.add("epoch_end")

        def on_batch_begin(self, net, batch, training, **kwargs):
            called.add("batch_begin")

        def on_batch_end(self, net, batch, training, loss, y_pred, **kwargs):
            called.add("batch_end")

        def on_grad_computed(self, net, named_parameters, batch, **kwargs):
            called.add("grad_computed")

    new(callbacks=[All()]).fit(X, y)
    assert len(called) == 8


def test_parameters_of_a_default_callback(new):
    net = new().set_params(callbacks__train_loss__lower_is_better=False)
    assert losses(net.fit(X, y), "train_loss_best")[-1] is False


def test_callbacks_are_deactivated(new):
    net = new(callbacks=[("my_callback", MyCallback())])
    net.set_params(callbacks__my_callback=None)
    assert "foo" not in net.fit(X, y).history[-1]


@pytest.mark.parametrize("scoring", ["f1", "roc_auc", None, lambda net, X, y: 0.5])
@pytest.mark.parametrize("on_train", [True, False])
def test_scores_of_epochs(new, scoring, on_train):
    score = cb.EpochScoring(
        scoring, name="mine", lower_is_better=False, on_train=on_train
    )
    net = new(callbacks=[score], train_split=ValidSplit(4, stratified=True))
    history = net.fit(X, y).history
    assert all(0 <= value <= 1 for value in history[:, "mine"])
    assert history[0, "mine_best"] is True


def in_the_second_epoch(net):
    return len(net.history) == 2


@pytest.mark.parametrize("monitor", [None, "train_loss_best", in_the_second_epoch])
def test_a_checkpoint_monitors_what_it_is_told(new, monitor, tmp_path):
    checkpoint = cb.Checkpoint(monitor=monitor, f_pickle="whole.pkl")
    new(callbacks=[checkpoint]).fit(X, y)
    assert pickle.loads((tmp_path / "whole.pkl").read_bytes()).predict(X).shape == (
        200,
    )


def test_early_stopping_and_checkpoint_have_their_defaults(new, tmp_path):
    callbacks = [cb.EarlyStopping(sink=str), cb.Checkpoint(load_best=True)]
    net = new(
        callbacks=callbacks, train_split=ValidSplit(5), max_epochs=200, lr=0.05
    ).fit(X, y)
    assert len(net.history) < 200
    assert (tmp_path / "params.pt").exists()
    best = min(losses(net, "valid_loss"))
    assert net.history[-1, "valid_loss"] == best  # it has gone back there


@pytest.mark.parametrize(
    ("scheduler", "last"),
    [
        (cb.LRScheduler(StepLR, step_size=1, gamma=0.5), 0.25),
        (cb.LRScheduler("ExponentialLR", gamma=0.1), 0.01),
        (cb.LRScheduler(ReduceLROnPlateau, patience=99), 1),
        (cb.LRScheduler(CyclicLR, base_lr=0.02, max_lr=0.04, step_size_up=2), 2),
    ],
)
def test_learning_rate_schedulers(new, scheduler, last):
    rates = []

    class Rates(cb.Callback):
        def on_grad_computed(self, net, *args, **kwargs):
            rates.append(net.optimizer_.param_groups[0]["lr"])

    net = new(callbacks=[("lr_scheduler", scheduler), Rates()], lr=0.02)
    net.fit(X, y)
    seen = losses(net, "event_lr")
    assert seen[-1] == pytest.approx(0.02 * last)
    assert rates[:: len(rates) // 3] == seen


def test_a_search_of_what_a_scheduler_does(new):
    scheduler = cb.LRScheduler(CyclicLR, base_lr=0.001, max_lr=0.01)
    search = GridSearchCV(
        new(callbacks=[("lr_scheduler", scheduler)]),
        param_grid={"callbacks__lr_scheduler__max_lr": [0.01, 0.1]},
        cv=2,
    )
    assert search.fit(X, y).best_score_ > 0.5


def test_other_callbacks(new):
    others = [
        cb.GradientNormClipping(1.0),
        cb.Freezer("nodes.*"),
        cb.BatchScoring("accuracy", name="batch_acc", on_train=True),
        cb.PrintLog(sink=str),
        cb.EpochTimer(),
    ]
    net = new(callbacks=others).fit(X, y)
    frozen = net.module_.nodes.parameters()
    assert not any(parameter.requires_grad for parameter in frozen)


# ---- saving and loading ----------------------------------------------------------


def test_a_pipeline_is_pickled(new):
    model = Pipeline([("my-features", StandardScaler()), ("net", new())]).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_parameters_are_saved(net, new):
    net.save_params(f_params="some-file.pkl")
    new_net = new().initialize()
    new_net.load_params(f_params="some-file.pkl")
    np.testing.assert_array_equal(new_net.predict_proba(X), net.predict_proba(X))


def test_parameters_with_history_and_optimizer_are_saved(new):
    net = new().fit(X, y, epochs=2)
    files = {
        "f_params": "model.pkl",
        "f_optimizer": "opt.pkl",
        "f_history": "history.json",
    }
    net.save_params(**files)
    new_net = new().initialize()
    new_net.load_params(**files)
    new_net.partial_fit(X[:50] + 9, y[:50], epochs=2)
    assert len(new_net.history) == 4
    # It is not standardised by the few rows that it is trained further on.
    assert torch.equal(new_net.module_.input_mean, net.module_.input_mean)


def test_checkpoints_are_made_and_loaded(new):
    split = {"train_split": ValidSplit(5), "max_epochs": 4}
    cp = cb.Checkpoint(dirname="exp1")
    train_end_cp = cb.TrainEndCheckpoint(dirname="exp1")
    first = new(callbacks=[cp, train_end_cp], **split).fit(X, y)
    n_best = max(np.flatnonzero(losses(first, "event_cp"))) + 1

    cp = cb.Checkpoint(dirname="exp1")
    net = new(callbacks=[cp, cb.LoadInitState(cp)], lr=0.001, **split).fit(X, y)
    assert losses(net, "epoch") == list(range(1, n_best + 5))

    cp_from_final = cb.Checkpoint(dirname="exp1", fn_prefix="from_train_end_")
    load_state = cb.LoadInitState(train_end_cp)
    net = new(callbacks=[cp_from_final, load_state], **split).fit(X, y)
    assert losses(net, "epoch") == list(range(1, 9))

    net = new().initialize()
    net.load_params(checkpoint=cp)
    assert net.predict(X).shape == (200,)


def test_a_checkpoint_within_a_training_does_not_keep_its_rate(new):
    cp = cb.Checkpoint(monitor=None, f_history=None)
    new(callbacks=[cp]).fit(X, y)
    net = new().initialize()
    net.load_params(f_params="params.pt", f_optimizer="optimizer.pt")
    assert net.optimizer_.param_groups[0]["lr"] == net.lr


def test_another_experiment_begins_anew(new):
    cp = cb.Checkpoint(dirname="exp2", monitor=None)
    net = new(callbacks=[cp, cb.LoadInitState(cp)]).fit(X, y)
    assert len(net.history) == 3


# ---- history ---------------------------------------------------------------------


def test_places_in_the_history(new):
    history = new(train_split=ValidSplit(5)).fit(X, y).history
    assert history[-1]["train_loss"] == history[-1, "train_loss"]
    assert len(history[:, ("train_loss", "valid_loss")]) == 3
    assert history[1, "batches", 3, "train_loss"] > 0
    assert history[-1, "batches", -1]["valid_loss"] > 0
    assert len(history[-1, "batches", :, "train_batch_size"]) == 10


def test_records_in_the_history(net):
    net.history.new_epoch()
    net.history.record("my-score", 123)
    net.history.new_batch()
    net.history.record_batch("my-batch-score", 456)
    assert net.history[-1, "batches", -1, "my-batch-score"] == 456


# ---- data ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "split",
    [
        ValidSplit(),
        ValidSplit(None),
        ValidSplit(3, stratified=True),
        ValidSplit(0.25),
        ValidSplit(0.25, stratified=True, random_state=0),
        ValidSplit(StratifiedKFold(4)),
        ValidSplit([(np.arange(150), np.arange(150, 200))]),
    ],
)
@pytest.mark.parametrize("labels", [[0, 1], ["no", "yes"]])
def test_splits(new, split, labels):
    stratifies = isinstance(split.cv, StratifiedKFold)
    split = ValidSplit(split.cv, stratified=True) if stratifies else split
    target = np.array(labels)[y]
    net = new(train_split=split, classes=np.array(labels)).fit(X, target)
    assert 0 < losses(net, "valid_acc")[-1] <= 1
    assert losses(net, "valid_loss")[-1] < 2


def test_predictions_of_a_cross_validation(new):
    assert cross_val_predict(new(train_split=None), X, y, cv=3).shape == (200,)


def test_tensors_and_frames(new):
    pd = pytest.importorskip("pandas")
    expected = new().fit(X, y).predict_proba(X)
    for data in (torch.tensor(X), pd.DataFrame(X)):
        np.testing.assert_array_equal(new().fit(data, y).predict_proba(data), expected)


class Plain(torch.utils.data.Dataset):
    """A dataset that does not say where its data is."""

    def __getitem__(self, i):
        return X[i], y[i]

    def __len__(self):
        return len(X)


@pytest.mark.parametrize(
    "dataset",
    [Dataset(X, y), TensorDataset(torch.tensor(X), torch.tensor(y)), Plain()],
)
def test_datasets(new, dataset):
    expected = new().fit(X, y).predict_proba(X)
    net = new().fit(dataset, None)
    np.testing.assert_array_equal(net.predict_proba(X), expected)
    np.testing.assert_array_equal(net.predict_proba(dataset), expected)


def test_a_dataset_of_slices(new):
    ds = Dataset(X, y)
    search = GridSearchCV(new(), {"lr": [0.01, 0.02]}, cv=2)
    search.fit(SliceDataset(ds, idx=0), np.asarray(SliceDataset(ds, idx=1)))
    assert search.best_score_ > 0.5


# ---- questions -------------------------------------------------------------------


def test_l2_regularisation(new):
    net = new(optimizer__weight_decay=0.01).fit(X, y)
    assert net.optimizer_.defaults["weight_decay"] == 0.01


def test_a_training_is_continued(net):
    net.partial_fit(X, y)
    assert losses(net, "epoch") == list(range(1, 7))


def test_validation_rows_of_ones_own(new):
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    valid_ds = Dataset(X_test, y_test)
    net = new(train_split=predefined_split(valid_ds)).fit(X_train, y_train)
    assert net.history[-1, "valid_acc"] == np.mean(net.predict(X_test) == y_test)
    net = new(train_split=predefined_split(valid_ds)).fit(
        Dataset(X_train, y_train), None
    )
    assert net.history[-1, "valid_acc"] == np.mean(net.predict(X_test) == y_test)


def test_a_module_that_is_initialized():
    module = MyModule()
    for n_units in (module.dense.out_features, 7):
        options = {} if n_units == 10 else {"module__num_units": n_units}
        net = ArchitectureClassifier(module, max_epochs=2, **options).fit(X, y)
        assert (net.module_ is module) == (n_units == 10)
        assert net.module_.dense.out_features == n_units


def test_gradients_are_accumulated(fitted):
    class GradAccNet(ArchitectureClassifier):
        def __init__(self, *args, acc_steps=2, **kwargs):
            super().__init__(*args, **kwargs)
            self.acc_steps = acc_steps

        def get_loss(self, *args, **kwargs):
            return super().get_loss(*args, **kwargs) / self.acc_steps

        def train_step(self, batch, **fit_params):
            n_train_batches = len(self.history[-1, "batches"])
            step = self.train_step_single(batch, **fit_params)
            if n_train_batches % self.acc_steps == 0:
                self.optimizer_.step()
                self.optimizer_.zero_grad()
            return step

    net = GradAccNet(**fitted.get_params(deep=False)).fit(X, y)
    assert net.score(X, y) > 0.5


def test_the_size_of_the_input_is_set_by_the_data():
    setter = cb.InputShapeSetter(param_name="input_units")
    net = ArchitectureClassifier(MLPModule, callbacks=[setter], max_epochs=2)
    assert net.fit(X, y).predict(X).shape == (200,)


# ---- performance, customization --------------------------------------------------


def test_verbosity(new, capsys):
    new(verbose=0).fit(X, y)
    assert capsys.readouterr().out == ""
    new(verbose=1).fit(X, y)
    assert "train_loss" in capsys.readouterr().out


def test_all_callbacks_are_disabled(new):
    net = new(callbacks="disable").fit(X, y)
    assert "train_loss" not in net.history[-1]
    assert net.score(X, y) > 0.5


def test_some_default_callbacks_are_disabled(new):
    net = new(callbacks__train_loss=None, callbacks__valid_loss=None).fit(X, y)
    assert "train_loss" not in net.history[-1]


def test_another_loss(fitted):
    class RegularizedNet(ArchitectureClassifier):
        def __init__(self, *args, lambda1=0.01, **kwargs):
            super().__init__(*args, **kwargs)
            self.lambda1 = lambda1

        def get_loss(self, y_pred, y_true, X=None, training=False):
            loss = super().get_loss(y_pred, y_true, X=X, training=training)
            weights = self.module_.parameters()
            return loss + self.lambda1 * sum(w.abs().sum() for w in weights)

    net = RegularizedNet(**fitted.get_params(deep=False), lambda1=0.1).fit(X, y)
    plain = clone(fitted).fit(X, y)
    assert sum(w.abs().sum() for w in net.module_.parameters()) < sum(
        w.abs().sum() for w in plain.module_.parameters()
    )


def test_modules_and_optimizers_of_ones_own(fitted):
    class MyNet(ArchitectureClassifier):
        def initialize_module(self, *args, **kwargs):
            super().initialize_module(*args, **kwargs)
            self.module2_ = nn.Linear(2, 2, **self.get_params_for("module2"))
            return self

        def initialize_optimizer(self, *args, **kwargs):
            super().initialize_optimizer(*args, **kwargs)
            options = self.get_params_for("optimizer2")
            self.optimizer2_ = torch.optim.SGD(self.module2_.parameters(), **options)
            return self

    params = fitted.get_params(deep=False)
    net = MyNet(**params, module2__bias=False, optimizer2__lr=0.1).fit(X, y)
    net.set_params(optimizer2__lr=0.05).partial_fit(X, y)
    assert net.optimizer2_.param_groups[0]["lr"] == 0.05


def test_a_net_that_is_only_to_predict(net):
    expected = net.predict_proba(X)
    net.trim_for_prediction()
    np.testing.assert_array_equal(net.predict_proba(X), expected)


# ---- the same for numbers --------------------------------------------------------


def test_a_regressor_is_a_net_as_well(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X, y = make_regression(100, 4, random_state=0)
    fitted = tiny_regressor(max_epochs=3, n_trials=1).fit(X, y).best_estimator_
    net = clone(fitted).set_params(
        train_split=ValidSplit(5),
        callbacks=[
            cb.EarlyStopping(sink=str),
            cb.Checkpoint(),
            cb.TrainEndCheckpoint(),
        ],
    )
    net.fit(X, y).partial_fit(X[:20], y[:20])
    assert len(losses(net, "valid_loss")) == 6
    new_net = clone(fitted).initialize()
    new_net.load_params(f_params="train_end_params.pt")
    with pytest.raises(Exception, match="does not know the scale of its target"):
        new_net.predict(X)
    assert pickle.loads(pickle.dumps(net)).predict(X).shape == (100,)
