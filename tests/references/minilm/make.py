"""Makes sentences.txt from the project's documents and module heads, and embeddings.safetensors with PyTorch's embeddings of them.

    python make.py ROOT MODEL

ROOT is the project's root, MODEL the folder of all-MiniLM-L6-v2 (`scripts/minilm`). Needs torch, transformers and safetensors.
A sentence that is there already stays: the file is only made anew if it is deleted.
"""

import pathlib
import re
import sys

import torch
from safetensors.torch import save_file
from transformers import AutoModel, AutoTokenizer

root, model = map(pathlib.Path, sys.argv[1:])
here = pathlib.Path(__file__).parent
path = here / "sentences.txt"
if not path.exists():
    text = []
    for file in [root / "README.md", root / "ARCHITECTURE.md", *sorted((root / "docs").glob("*.md"))]:
        code = False
        for line in file.read_text().splitlines():
            code ^= line.startswith("```")
            if not code and line[:1].isalpha():
                text.append(line)
            else:
                text.append("\n")
    for file in sorted(root.glob("*/src/**/*.rs")):
        heads = [line[4:] for line in file.read_text().splitlines() if line.startswith("//! ")]
        text.extend(line if line[:1].isalpha() else "\n" for line in heads)
        text.append("\n")
    plain = re.sub(r"[`*\[\]]|\(\S+\)", "", " ".join(text))
    found = [" ".join(s.split()) for s in re.split(r"(?<=[.:])\s|\n", plain)]
    found = [s for s in dict.fromkeys(found) if 6 <= len(s.split()) <= 40 and s.isascii() and s[0].isupper()]
    path.write_text("\n".join(found[:: max(1, len(found) // 210)][:208]) + "\n")

tokenizer = AutoTokenizer.from_pretrained(model)
network = AutoModel.from_pretrained(model).eval()
rows = []
with torch.no_grad():
    for sentence in path.read_text().splitlines():
        rows.append(network(**tokenizer(sentence, return_tensors="pt")).last_hidden_state[0].mean(0))
save_file({"embeddings": torch.stack(rows).to(torch.float16)}, here / "embeddings.safetensors")
