"""Words that the command line is given, found in a set however they are written; what it lacks is said."""

import json

from support.command import attn


def explained(tmp_path, attn_home, content, *options):
    (tmp_path / "set.txt").write_text(content, encoding="utf-8")
    done = attn("explain", *options, "--vectors", "set.txt", "--json", cwd=tmp_path, env={"ATTN_HOME": str(attn_home)})
    return json.loads(done.stdout), done.stderr


def test_emoji_are_words_where_the_set_has_them_and_unknown_where_not(tmp_path, attn_home):
    content = "the 1 0 0\ndog 0 1 0\n🐕 0 1 1\n❤ 1 1 0\nC++ 1 2 3\ncafe\u0301 1 1 1\n"
    sentence = "the 🐕 ❤️ 🐈 C++ café dog €"
    found, said = explained(tmp_path, attn_home, content, sentence, "--word", "🐕")
    assert [token["word"] for token in found["tokens"]] == ["the", "🐕", "❤", "C++", "cafe\u0301", "dog"]
    assert [each["text"] for each in found["unknown"]] == ["🐈", "€"]
    assert "🐈" in said
