"""Write alignment.json: the cosines of words of two sentences by PyTorch: `python tests/oracles/make_alignment.py`.

Needs torch and transformers 5. Each sentence goes through the model by itself, read from the tiny folder; a word is the
mean of a layer's hidden states over its pieces, which the tokenizer of transformers numbers by word.
"""

import json
from pathlib import Path

import torch
from transformers import AutoModel, AutoTokenizer

HERE = Path(__file__).parent
SOURCE, TARGET = ["stop", "the", "dogs", ",", "he", "is", "cute"], ["he", "stops", "and", "barks", "!"]
CASES = [("bert", 0), ("bert", 1), ("xlm-roberta", 1), ("distilbert", 1)]


@torch.no_grad()
def words(name, layer, sentence):
    """The vectors of the words `[n, d_model]`."""
    tokenizer = AutoTokenizer.from_pretrained(HERE / "tiny" / name, use_fast=True, add_prefix_space=True)
    model = AutoModel.from_pretrained(HERE / "tiny" / name, dtype=torch.float64).eval()
    read = tokenizer(sentence, is_split_into_words=True)
    hidden = model(torch.tensor([read["input_ids"]]), output_hidden_states=True).hidden_states[layer + 1][0]
    places = [[i for i, of in enumerate(read.word_ids()) if of == word] for word in range(len(sentence))]
    return torch.stack([hidden[each].mean(dim=0) for each in places]), [len(each) for each in places]


def case(name, layer):
    (x, pieces), (y, _) = words(name, layer, SOURCE), words(name, layer, TARGET)
    cosines = torch.nn.functional.cosine_similarity(x[:, None], y[None], dim=-1)
    rounded = [[round(value, 7) for value in row] for row in cosines.tolist()]
    return {"model": name, "layer": layer, "pieces": pieces, "cosines": rounded}


if __name__ == "__main__":
    made = {"source": SOURCE, "target": TARGET, "cases": [case(*each) for each in CASES]}
    (HERE / "alignment.json").write_text(json.dumps(made) + "\n")
