import os
import random
import shutil
import sqlite3
import stat
import subprocess
import threading
import time
import warnings
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_automl.exceptions import CheckpointError, SearchWarning
from sklearn_automl.storage import SEED, Checkpoint, Event, _checkpoint, describe
from sklearn_automl.storage._files import harden
from tests import forked_workers
from tests.full_disk import no_file_grows

IDENTITY = {"estimator": "Tree()", "X": "ndarray of shape (3, 2)"}
EVENTS = [
    Event(kind, f"job {i}", f"result {i}" * 30 if kind == "tell" else "")
    for i in range(20)
    for kind in ("ask", "tell")
]


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "search.db")


def write(path, events=EVENTS, identity=IDENTITY):
    with Checkpoint(path) as checkpoint:
        checkpoint.claim(identity)
        checkpoint.append(events)


def read(path):
    with Checkpoint(path) as checkpoint:
        return checkpoint.events


def message(path):
    with pytest.raises(CheckpointError) as raised:
        Checkpoint(path)
    assert repr(path) in str(raised.value)
    return str(raised.value)


# ---- what is written is read -----------------------------------------------------


def test_a_new_file_is_empty(path):
    with Checkpoint(path) as checkpoint:
        assert checkpoint.events == []
        assert checkpoint.identity == {}


def test_what_was_written_is_read_again_in_order(path):
    write(path)
    with Checkpoint(path) as checkpoint:
        assert checkpoint.events == EVENTS
        assert checkpoint.identity == IDENTITY


def test_events_are_added_to_those_that_are_there(path):
    write(path, EVENTS[:7])
    write(path, EVENTS[7:])
    assert read(path) == EVENTS


def test_a_path_can_be_an_object_and_have_any_name(tmp_path):
    path = tmp_path / "50% of ?#ü 'search'.db"
    write(path)
    assert read(path) == EVENTS
    assert [p.name for p in tmp_path.iterdir() if "journal" not in p.name] == [
        path.name
    ]


def test_events_are_on_disk_before_the_end(path):
    with Checkpoint(path) as checkpoint:
        checkpoint.claim(IDENTITY)
        checkpoint.append(EVENTS[:3])
        until = time.monotonic() + 60
        while b"result 0" not in open(path, "rb").read():  # noqa: SIM115
            assert time.monotonic() < until
            time.sleep(0.01)


def test_a_copy_of_a_file_is_another_file(path):
    write(path)
    shutil.copy(path, path + "2")
    write(path + "2", [Event("ask", "job 20")])
    assert len(read(path)) + 1 == len(read(path + "2"))


# ---- another search --------------------------------------------------------------


def test_the_seed_is_known_as_soon_as_a_search_has_claimed_the_file(path):
    with Checkpoint(path) as checkpoint:
        assert checkpoint.seed is None
        checkpoint.claim({**IDENTITY, SEED: "7"})
        assert checkpoint.seed == 7


def test_the_same_search_goes_on(path):
    write(path)
    with Checkpoint(path) as checkpoint:
        checkpoint.claim(dict(IDENTITY))


def test_another_search_is_refused_and_what_differs_is_named(path):
    write(path)
    other = {"estimator": "Forest()", "X": IDENTITY["X"], "groups": "7"}
    with Checkpoint(path) as checkpoint, pytest.raises(CheckpointError) as raised:
        checkpoint.claim(other)
    assert str(raised.value).splitlines()[1:3] == [
        "- estimator: it was Tree(), and is now Forest()",
        "- groups: it was not given, and is now 7",
    ]
    assert read(path) == EVENTS


def test_of_a_long_estimator_only_the_parameters_that_differ_are_named(path):
    many = {f"parameter_{i}": None for i in range(100)}
    rate = {"learning_rate": 0.1, "booster": "a, (b", **many}
    before = make_pipeline(StandardScaler(), SimpleNamespace(**rate))
    now = make_pipeline(
        StandardScaler(), SimpleNamespace(**{**rate, "learning_rate": 0.2})
    )
    with Checkpoint(path) as checkpoint:
        checkpoint.claim({"estimator": describe(before)})
    with Checkpoint(path) as checkpoint, pytest.raises(CheckpointError) as raised:
        checkpoint.claim({"estimator": describe(now)})
    assert str(raised.value).splitlines()[1:-1] == [
        "- estimator.steps[1][1].learning_rate: it was 0.1, and is now 0.2"
    ]


# ---- one at a time ---------------------------------------------------------------


def hold(path, connection):
    """Have the file open until this process is killed or told to end."""
    with Checkpoint(path) as checkpoint:
        checkpoint.claim({"a": "b"})
        connection.send("open")
        connection.recv()


@pytest.fixture
def holder(path):
    """Another process that has the file open."""
    context = forked_workers.processes()
    here, there = context.Pipe()
    process = context.Process(target=hold, args=(path, there), daemon=True)
    process.start()
    assert here.recv() == "open"
    yield process
    process.kill()
    process.join()


def try_to_open(path, connection):
    connection.send(message(path))


@pytest.mark.workers
def test_a_second_process_is_refused_at_once(path, holder):
    began = time.monotonic()
    assert "is in use by another search" in message(path)
    assert time.monotonic() - began < 5


@pytest.mark.workers
def test_a_killed_process_leaves_no_lock(path, holder):
    holder.kill()
    holder.join()
    assert read(path) == []


def test_a_second_search_of_this_process_is_refused(path):
    with Checkpoint(path):
        assert "is in use" in message(path)
        # Looking at the file has not freed the lock of the first.
        assert "is in use" in message(path)


@pytest.mark.workers
def test_a_refused_search_does_not_free_the_lock(path):
    with Checkpoint(path) as checkpoint:
        checkpoint.claim({"a": "b"})
        message(path)
        context = forked_workers.processes()
        here, there = context.Pipe()
        process = context.Process(target=try_to_open, args=(path, there), daemon=True)
        process.start()
        assert "is in use" in here.recv()
        process.join()


def test_tables_are_made_together_or_not_at_all(path, monkeypatch):
    broken = (*_checkpoint._SCHEMA, "CREATE nonsense")
    with monkeypatch.context() as patch:
        patch.setattr(_checkpoint, "_SCHEMA", broken)
        message(path)
    assert read(path) == []


def test_events_are_written_together_or_not_at_all(path):
    with pytest.warns(SearchWarning, match="last 2 records"), Checkpoint(path) as open_:
        open_.append([EVENTS[0], Event("tell", "job", ["no text"])])
    assert read(path) == []


def test_an_identity_is_written_as_a_whole_or_not_at_all(path):
    with Checkpoint(path) as checkpoint, pytest.raises(CheckpointError):
        checkpoint.claim({**IDENTITY, "y": ["no text"]})
    with Checkpoint(path) as checkpoint:
        assert checkpoint.identity == {}


def test_a_file_that_was_not_closed_does_not_hold_up_the_end_of_python(path):
    with Checkpoint(path):
        (writer,) = (t for t in threading.enumerate() if "checkpoint" in t.name)
        assert writer.daemon


def test_a_closed_file_is_free_and_its_thread_is_gone(path):
    write(path)
    write(path)
    names = [thread.name for thread in threading.enumerate()]
    assert "sklearn_automl-checkpoint" not in names


# ---- damage ----------------------------------------------------------------------


def test_a_file_of_something_else_is_refused_and_kept(path):
    for content in (b"not a database", b"\0" * 5000, b"SQLite format 3\0" * 500):
        open(path, "wb").write(content)  # noqa: SIM115
        assert "Pass the path of a new file" in message(path)
        assert open(path, "rb").read() == content  # noqa: SIM115


def test_an_empty_file_is_a_new_one(path):
    open(path, "wb").close()
    write(path)
    assert read(path) == EVENTS


def test_a_database_of_another_program_is_refused(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    assert "of another program" in message(path)


def change(path, *statements):
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_newer_format_is_named(path):
    write(path)
    change(path, "PRAGMA user_version = 7")
    assert "format 7" in message(path)
    assert "newer version" in message(path)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET data = 'better' WHERE id = 4",
        "UPDATE events SET kind = 'tell' WHERE id = 3",
        "UPDATE events SET key = 5 WHERE id = 3",
        "UPDATE search SET value = 'Forest()'",
        "DELETE FROM events WHERE id = 3",
        "UPDATE events SET data = x'00ff' WHERE id = 2",
        "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END",
        "CREATE VIEW v AS SELECT * FROM events",
        "CREATE TABLE more (x)",
        "DROP TABLE events",
    ],
)
def test_what_was_changed_by_somebody_else_is_found(path, statement):
    write(path)
    change(path, statement)
    before = open(path, "rb").read()  # noqa: SIM115
    assert "is damaged" in message(path)
    assert open(path, "rb").read() == before  # noqa: SIM115


def test_a_record_without_end_is_not_read(path):
    write(path)
    change(path, "UPDATE events SET data = zeroblob(60000000) WHERE id = 2")
    assert "too big" in message(path)


def outcome(path, content):
    """Return the events of a file with that content, or that it was refused."""
    for name in (path, f"{path}-journal"):
        if os.path.exists(name):
            os.remove(name)
    open(path, "wb").write(content)  # noqa: SIM115
    try:
        return read(path)
    except CheckpointError:
        assert open(path, "rb").read() == content  # noqa: SIM115
        return "refused"


@pytest.mark.slow
def test_a_file_that_was_cut_at_any_byte_of_its_last_page_is_refused(path):
    write(path)
    whole = open(path, "rb").read()  # noqa: SIM115
    for n in range(len(whole) - 4096, len(whole)):
        assert outcome(path, whole[:n]) == "refused"


def test_a_file_that_was_cut_is_refused(path):
    write(path)
    whole = open(path, "rb").read()  # noqa: SIM115
    for n in [1, 15, 99, 100, 511, 4095, 4096, 5000, len(whole) - 1]:
        assert outcome(path, whole[:n]) == "refused"


def test_a_page_that_is_malformed_is_damage(path):
    what = "database disk image is malformed"
    with Checkpoint(path) as checkpoint:
        error = checkpoint._problem(sqlite3.DatabaseError(what))
    assert f"is damaged: {what}" in str(error)


@pytest.mark.parametrize("seed", range(3))
def test_a_flipped_byte_is_never_a_wrong_record(path, seed):
    write(path)
    whole = open(path, "rb").read()  # noqa: SIM115
    rng = random.Random(seed)
    for _ in range(100):
        flipped = bytearray(whole)
        flipped[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        # Bytes that nothing uses can change without a word.
        assert outcome(path, bytes(flipped)) in ("refused", EVENTS)


# ---- where nothing can be written ------------------------------------------------


def test_a_folder_that_is_not_there_is_named(tmp_path):
    assert "No such file or directory" in message(str(tmp_path / "no" / "search.db"))


def test_a_folder_in_place_of_a_file_is_refused(tmp_path):
    assert "no regular file" in message(str(tmp_path))


def test_a_file_in_place_of_a_folder_is_refused(path):
    write(path)
    assert "Not a directory" in message(path + "/search.db")


def test_a_nul_byte_is_refused(tmp_path):
    message(str(tmp_path) + "/a\0b")


def test_a_name_that_is_too_long_is_refused(tmp_path):
    message(str(tmp_path / ("x" * 300)))


@pytest.mark.parametrize("suffix", ["", "-journal"])
def test_links_are_refused(path, tmp_path, suffix):
    target = tmp_path / "target"
    target.write_bytes(b"precious")
    os.symlink(target, path + suffix)
    assert "is a link" in message(path)
    assert target.read_bytes() == b"precious"


def test_only_its_owner_can_read_it(path):
    before = os.umask(0)
    try:
        with Checkpoint(path) as checkpoint:
            checkpoint.claim(IDENTITY)
            checkpoint.append(EVENTS)
            folder = os.path.dirname(path)
            modes = {
                stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
                for name in os.listdir(folder)
            }
    finally:
        os.umask(before)
    assert modes == {0o600}


@pytest.fixture
def attempts(monkeypatch):
    """How many events the thread that writes has been given, each time."""
    insert, sizes = Checkpoint._insert, []

    def noting(self, n_written, events):
        is_written = insert(self, n_written, events)
        sizes.append(len(events))
        return is_written

    monkeypatch.setattr(Checkpoint, "_insert", noting)
    return sizes


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def full_disk(path, attempts):
    """An open checkpoint with ten events, and ten more that were not written."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checkpoint = Checkpoint(path)
        checkpoint.claim(IDENTITY)
        checkpoint.append(EVENTS[:10])
        wait_until(lambda: sum(attempts) == 10)
        with no_file_grows(os.path.getsize(path)):
            checkpoint.append([Event("tell", "job", "x" * 5000)] * 10)
            wait_until(lambda: sum(attempts) == 20)
            yield checkpoint


def test_a_disk_that_is_full_is_told_at_the_end(path, attempts):
    with (
        full_disk(path, attempts) as checkpoint,
        pytest.warns(SearchWarning, match="The last 10 records could not be written"),
    ):
        checkpoint.close()
    assert read(path) == EVENTS[:10]


def test_a_disk_that_has_space_again_gets_everything(path, attempts):
    with full_disk(path, attempts) as checkpoint:
        pass
    checkpoint.append([Event("ask", "job")])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checkpoint.close()
    assert len(read(path)) == 21


@pytest.fixture
def disk(tmp_path):
    """A file system of its own with 64 kB, where this may be mounted."""
    folder = str(tmp_path / "disk")
    os.mkdir(folder)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        pytest.skip("this user may not mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_disk_that_fills_up_keeps_what_was_written_and_can_go_on(disk):
    path = os.path.join(disk, "search.db")
    large = [Event("tell", f"job {i}", "x" * 3000) for i in range(50)]
    checkpoint = Checkpoint(path)
    checkpoint.claim(IDENTITY)
    for event in large:
        checkpoint.append([event])
        time.sleep(0.01)
    with pytest.warns(SearchWarning, match="database or disk is full"):
        checkpoint.close()
    kept = read(path)
    assert 0 < len(kept) < 50
    assert kept == large[: len(kept)]
    subprocess.run(["mount", "-o", "remount,size=1m", disk], check=True)
    write(path, large[len(kept) :])
    assert read(path) == large


def test_a_disk_without_any_space_is_told_before_anything_runs(disk):
    with open(os.path.join(disk, "filler"), "wb") as file, suppress(OSError):
        file.write(b"x" * 100_000)
    text = message(os.path.join(disk, "search.db"))
    assert "cannot be" in text


def test_a_disk_that_cannot_be_written_to_is_told(disk):
    path = os.path.join(disk, "search.db")
    write(path)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    assert "cannot be" in message(path)
    assert "cannot be opened" in message(path + "2")
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    assert read(path) == EVENTS


def test_a_database_of_somebody_else_may_run_no_functions():
    connection = sqlite3.connect(":memory:")
    harden(connection)
    (is_trusted,) = connection.execute("PRAGMA trusted_schema").fetchone()
    (is_checked,) = connection.execute("PRAGMA cell_size_check").fetchone()
    connection.close()
    assert (is_trusted, is_checked) == (0, 1)
