import gc
import os
from itertools import count

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy: a worker a core runs already

import hypothesis  # noqa: F401  (its start asks the collector, which is told to look away below)
import pytest

NUMBERS = count()


def pytest_collection_finish():
    """The collected tests live to the end: the collector need not go through all of them over and over."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def home_of_fixtures(tmp_path_factory):
    """For the commands of fixtures that many tests share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTN_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session", autouse=True)
def tiny_writer():
    """The tour asks a tiny model for the next word, not the smallest that is installed, which takes seconds to read."""
    from functools import cache

    from oracles.checkpoints import TINY

    from attncli import open_model

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("attncli.tour.next.writing_model", cache(lambda: open_model(TINY / "gpt2")))
        yield


@pytest.fixture(autouse=True)
def attn_home(tmp_path_factory, monkeypatch):
    """No test reads or writes what the person running it keeps; a folder is made by the few that keep something."""
    home = tmp_path_factory.getbasetemp() / "homes" / f"attn home {next(NUMBERS)}"
    monkeypatch.setenv("ATTN_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def vectors():
    """The embedded set."""
    from attncli import open_vectors

    return open_vectors()


@pytest.fixture
def write(tmp_path):
    def write(content, name="set.txt"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A real one; its tests are marked with `needs_chromium`."""
    from support.chromium import Browser

    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.driver.quit()


@pytest.fixture
def show(browser, tmp_path):
    """Opens the page of an explanation or a comparison; nothing may have left it or gone wrong on it in the end."""
    from attncli.corpus.treebank_heads import TreebankHeads
    from attncli.recipes.alignment import Alignment
    from attncli.recipes.explanation import Explanation
    from attncli.recipes.head_effects import HeadEffects
    from attncli.recipes.text_similarity import Similarity
    from attncli.views.page import comparison_page, effects_page, explanation_page
    from attncli.views.page.alignment import alignment_page
    from attncli.views.page.similarity import similarity_page
    from attncli.views.page.treebank import treebank_page

    def show(record, scale="auto", **how):
        pages = {Explanation: explanation_page, HeadEffects: effects_page, Alignment: alignment_page}
        pages |= {Similarity: similarity_page, TreebankHeads: treebank_page}
        page = pages.get(type(record), comparison_page)
        (tmp_path / "page.html").write_text(page(record, scale), encoding="utf-8")
        return browser.open(tmp_path / "page.html", **how)

    yield show
    assert browser.log("browser") == []
    assert {url.partition(":")[0] for url in browser.requests()} == {"file"}
