"""Makes models with random weights and what PyTorch computes with them.

    python make.py small FOLDER     # committed beside this script
    python make.py base FOLDER      # made by a test on demand, 1.3 GB in all

Needs torch, transformers and safetensors from PyPI. Biases and norms are random too, so that one that is left out shows.
"""

import json
import pathlib
import sys

import torch
from transformers import (
    AlbertConfig,
    AlbertForSequenceClassification,
    BertConfig,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    RobertaConfig,
    RobertaForSequenceClassification,
)

SMALL = {
    "albert": (AlbertForSequenceClassification, AlbertConfig(
        vocab_size=60, embedding_size=16, hidden_size=32, num_hidden_layers=3, num_attention_heads=4,
        intermediate_size=48, max_position_embeddings=24, num_labels=3)),
    "albert-groups": (AlbertForSequenceClassification, AlbertConfig(
        vocab_size=60, embedding_size=16, hidden_size=32, num_hidden_layers=4, num_hidden_groups=2,
        num_attention_heads=2, intermediate_size=48, max_position_embeddings=24, num_labels=2)),
    "bert": (BertForSequenceClassification, BertConfig(
        vocab_size=60, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=24, num_labels=3)),
    "distilbert": (DistilBertForSequenceClassification, DistilBertConfig(
        vocab_size=60, dim=32, n_layers=2, n_heads=2, hidden_dim=64, max_position_embeddings=24, num_labels=2)),
    "roberta": (RobertaForSequenceClassification, RobertaConfig(
        vocab_size=60, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=26, type_vocab_size=1, layer_norm_eps=1e-5, num_labels=2, pad_token_id=1)),
}
BASE = {
    "albert": (AlbertForSequenceClassification, AlbertConfig(
        hidden_size=768, num_attention_heads=12, intermediate_size=3072)),
    "bert": (BertForSequenceClassification, BertConfig()),
    "distilbert": (DistilBertForSequenceClassification, DistilBertConfig()),
    "roberta": (RobertaForSequenceClassification, RobertaConfig(
        max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)),
}
TOKENS = {"small": (1, 7, 20), "base": (5, 64)}


def make(folder, model, config, lengths):
    torch.manual_seed(7)
    model = model(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(0, 0.1)
            elif "norm" in name.lower():
                parameter.normal_(1, 0.1)
            elif config.vocab_size < 100:
                parameter.normal_(0, 0.3)  # the library's 0.02 leaves attention of so few features all but uniform
    model.save_pretrained(folder)
    sentences = []
    for length in lengths:
        ids = torch.randint(3, config.vocab_size, (1, length))
        with torch.no_grad():
            out = model(ids, output_hidden_states=True)
        rounded = lambda values: [float(f"{value:.8g}") for value in values.flatten().tolist()]
        states = [rounded(state) for state in out.hidden_states]
        sentences.append({"ids": ids[0].tolist(), "states": states, "logits": rounded(out.logits)})
    (folder / "expected.json").write_text(json.dumps({"sentences": sentences}) + "\n")


def main(size, target):
    for name, (model, config) in (SMALL if size == "small" else BASE).items():
        make(pathlib.Path(target) / name, model, config, TOKENS[size])


main(*sys.argv[1:])
