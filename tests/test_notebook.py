"""The notebook of the documentation runs, and its pages work in a browser that has no network."""

import json
from html import escape
from time import monotonic, sleep

import nbformat
import pytest
from nbclient import NotebookClient
from oracles.checkpoints import TINY
from support.audit import violations
from support.chromium import needs_chromium
from support.places import ROOT

from attncli import explain, explain_model, rank_heads, similar

BERT = str(TINY / "bert")
NOTEBOOK = ROOT / ".github" / "attention.ipynb"
#: The policy that VS Code puts around the outputs of a notebook; what JupyterLab, VS Code and Colab say of their theme.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src https: http: data:; font-src https:; connect-src https:; child-src https: data: blob:;"
)
DARK = ["body data-jp-theme-light=false", "body class=vscode-dark", "html theme=dark"]


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook with its outputs, run in an empty folder."""
    notebook, folder = nbformat.read(NOTEBOOK, 4), tmp_path_factory.mktemp("notebook")
    NotebookClient(notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    assert not [*folder.iterdir()]
    return notebook


@pytest.fixture
def opened(browser, tmp_path):
    """Opens outputs in one page without a network; nothing is asked for or complained of in the end."""
    offline = {"latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    browser.cdp("Network.enable")
    browser.cdp("Network.emulateNetworkConditions", offline=True, **offline)

    def opened(outputs, start="body", policy="", **how):
        head, body = (start, "body") if start.startswith("html") else ("html", start)
        policy = f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">' if policy else ""
        head = f"<!doctype html><{head} lang=en><meta charset=utf-8><title>Notebook</title>{policy}"
        page = f"{head}<{body}><main><h1>Cell</h1>{''.join(outputs)}"
        (tmp_path / "host.html").write_text(page, encoding="utf-8")
        return browser.open(tmp_path / "host.html", **how)

    yield opened
    browser.driver.switch_to.default_content()
    complaints = browser.log("browser")
    browser.cdp("Network.emulateNetworkConditions", **offline | {"offline": False, "downloadThroughput": -1})
    assert complaints == []
    assert {url.partition(":")[0] for url in browser.requests()} <= {"file", "about", "data", "blob"}


def enter(browser, number=0):
    """Into a frame, once its page is drawn; returns the number of frames."""
    browser.driver.switch_to.default_content()
    frames = browser.all("iframe")
    browser.run("arguments[0].scrollIntoView({ block: 'center' })", frames[number])  # one out of sight is not drawn
    browser.driver.switch_to.frame(frames[number])
    browser.settle()
    return len(frames)


def arrived(folder, pattern, seconds=20):
    """The files of a pattern, as soon as there are any."""
    end = monotonic() + seconds
    while not (found := [*folder.glob(pattern)]) and monotonic() < end:
        sleep(0.05)
    return found


def html_of(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return ["".join(output["data"]["text/html"]) for output in outputs if "text/html" in output.get("data", {})]


def test_the_notebook_is_kept_without_outputs():
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(code) > 8
    assert not [cell for cell in code if cell["outputs"] or cell["execution_count"] is not None]
    assert {*notebook["metadata"]} == {"kernelspec", "language_info"}
    nbformat.validate(notebook)


def test_every_value_has_one_line_and_a_page(executed):
    data = [output["data"] for cell in executed.cells for output in cell.get("outputs", ()) if "data" in output]
    framed = [each for each in data if "<iframe" in "".join(each.get("text/html", ""))]
    assert len(framed) >= 5
    assert all(each["text/plain"].startswith("<") and "\n" not in each["text/plain"] for each in framed)
    assert [each for each in data if "image/png" in each]  # the figure


@needs_chromium
def test_its_pages_work_without_a_network(executed, opened, tmp_path):
    outputs = html_of(executed)
    browser = opened(outputs, width=1100, height=900)
    assert not browser.all("[id]")  # names that two outputs could share
    assert not [line for line in browser.all("iframe + p") if line.is_displayed()]
    count = enter(browser)
    assert count == len([each for each in outputs if "<iframe" in each])
    for number in range(count):
        enter(browser, number)
        assert browser.run("return window.origin") == "null"  # no reach out of the frame
        assert browser.run("return document.body.className").split()[0] == "script"
        columns = browser.run("return getComputedStyle(document.querySelector('#views')).gridTemplateColumns")
        assert len(columns.split()) == 2
    enter(browser)
    browser.all("#queries button")[5].click()
    assert browser.texts("#queries [aria-pressed=true] bdi") == ["he"]
    browser.choose("scale", "fixed")  # the state is kept where there is no address
    browser.settle()
    browser.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path), eventsEnabled=True)
    browser.all("[data-take=csv]")[0].click()
    assert [*arrived(tmp_path, "*.csv")]
    assert browser.texts("#queries [aria-pressed=true] bdi") == ["he"]


@needs_chromium
@pytest.mark.parametrize("start", DARK)
def test_a_page_is_dark_in_a_dark_notebook(opened, vectors, start):
    browser = opened([explain("a dog", vectors)._repr_html_()], start, POLICY)
    enter(browser)
    assert browser.run("return matchMedia('(prefers-color-scheme: dark)').matches")
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(20, 22, 26)"


@needs_chromium
def test_an_output_that_is_opened_later_is_drawn_for_its_size(opened, vectors):
    hidden = f'<div style="display: none">{similar("a dog sleeps", "the cat rests", vectors)._repr_html_()}</div>'
    browser = opened([hidden], width=720)
    browser.run("document.querySelector('div').style.display = 'block'")
    enter(browser)
    browser.settle()
    assert browser.run("return document.querySelector('#arcs').viewBox.baseVal.width") > 300
    assert browser.run("return document.querySelector('#cells').clientWidth") > 100


@needs_chromium
def test_a_notebook_that_takes_frames_away_shows_the_line(opened, vectors):
    explained = explain("a dog", vectors)
    browser = opened([explained._repr_html_()])
    browser.run("document.querySelectorAll('style, iframe').forEach((each) => each.remove())")
    assert browser.all("p")[0].text == f"{explained!r} Its page is shown where the notebook is trusted."


@needs_chromium
def test_text_of_others_acts_neither_in_the_frame_nor_outside(opened, vectors):
    hostile = """a dog "></iframe><script>window.hacked = 1</script><img src=x onerror="parent.hacked = 1">'"""
    browser = opened([explain(hostile, vectors)._repr_html_()])
    assert browser.run("return window.hacked") is None
    assert len(browser.all("main > *")) == 4  # the heading, the style, the frame and its line
    enter(browser)
    assert browser.run("return window.hacked") is None
    assert browser.text("#sentence") == hostile


@needs_chromium
@pytest.mark.parametrize(("scheme", "width"), [("light", 760), ("dark", 400)])
def test_outputs_break_no_rule_of_accessibility(opened, monkeypatch, scheme, width):
    explained, ranked = explain_model("the dog sat", BERT), rank_heads("the dog sat", BERT, pattern="previous")
    outputs = [explained._repr_html_(), ranked._repr_html_()]
    monkeypatch.setattr("attncli.views.display.notebook.MOST_BYTES", 1000)
    browser = opened([*outputs, explained._repr_html_()], width=width, scheme=scheme)
    assert (len(browser.all("iframe")), len(browser.all("pre")), len(browser.all("img"))) == (1, 1, 1)
    assert violations(browser) == []
    enter(browser)
    assert violations(browser) == []
