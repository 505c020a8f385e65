import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from attncli.errors import ResourceError
from attncli.vectors import catalogue, open_vectors, places, write_store
from attncli.vectors.formats import readers

TEXT = b"cat 1 2\ndog 3 4\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my.set.txt"
    path.write_bytes(TEXT)
    return path


@pytest.fixture
def imports(monkeypatch):
    """Counts the imports."""
    calls, original = [], readers.import_file
    monkeypatch.setattr(readers, "import_file", lambda *args, **options: calls.append(1) or original(*args, **options))
    return calls


def keep(name, words=("king", "queen")):
    write_store(places.folder_for(name), words, np.eye(len(words)), name=name, source="a test")


def stores(home):
    return sorted(path.name for path in (home / "vectors").iterdir())


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"ATTN_HOME": "/a", "XDG_DATA_HOME": "/b", "HOME": "/c"}, Path("/a")),
        ({"XDG_DATA_HOME": "/b", "HOME": "/c"}, Path("/b/attn")),
        ({"ATTN_HOME": "", "XDG_DATA_HOME": "", "HOME": "/c"}, Path("/c/.local/share/attn")),
    ],
)
def test_home_is_where_the_variables_say(monkeypatch, variables, expected):
    for name in ("ATTN_HOME", "XDG_DATA_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert places.home() == expected


def test_a_file_is_imported_once(file, imports, attn_home):
    first, second = open_vectors(file), open_vectors(str(file))
    assert first.find(["dog"]) == second.find(["dog"]) == {"dog": 1}
    assert (second.name, second.info.source, len(imports)) == ("my-set", str(file), 1)
    assert len(stores(attn_home)) == 1
    assert open_vectors("my-set").rows([1]).tolist() == [[3, 4]]


@pytest.mark.parametrize("name", [b"\xff.txt", b"a\nb.txt", "注意.txt".encode(), b"[red]%20?x.txt", b"-.txt"])
def test_a_file_may_have_any_name(tmp_path, name):
    path = os.path.join(tmp_path, os.fsdecode(name))
    Path(path).write_bytes(TEXT)
    assert open_vectors(path).find(["dog"]) == open_vectors(path).find(["dog"]) == {"dog": 1}


def test_the_content_of_the_file_is_recorded(file):
    from hashlib import sha256

    assert open_vectors(file).info.source_sha256 == sha256(TEXT).hexdigest()


@pytest.mark.parametrize("replaced", ["in place", "by another file"])
def test_a_replaced_file_of_the_same_size_and_an_older_date_is_read_anew(file, imports, replaced):
    before = file.stat()
    open_vectors(file)
    if replaced == "by another file":
        file.unlink()
    file.write_bytes(TEXT.replace(b"3", b"7"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns - (10**12 if replaced == "by another file" else 0)))
    assert open_vectors(file).rows([1]).tolist() == [[7, 4]]
    assert len(imports) == 2


def test_files_of_one_name_in_two_folders_are_two_sets(file, tmp_path):
    other = tmp_path / "other" / file.name
    other.parent.mkdir()
    other.write_bytes(b"cat 9 9\n")
    assert open_vectors(file).words == 2
    assert open_vectors(other).words == 1
    assert open_vectors(file).words == 2


def test_a_name_without_ending_is_a_kept_set_before_it_is_a_file(tmp_path, monkeypatch, attn_home):
    monkeypatch.chdir(tmp_path)
    Path("glove").write_bytes(b"cat 1\n")
    assert open_vectors("glove").words == 1
    keep("glove")
    assert open_vectors("glove").words == 2
    assert open_vectors("./glove").words == 1
    assert open_vectors(Path("glove")).words == 1


def test_a_store_can_be_opened_by_its_folder(tmp_path):
    write_store(tmp_path / "a store", ["a"], np.ones((1, 1)), name="mine", source="s")
    assert open_vectors(tmp_path / "a store").name == "mine"


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("glvoe", "did you mean 'glove'"),
        ("atn-en", "did you mean 'attn-en'"),
        ("zzzzz", f"there is {', '.join(places.embedded_sets())}, glove"),
    ],
)
def test_a_mistyped_name_is_answered_with_the_nearest(typed, hint):
    keep("glove")
    with pytest.raises(ResourceError, match=f"'{typed}'") as caught:
        open_vectors(typed)
    assert hint in caught.value.hint


@pytest.mark.parametrize("name", ["../x", "..", ".", "", "a/b", "a.b", "-a", "@", "x" * 101, "a\0", "a b", "a@b", "~"])
def test_what_is_no_name_has_no_folder(name):
    assert places.folder_for(name) is None
    with pytest.raises(ResourceError):
        open_vectors(name)


@pytest.mark.parametrize("path", ["glove.6B.100d.txt", "/a/b/..txt", "注意.bin", ".txt", "-.-", "x" * 300, "a b@c.vec"])
def test_every_path_gives_a_name_that_can_be_typed(path):
    assert places.is_name(places.name_for(path))


def test_kept_names_are_the_stores_and_nothing_else(file, tmp_path, attn_home):
    keep("glove")
    open_vectors(file)
    (attn_home / "vectors" / "empty").mkdir()
    (attn_home / "vectors" / ".abc.tmp").mkdir()
    (attn_home / "vectors" / "link").symlink_to(attn_home / "vectors" / "glove")
    assert places.kept_names() == [*places.embedded_sets(), "glove", "my-set"]
    with pytest.raises(ResourceError):
        open_vectors("link")


def test_kept_names_import_nothing_heavy():
    program = """
        import sys
        from attncli.vectors.places import kept_names
        assert kept_names()[0] == "attn-en"
        assert not sys.modules.keys() & {"numpy", "gensim", "sqlite3"}
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)


def test_a_planted_link_is_not_followed(file, tmp_path, attn_home):
    elsewhere = tmp_path / "elsewhere"
    write_store(elsewhere, ["evil"], np.ones((1, 1)), name="evil", source="s")
    place = places.folder_for("my-set", catalogue._identity(str(file)))
    place.parent.mkdir(parents=True)
    place.symlink_to(elsewhere)
    vectors = open_vectors(file)
    assert vectors.find(["cat", "evil"]) == {"cat": 0}
    assert len(vectors.notes) == 1
    assert len(list(elsewhere.iterdir())) == 3


def spoil(home, how, monkeypatch):
    if how == "a file in the way":
        home.write_text("")
    elif how == "no home":
        monkeypatch.delenv("ATTN_HOME")
        monkeypatch.delenv("XDG_DATA_HOME", raising=False)
        monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError))
    else:
        mkdir = Path.mkdir
        refused = OSError(30, "Read-only file system")

        def refuse(path, *args, **options):
            if str(path).startswith(str(home)):
                raise refused
            mkdir(path, *args, **options)

        monkeypatch.setattr(Path, "mkdir", refuse)


@pytest.mark.parametrize("how", ["a file in the way", "no home", "read-only"])
def test_where_nothing_can_be_kept_the_file_is_read_with_one_note(file, attn_home, how, monkeypatch):
    spoil(attn_home, how, monkeypatch)
    vectors = open_vectors(file)
    assert vectors.find(["dog"]) == {"dog": 1}
    assert len(vectors.notes) == 1
    assert "could not be kept" in vectors.notes[0]
    assert str(file) in vectors.notes[0]


def test_a_temporary_import_is_removed_at_exit(file, tmp_path):
    program = f"""
        import sys
        from attncli.vectors import open_vectors
        vectors = open_vectors({str(file)!r})
        assert vectors.notes
        print(vectors.folder)
    """
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    environment = {**os.environ, "ATTN_HOME": str(blocked), "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, env=environment,
                          capture_output=True, text=True)  # fmt: skip
    folder = Path(done.stdout.strip())
    assert folder.is_relative_to(tmp_path)
    assert not folder.parent.exists()
    assert done.stderr == ""


def test_eight_first_uses_at_once_make_one_store(tmp_path, attn_home):
    path = tmp_path / "set.txt"
    path.write_bytes(b"".join(b"w%d %d 1\n" % (i, i) for i in range(5000)))
    program = f"from attncli.vectors import open_vectors; print(open_vectors({str(path)!r}).find(['w4999']))"
    running = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(8)
    ]
    assert [process.communicate()[0] for process in running] == ["{'w4999': 4999}\n"] * 8
    assert len(stores(attn_home)) == 1


def test_a_damaged_kept_store_says_how_to_mend_it(file, attn_home):
    folder = open_vectors(file).folder
    os.truncate(folder / "vectors.npy", 64)
    with pytest.raises(ResourceError, match="damaged") as caught:
        open_vectors(file)
    assert str(folder) in caught.value.hint


@pytest.mark.parametrize("name", places.EMBEDDED_SETS)
def test_an_embedded_set_is_the_package_s_or_the_checkout_s(name, tmp_path, monkeypatch):
    package = tmp_path / "attncli"
    monkeypatch.setattr(places, "__file__", str(package / "vectors" / "places.py"))
    assert places.embedded(name) == tmp_path / "data" / name
    (package / "data" / name).mkdir(parents=True)
    assert places.embedded(name) == package / "data" / name
    assert list(places.embedded_sets()) == [each for each in places.EMBEDDED_SETS if each in ("attn-en", name)]
