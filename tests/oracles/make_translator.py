"""Train the tiny translator of tests/oracles/translator: a Marian from English to German, on sentences of a few words.

    python tests/oracles/make_translator.py          (needs transformers 5, torch and tokenizers; a minute)

Its sentences are all combinations below, so that its heads learn what a translator's do: each word of the target looks
at the word of the source that the next one is made of, also where German puts the verb at the end. One sentence of five
is kept from training; the share of them that it translates without an error is printed.
"""

import json
from itertools import product
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import MarianConfig, MarianMTModel

FOLDER = Path(__file__).parent / "translator"
SUBJECTS = {"She": "Sie", "He": "Er", "Nobody": "Niemand", "Anna": "Anna", "Paul": "Paul", "Everybody": "Jeder"}
OBJECTS = {
    "the": {"elephant": "den Elefanten", "dog": "den Hund", "tree": "den Baum", "moon": "den Mond"}
    | {"cat": "die Katze", "town": "die Stadt", "flower": "die Blume", "sun": "die Sonne"}
    | {"house": "das Haus", "horse": "das Pferd", "book": "das Buch", "child": "das Kind"},
    "a": {"elephant": "einen Elefanten", "dog": "einen Hund", "tree": "einen Baum", "moon": "einen Mond"}
    | {"cat": "eine Katze", "town": "eine Stadt", "flower": "eine Blume", "sun": "eine Sonne"}
    | {"house": "ein Haus", "horse": "ein Pferd", "book": "ein Buch", "child": "ein Kind"},
}
VERBS = {"sees": "sieht", "finds": "findet", "loves": "liebt", "draws": "malt", "seeks": "sucht", "knows": "kennt"}
PARTICIPLES = {"seen": "gesehen", "found": "gefunden", "loved": "geliebt", "drawn": "gemalt", "sought": "gesucht"}


def sentences() -> list[tuple[str, str]]:
    """Every sentence with its translation: present and perfect."""
    objects = [(f"{article} {noun}", german) for article, nouns in OBJECTS.items() for noun, german in nouns.items()]
    present = product(SUBJECTS.items(), VERBS.items(), objects)
    perfect = product(SUBJECTS.items(), PARTICIPLES.items(), objects)
    pairs = [(f"{s} {v} {o}", f"{s_} {v_} {o_}") for (s, s_), (v, v_), (o, o_) in present]
    return pairs + [(f"{s} has {v} {o}", f"{s_} hat {o_} {v_}") for (s, s_), (v, v_), (o, o_) in perfect]


def tokenizer_of(pairs: list[tuple[str, str]]) -> Tokenizer:
    """A word a token, in one vocabulary for both languages; </s> at the end."""
    words = sorted({word for pair in pairs for text in pair for word in text.split()})
    vocabulary = {word: number for number, word in enumerate(["<pad>", "</s>", "<unk>", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(["<pad>", "</s>", "<unk>"])
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return tokenizer


def padded(tokenizer: Tokenizer, texts: list[str]) -> torch.Tensor:
    """The ids of texts, [n, longest], with 0 behind shorter ones."""
    ids = [torch.tensor(each.ids) for each in tokenizer.encode_batch(texts)]
    return torch.nn.utils.rnn.pad_sequence(ids, batch_first=True)


def main() -> None:
    """Train it, print its share of sentences without an error, and write its folder."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    pairs = sentences()
    tokenizer = tokenizer_of(pairs)
    source, target = (padded(tokenizer, [pair[side] for pair in pairs]) for side in (0, 1))
    config = MarianConfig(
        vocab_size=tokenizer.get_vocab_size(),
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=32,
        dropout=0.1,
        pad_token_id=0,
        eos_token_id=1,
        decoder_start_token_id=0,
        forced_eos_token_id=1,
        scale_embedding=True,
    )
    model = MarianMTModel(config)
    kept = torch.arange(len(pairs)) % 5 == 4
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.01)
    steps = 2000
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1, step / 100) * (1 - step / steps))
    places = torch.nonzero(~kept)[:, 0]
    for _ in range(steps):
        some = places[torch.randint(len(places), (64,))]
        labels = target[some].masked_fill(target[some] == 0, -100)
        loss = model(source[some], attention_mask=source[some] != 0, labels=labels).loss
        loss.backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    model.eval()
    with torch.no_grad():
        shifted = torch.cat([torch.zeros_like(target[kept][:, :1]), target[kept][:, :-1]], 1)
        said = model(source[kept], attention_mask=source[kept] != 0, decoder_input_ids=shifted).logits.argmax(-1)
    right = ((said == target[kept]) | (target[kept] == 0)).all(1).float().mean()
    print(f"loss {loss:.4f}, {right:.3f} of {int(kept.sum())} sentences kept from training without an error")
    model.half().save_pretrained(FOLDER)
    (FOLDER / "generation_config.json").unlink(missing_ok=True)
    tokenizer.save(str(FOLDER / "tokenizer.json"), pretty=False)
    (FOLDER / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}) + "\n")


if __name__ == "__main__":
    main()
