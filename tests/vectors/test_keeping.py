"""Sets kept under a name: added, listed, removed, opened."""

import numpy as np
import pytest

from attncli.errors import AttnError, ResourceError, UsageError
from attncli.vectors import open_vectors, places
from attncli.vectors.keeping import add, listed, remove
from attncli.vectors.store import layout

TEXT = "cat 1 2\ndog 3 4\nemu 5 6\ncat 7 8\nfox 9 0\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my.set.txt"
    path.write_text(TEXT)
    return str(path)


def kept(home):
    return sorted(path.name for path in (home / "vectors").iterdir())


@pytest.mark.parametrize("name", [None, "zoo", "注意", "a+b_c-1"])
def test_a_file_is_kept_under_its_name_or_another(file, attn_home, name):
    vectors = add(file, name=name)
    assert (vectors.name, vectors.words, vectors.info.source) == (name or "my-set", 4, file)
    assert kept(attn_home) == [vectors.name]
    assert open_vectors(vectors.name).find(["fox"]) == {"fox": 3}
    assert vectors.notes == (f"'{file}': 1 rows left out, whose word came before",)


@pytest.mark.parametrize(("limit", "words"), [(1, 1), (3, 3), (4, 4), (99, 4)])
def test_a_limit_counts_words(file, limit, words):
    vectors = add(file, limit=limit)
    assert vectors.text(range(vectors.words)) == ["cat", "dog", "emu", "fox"][:words]
    assert vectors.info.duplicates == (words == 4)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_numbers_are_kept_as_asked(file, dtype):
    vectors = add(file, dtype=dtype)
    assert (vectors.info.dtype, vectors.rows([1]).tolist()) == (dtype, [[3, 4]])


@pytest.mark.parametrize("name", ["../x", "a b", "", "a.b", "x" * 101, "attn-en", "attn-world", "-a"])
def test_what_cannot_be_a_name_is_refused_before_anything_is_read(name, attn_home):
    with pytest.raises(UsageError):
        add("no such file", name=name)
    assert not attn_home.exists()


def test_a_name_that_is_taken_is_refused_with_the_way_out(file):
    add(file)
    with pytest.raises(UsageError, match="my-set") as caught:
        add(file)
    assert "attn vectors remove my-set" in caught.value.hint


def test_of_two_additions_of_one_name_at_once_the_second_says_so(file, tmp_path, monkeypatch):
    """The second is under way when the first is done: it must not say that it is kept."""
    (tmp_path / "other.txt").write_text("owl 1 2\n")
    with pytest.raises(UsageError, match="zoo"):
        add(file, name="zoo", progress=lambda *_: add(str(tmp_path / "other.txt"), name="zoo"))
    assert open_vectors("zoo").text([0]) == ["owl"]
    assert [path.name for path in places.folder_for("zoo").parent.iterdir()] == ["zoo"]


@pytest.mark.parametrize("planted", ["folder", "link"])
def test_what_is_in_the_way_is_left_alone(file, attn_home, tmp_path, planted):
    place = attn_home / "vectors" / "zoo"
    place.parent.mkdir(parents=True)
    place.mkdir() if planted == "folder" else place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AttnError, match="in the way"):
        add(file, name="zoo")
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_is_no_vectors_leaves_nothing(tmp_path, attn_home):
    (tmp_path / "a.txt").write_text("cat 1 2\ndog 3\n")
    with pytest.raises(ResourceError, match="line 2"):
        add(str(tmp_path / "a.txt"))
    assert kept(attn_home) == []


def test_without_a_home_nothing_can_be_kept(file, monkeypatch):
    monkeypatch.setattr(places, "home", lambda: None)
    with pytest.raises(AttnError, match="no home"):
        add(file)


def test_a_set_kept_by_name_is_opened_before_one_read_from_a_file(file, attn_home):
    read = open_vectors(file)
    add(file, limit=1)
    assert open_vectors("my-set").words == 1
    assert places.kept_names() == [*places.embedded_sets(), "my-set", read.folder.name]
    assert open_vectors(read.folder.name).words == 4


def test_every_kept_set_is_listed_and_a_damaged_one_with_its_fault(file):
    folders = [add(file, name=name).folder for name in ("a", "b")]
    (folders[0] / layout.MATRIX).write_bytes(b"")
    *embedded, damaged, sound = listed()
    assert [each.name for each in embedded] == [*places.embedded_sets()]
    assert (damaged.vectors, sound.vectors.words) == (None, 4)
    assert "0 bytes instead of" in damaged.fault
    assert sound.size == sum(path.stat().st_size for path in folders[1].iterdir())


def test_removed_is_gone_and_says_what_it_freed(file, attn_home):
    size = sum(path.stat().st_size for path in add(file).folder.iterdir())
    assert remove("my-set") == size
    assert list((attn_home / "vectors").iterdir()) == []
    with pytest.raises(ResourceError, match="my-set"):
        remove("my-set")


def test_a_damaged_set_can_be_removed(file, attn_home):
    (add(file).folder / layout.INDEX).write_bytes(b"x")
    remove("my-set")
    assert kept(attn_home) == []


def test_an_open_set_outlives_its_removal(file):
    vectors = open_vectors(add(file).name)
    remove("my-set")
    np.testing.assert_array_equal(vectors.rows([1]), [[3, 4]])


@pytest.mark.parametrize(
    ("name", "error"),
    [("attn-en", UsageError), ("attn-world", UsageError), ("../x", ResourceError), ("", ResourceError)],
)
def test_what_is_not_kept_is_not_removed(name, error, attn_home):
    with pytest.raises(error):
        remove(name)


def test_a_link_is_not_removed_through(file, attn_home, tmp_path):
    folder = add(file).folder
    (attn_home / "vectors" / "other").symlink_to(folder)
    with pytest.raises(ResourceError):
        remove("other")
    assert kept(attn_home) == ["my-set", "other"]


def test_what_is_no_part_of_a_set_is_not_removed_with_it(file):
    thesis = add(file).folder / "thesis.txt"
    thesis.write_text("mine")
    with pytest.raises(AttnError, match=r"holds 'thesis\.txt'"):
        remove("my-set")
    assert thesis.read_text() == "mine"
    thesis.unlink()
    remove("my-set")
