"""Publishing documentation of several versions: .ci/publish_doc.py, .ci/push_doc."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sklearn_automl

ROOT = Path(__file__).parents[1]
ADDRESS = "https://example.org/doc/"
publish_doc = runpy.run_path(str(ROOT / ".ci" / "publish_doc.py"))["main"]


def built(folder, version, *more_pages):
    """Write what a build of this version has, as far as publishing reads it."""
    folder.mkdir()
    script = f"DOCUMENTATION_OPTIONS.theme_switcher_version_match = '{version}';"
    for name in ["index.html", *more_pages]:
        (folder / name).write_text(f"<script>{script}</script>", encoding="utf-8")
    return folder


@pytest.fixture
def publish(tmp_path):
    """Publish a fake build; return the site and its list of versions."""
    site = tmp_path / "site"

    def of(*versions):
        for version in versions:
            pages = built(tmp_path / "html", version)
            publish_doc(pages, site, ADDRESS)
            shutil.rmtree(pages)
        return site, json.loads((site / "switcher.json").read_text("utf-8"))

    return of


def version_in(folder):
    page = (folder / "index.html").read_text("utf-8")
    return re.search("match = '(.*)'", page)[1]


def test_each_version_keeps_an_address_of_its_own(publish):
    site, _ = publish("0.1", "dev", "0.2")
    assert [version_in(site / name) for name in ("0.1", "0.2", "dev")] == [
        "0.1",
        "0.2",
        "dev",
    ]


def test_the_list_begins_with_dev_and_goes_from_new_to_old(publish):
    _, listed = publish("0.9", "0.10", "dev", "1.0")
    assert [entry["version"] for entry in listed] == ["dev", "1.0", "0.10", "0.9"]


def test_the_newest_release_is_stable(publish):
    site, listed = publish("0.10", "0.9", "dev")
    assert version_in(site / "stable") == "0.10"
    assert [entry for entry in listed if entry.get("preferred")] == [
        {
            "name": "0.10 (stable)",
            "version": "0.10",
            "url": f"{ADDRESS}stable/",
            "preferred": True,
        }
    ]


def test_every_address_of_the_list_has_pages(publish):
    site, listed = publish("0.1", "0.2", "dev")
    for entry in listed:
        folder = entry["url"].removeprefix(ADDRESS)
        assert version_in(site / folder) == entry["version"]


@pytest.mark.parametrize(
    ("versions", "first"), [(["dev"], "dev/"), (["0.1", "dev"], "stable/")]
)
def test_the_address_of_the_site_leads_to_pages(publish, versions, first):
    site, _ = publish(*versions)
    page = (site / "index.html").read_text("utf-8")
    assert f'content="0; url={first}"' in page
    assert f'href="{first}"' in page


def test_before_the_first_release_nothing_is_preferred(publish):
    site, listed = publish("dev")
    assert listed == [{"version": "dev", "url": f"{ADDRESS}dev/"}]
    assert not (site / "stable").exists()


def test_new_pages_of_a_version_replace_all_of_its_old_ones(tmp_path):
    site = tmp_path / "site"
    publish_doc(built(tmp_path / "first", "0.1", "gone.html"), site, ADDRESS)
    publish_doc(built(tmp_path / "second", "0.1", "new.html"), site, ADDRESS)
    for folder in ("0.1", "stable"):
        pages = sorted(path.name for path in (site / folder).iterdir())
        assert pages == ["index.html", "new.html"]


def test_github_keeps_folders_that_begin_with_an_underscore(publish):
    assert (publish("dev")[0] / ".nojekyll").exists()


@pytest.mark.parametrize("version", ["../dev", "stable", "0.1.2", ""])
def test_pages_of_an_unknown_version_are_refused(publish, version):
    site, _ = publish("0.1")
    before = sorted(site.rglob("*"))
    with pytest.raises(SystemExit, match="must be 'dev' or two numbers"):
        publish(version)
    assert sorted(site.rglob("*")) == before


def test_pages_that_were_not_built_for_the_site_are_refused(tmp_path):
    (tmp_path / "index.html").write_text("<html></html>", encoding="utf-8")
    with pytest.raises(SystemExit, match="-t site"):
        publish_doc(tmp_path, tmp_path / "site", ADDRESS)
    assert not (tmp_path / "site").exists()


# ---- doc/conf.py -------------------------------------------------------------------


@pytest.fixture
def configuration(monkeypatch):
    """Run doc/conf.py for a version, with Sphinx's tags."""

    def of(version, *tags):
        monkeypatch.setattr(sys, "path", [*sys.path])
        monkeypatch.setattr(sklearn_automl, "__version__", version)
        return runpy.run_path(str(ROOT / "doc" / "conf.py"), {"tags": set(tags)})

    return of


@pytest.mark.parametrize(
    ("version", "name"),
    [("0.2.0.dev0", "dev"), ("0.2.0", "0.2"), ("0.10.3", "0.10"), ("0.2.0rc1", "dev")],
)
def test_published_pages_name_their_release(configuration, version, name):
    options = configuration(version, "site")["html_theme_options"]
    assert options["switcher"]["version_match"] == name


def test_published_pages_tell_search_engines_of_the_stable_ones(configuration):
    address = configuration("0.2.0", "site")["html_baseurl"]
    assert re.fullmatch(r"https://\S+/stable/", address)


def test_a_local_build_has_no_switcher(configuration):
    local = configuration("0.2.0")
    assert "html_baseurl" not in local
    assert not {"switcher", "show_version_warning_banner"} & set(
        local["html_theme_options"]
    )


# ---- .ci/push_doc ------------------------------------------------------------------


@pytest.fixture
def push(tmp_path, monkeypatch):
    """Push fake builds from a clone; return what git answers in its origin."""
    if not (shutil.which("git") and shutil.which("bash")):
        pytest.skip("needs git and bash")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)  # a commit hook has variables of its own repository
    monkeypatch.setenv("PYTHON", sys.executable)
    origin, clone = tmp_path / "origin.git", tmp_path / "clone"

    def git(*arguments, of=origin):
        command = ["git", "-C", str(of), *arguments]
        return subprocess.check_output(command, text=True).strip()

    subprocess.check_call(["git", "init", "--quiet", "--bare", str(origin)])
    subprocess.check_call(["git", "init", "--quiet", str(clone)])
    git("remote", "add", "origin", str(origin), of=clone)
    author = ["-c", "user.name=me", "-c", "user.email=me@example.org"]
    git(*author, "commit", "--quiet", "--allow-empty", "-m", "code", of=clone)

    def of(*versions):
        for version in versions:
            pages = built(tmp_path / "html", version)
            script = ROOT / ".ci" / "push_doc"
            subprocess.run(
                ["bash", str(script), str(pages)],
                cwd=clone,
                check=True,
                capture_output=True,
            )
            shutil.rmtree(pages)
        return git

    return of


def test_a_push_adds_to_the_pages_of_the_branch(push):
    git = push("0.1", "dev")
    assert git("ls-tree", "--name-only", "gh-pages").splitlines() == [
        ".nojekyll",
        "0.1",
        "dev",
        "index.html",
        "stable",
        "switcher.json",
    ]


def test_the_branch_has_one_commit(push):
    git = push("0.1", "dev")
    assert git("rev-list", "--count", "gh-pages") == "1"
