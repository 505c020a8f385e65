"""gensim-data from a server of the same layout: whatever it does, the set is kept whole or it is said why not."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from support.gensim_data import PACKED, ROWS, GensimData

from attncli.errors import ResourceError, UsageError
from attncli.vectors import download, gensim_parts, open_vectors
from attncli.vectors.pulling import offer, pull


@pytest.fixture
def planted(tmp_path):
    """A file that appears if any code that came along is run."""
    yield tmp_path / "planted"
    assert not (tmp_path / "planted").exists()


@pytest.fixture
def site(tmp_path, planted, monkeypatch):
    site, data = GensimData(planted), gensim_parts.gensim_data()
    monkeypatch.setattr(data, "DATA_LIST_URL", f"{site.url}/list.json")
    monkeypatch.setattr(data, "DOWNLOAD_BASE_URL", site.url)
    monkeypatch.setattr(data, "BASE_DIR", str(tmp_path / "gensim-data"))
    monkeypatch.setattr(download, "PAUSE", 0.0)
    yield site
    site.close()


def left(home):
    """What lies about besides whole stores."""
    return [str(path) for path in home.rglob("*") if path.parent.parent != home / "vectors" and path.parent != home]


@pytest.mark.parametrize("name", ["tiny", "split"])
def test_a_set_is_fetched_and_kept(site, attn_home, name):
    heard = []
    vectors = pull(name, lambda *what: heard.append(what))
    assert (vectors.name, vectors.words, vectors.dimensions, vectors.info.licence) == (name, ROWS, 3, "CC0")
    assert vectors.info.source.startswith(f"{site.url}/{name}/{name}.gz")
    assert open_vectors(name).rows([5]).tolist() == [[5, 5, 1]]
    assert (f"downloading {name}", len(PACKED), len(PACKED)) in heard
    assert left(attn_home) == [str(attn_home / "vectors" / name)]
    assert not [path for path, _ in site.requests if path.endswith(".py")]


def test_the_layout_is_the_one_that_gensim_fetches_from(site, tmp_path):
    """gensim's own code, against the same server."""
    program = f"""
        from gensim import downloader
        downloader.DOWNLOAD_BASE_URL = {site.url!r}
        downloader._load_info.__defaults__ = ({site.url!r} + "/list.json", "utf-8")
        print(downloader.load("tiny", return_path=True))
    """
    env = os.environ | {"GENSIM_DATA_DIR": str(tmp_path / "theirs")}
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, env=env, capture_output=True)
    assert (tmp_path / "theirs" / "tiny" / "tiny.gz").read_bytes() == PACKED


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("name", ["tiny", "split"])
def test_a_download_that_breaks_off_goes_on(site, name, ranges):
    site.break_offs, site.ranges = 2, ranges
    assert pull(name).words == ROWS
    assert any(start for _, start in site.requests) == ranges


def test_what_an_interrupted_download_left_is_used(site, attn_home):
    folder = attn_home / "downloads" / "tiny"
    folder.mkdir(parents=True)
    (folder / "tiny.gz").write_bytes(PACKED[:100])
    pull("tiny")
    assert ("/tiny/tiny.gz", 100) in site.requests


@pytest.mark.parametrize("rest", [b"something else", PACKED + b"more", b"x" * len(PACKED)])
def test_what_does_not_match_is_fetched_anew(site, attn_home, rest):
    folder = attn_home / "downloads" / "tiny"
    folder.mkdir(parents=True)
    (folder / "tiny.gz").write_bytes(rest)
    assert pull("tiny").words == ROWS


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda site: site.sets["tiny"].update(checksum="0" * 32), "checksum"),
        (lambda site: site.files.pop("/tiny/tiny.gz"), "404"),
        (lambda site: site.sets.pop("tiny"), "no word vectors named 'tiny'"),
        (lambda site: site.sets["tiny"].pop("checksum"), "nothing usable"),
        (lambda site: setattr(site, "break_offs", 10**9), "broke off"),
        (lambda site: site.close(), "cannot be fetched"),
        (lambda site: setattr(site, "content", lambda path: b"<html>"), "does not give the list"),
        (lambda site: setattr(site, "content", lambda path: None), "404"),
    ],
)
def test_what_cannot_be_had_is_said_and_nothing_is_kept(site, attn_home, break_it, says):
    break_it(site)
    with pytest.raises(ResourceError, match=says) as caught:
        pull("tiny")
    assert caught.value.hint
    assert not (attn_home / "vectors").exists() or not os.listdir(attn_home / "vectors")


def test_a_server_that_says_nothing_is_given_up(site, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", 0.05)
    site.pause = 0.4
    started = time.monotonic()
    with pytest.raises(ResourceError, match="timed out"):
        pull("tiny")
    assert time.monotonic() - started < 10


def test_a_slow_server_is_waited_for(site):
    site.pause = 0.1
    assert pull("tiny").words == ROWS


def test_without_a_network_the_list_that_gensim_kept_and_its_file_will_do(site, tmp_path, attn_home):
    folder = tmp_path / "gensim-data" / "tiny"
    folder.mkdir(parents=True)
    (folder / "tiny.gz").write_bytes(PACKED)
    (tmp_path / "gensim-data" / "information.json").write_bytes(site.content("/list.json"))
    site.close()
    assert pull("tiny").words == ROWS


@pytest.mark.parametrize("state", ["planted code", "stale _tmp", "empty folder", "corrupt archive", "a pipe", "a link"])
def test_what_lies_in_gensims_folder_neither_runs_nor_hinders(site, tmp_path, planted, state):
    folder = tmp_path / "gensim-data" / "tiny"
    folder.mkdir(parents=True)
    if state == "planted code":
        (folder / "__init__.py").write_bytes(site.files["/tiny/__init__.py"])
        (folder / "tiny.gz").write_bytes(PACKED)
    if state == "stale _tmp":
        folder.rename(folder.with_name("tiny_tmp"))
    if state == "corrupt archive":
        (folder / "tiny.gz").write_bytes(PACKED[:-5])
    if state == "a pipe":
        os.mkfifo(folder / "tiny.gz")
    if state == "a link":
        (folder / "tiny.gz").symlink_to(tmp_path / "nowhere")
    np.testing.assert_array_equal(pull("tiny").rows([9]), [[9, 2, 1]])


@pytest.mark.parametrize("name", ["tiny", "split"])  # a download, and one that is joined of parts
def test_a_link_in_the_place_of_a_download_is_not_written_through(site, attn_home, tmp_path, name):
    (tmp_path / "precious").write_text("precious")
    folder = attn_home / "downloads" / name
    folder.mkdir(parents=True)
    (folder / f"{name}.gz").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic links"):
        pull(name)
    assert (tmp_path / "precious").read_text() == "precious"


@pytest.mark.parametrize("name", ["tiny", "split"])
def test_what_was_not_fetched_is_not_removed_nor_written_through(site, attn_home, tmp_path, name):
    folder = attn_home / "downloads" / name
    folder.mkdir(parents=True)
    (folder / "thesis.txt").write_text("mine")
    pull(name)
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_an_archive_that_is_no_word_vectors_is_refused_and_removed(site, attn_home):
    from support.gensim_data import md5

    site.files["/tiny/tiny.gz"] = b"no vectors at all\n" * 9
    site.sets["tiny"]["checksum"] = md5(site.files["/tiny/tiny.gz"])
    with pytest.raises(ResourceError, match="not word vectors"):
        pull("tiny")
    assert not list((attn_home / "downloads").iterdir())


@pytest.mark.parametrize(
    ("name", "hint"), [("tinny", "tiny"), ("zzz", "split, tiny"), ("text8", "split, tiny"), ("../tiny", "tiny")]
)
def test_a_name_that_is_no_set_is_answered_with_those_that_are(site, name, hint):
    with pytest.raises(ResourceError) as caught:
        pull(name)
    assert hint in caught.value.hint


def test_a_name_that_is_kept_is_refused_without_a_network(site):
    pull("tiny")
    site.close()
    with pytest.raises(UsageError, match="'tiny'"):
        pull("tiny")


def test_a_dry_run_fetches_the_list_alone(site, attn_home):
    offered = offer("split")
    assert offered.urls == (f"{site.url}/split/split.gz_00", f"{site.url}/split/split.gz_01")
    assert (offered.words, offered.dimensions, offered.licence) == (ROWS, 3, "CC0")
    assert [path for path, _ in site.requests] == ["/list.json"]
    assert not attn_home.exists()


def test_a_folder_that_vanishes_before_it_is_opened_is_made_again(tmp_path, monkeypatch):
    opened = os.open

    def vanished(path, flags):
        monkeypatch.setattr(os, "open", opened)
        os.rmdir(path)
        return opened(path, flags)

    monkeypatch.setattr(os, "open", vanished)
    with download.own_folder(tmp_path / "tiny", lambda: None):
        assert (tmp_path / "tiny").is_dir()


def test_eight_at_once_fetch_it_once(site, attn_home):
    site.pause = 0.05
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: pull("tiny").rows([7]).tolist(), range(8)))
    assert found == [[[7, 0, 1]]] * 8
    assert [path for path, _ in site.requests].count("/tiny/tiny.gz") == 1
    assert left(attn_home) == [str(attn_home / "vectors" / "tiny")]


def run(site, tmp_path, program, **how):
    """A process in which gensim-data is the server."""
    before = f"""
        from gensim import downloader
        downloader.DATA_LIST_URL, downloader.DOWNLOAD_BASE_URL = {site.url!r} + "/list.json", {site.url!r}
        downloader.BASE_DIR = {str(tmp_path / "gensim-data")!r}
        from attncli.vectors.pulling import pull
    """
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(before) + textwrap.dedent(program)], **how)


@pytest.mark.parametrize("when", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_download_is_taken_up_again(site, attn_home, tmp_path, when):
    site.pause = 0.6
    program = "pull('tiny', lambda what, done, size: print(what, flush=True))"
    with run(site, tmp_path, program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert b"downloading" in process.stdout.readline()
        process.send_signal(when)
    site.pause = 0.0
    assert pull("tiny").words == ROWS
    assert site.requests[-1][1] > 0 or when != signal.SIGKILL
    assert left(attn_home) == [str(attn_home / "vectors" / "tiny")]


def test_a_disk_that_takes_no_more_is_no_fault_of_the_network(site, tmp_path):
    program = """
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        try:
            pull("tiny")
        except OSError as error:
            assert error.strerror == "File too large", error
        else:
            raise SystemExit("it was written")
    """
    assert run(site, tmp_path, program).wait() == 0
