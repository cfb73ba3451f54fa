"""Writes the files of this folder, which tests/checkpoint_readers.rs reads.

python make.py in this folder, with torch 2.15, transformers 5.24, onnx 1.23 and safetensors. The real numbers of each STEM.bin,
STEM.pt or STEM.onnx are in STEM.safetensors, in float32.
"""

import os
import zipfile
from collections import OrderedDict

import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file
from transformers import BertConfig, BertModel

torch.manual_seed(1)


def expect(stem, tensors):
    tensors = {name: tensor for name, tensor in tensors.items() if tensor.dtype.is_floating_point}
    tensors = {name: tensor.detach().float().clone().contiguous() for name, tensor in tensors.items()}
    save_file(tensors, f"{stem}.safetensors")


# Types and views.
base = torch.randn(4, 6)
special = torch.tensor([0.0, -0.0, float("inf"), -float("inf"), float("nan"), 1e-45, 6e-8, 65504.0, 1.5, -2.25])
views = OrderedDict(
    whole=base,
    turned=base.t(),
    rows=base[1:3],
    columns=base[:, 1:4],
    steps=base[::2, ::3],
    cube=torch.randn(2, 3, 4).permute(2, 0, 1),
    single=special,
    half=special.half(),
    half_steps=special.half()[1::2],
    bfloat=special.bfloat16(),
    double=special.double() * (1 + 2**-30),
    halves=torch.arange(-8, 8).half() / 3,
    scalar=torch.tensor(2.5),
    none=torch.zeros(0, 3),
    parameter=torch.nn.Parameter(torch.randn(3)),
    long=torch.arange(5),
    int=torch.arange(5, dtype=torch.int32),
    bytes=torch.arange(5, dtype=torch.uint8),
    truth=torch.tensor([True, False]),
)
torch.save(views, "views.bin")
expect("views", views)
torch.save(views, "legacy.bin", _use_new_zipfile_serialization=False)
with zipfile.ZipFile("views.bin") as stored, zipfile.ZipFile("deflated.bin", "w", zipfile.ZIP_DEFLATED) as deflated:
    for entry in stored.infolist():
        deflated.writestr(entry.filename, stored.read(entry))
torch.save({"wide": torch.ones(1).expand(10)}, "expanded.bin")

# A whole module, and a training run.
layer = torch.nn.Linear(3, 2)
torch.save(layer, "module.pt")
optimiser = torch.optim.AdamW(layer.parameters())
layer(torch.ones(1, 3)).sum().backward()
optimiser.step()
run = {"epoch": 3, "loss": 0.5, "best": None, "tag": "a", "steps": 2**70, "losses": [1.0, 2.0]}
torch.save(run | {"optimizer": optimiser.state_dict(), "model_state_dict": layer.state_dict()}, "run.pt")
expect("run", layer.state_dict())

# An encoder. The biases and norms of its second layer are equal, and so are stored once in the graph.
config = BertConfig(
    hidden_size=4,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=6,
    vocab_size=10,
    max_position_embeddings=6,
    attn_implementation="eager",
)
bert = BertModel(config).eval()
with torch.no_grad():
    for name, parameter in bert.named_parameters():
        if parameter.dim() == 1 and "layer.1" not in name:
            parameter.normal_()
torch.save(bert.state_dict(), "bert.bin")
expect("bert", bert.state_dict())


def forward(ids, mask):
    return BertModel.forward(bert, input_ids=ids, attention_mask=mask).to_tuple()


bert.forward = forward
ids = torch.zeros(1, 4, dtype=torch.long)
torch.onnx.export(bert, (ids, torch.ones_like(ids)), "bert.onnx", dynamo=False, opset_version=14)
# Without what no reader looks at, so that the file is small.
model = onnx.load("bert.onnx")
del model.graph.value_info[:]
for node in model.graph.node:
    node.ClearField("name")
    node.ClearField("doc_string")
onnx.save(model, "bert.onnx")

# Every type of numbers, raw and typed, and Gemm both ways.
numbers = numpy.array([[0.5, -1.25, 3.0], [1e-3, 0.0, -7.0]], dtype=numpy.float32)
TYPES = {1: torch.float32, 10: torch.float16, 11: torch.float64, 16: torch.bfloat16}
tensors = {}
initialisers = []


def add(name, kind, raw, values=numbers, stored=None):
    values = torch.from_numpy(values).to(TYPES[kind])
    tensors[name] = values if stored is None else values.t()
    bits = values.view(torch.int16).numpy().astype(numpy.uint16) if kind in (10, 16) else values.numpy()
    if raw:
        tensor = helper.make_tensor(stored or name, kind, values.shape, bits.tobytes(), raw=True)
    else:
        tensor = TensorProto(name=stored or name, data_type=kind, dims=values.shape)
        field = {1: tensor.float_data, 10: tensor.int32_data, 11: tensor.double_data, 16: tensor.int32_data}[kind]
        field.extend(bits.flatten().tolist())
    initialisers.append(tensor)


for raw in (True, False):
    for kind, name in ((1, "float"), (10, "half"), (11, "double"), (16, "bfloat")):
        add(f"{name}.{'raw' if raw else 'typed'}", kind, raw)
add("turned.weight", 1, True, stored="onnx::MatMul_7")
add("turned.bias", 1, False, numpy.ones(3, dtype=numpy.float32))
add("gemm.weight", 1, True, stored="12")
add("gemm.bias", 1, False, numpy.ones(3, dtype=numpy.float32))
add("kept.weight", 1, True)
add("kept.bias", 1, False, numpy.ones(2, dtype=numpy.float32))
initialisers.append(numpy_helper.from_array(numpy.arange(-3, 3), "ids"))
initialisers.append(numpy_helper.from_array(numpy.array([True, False]), "truth"))
initialisers.append(helper.make_tensor("small", TensorProto.INT8, [2], [-1, 1]))
nodes = [
    helper.make_node("MatMul", ["x", "onnx::MatMul_7"], ["y"]),
    helper.make_node("Add", ["y", "turned.bias"], ["z"]),
    helper.make_node("Gemm", ["z", "12", "gemm.bias"], ["a"]),
    helper.make_node("Gemm", ["a", "kept.weight", "kept.bias"], ["b"], transB=1),
]
graph = helper.make_graph(nodes, "types", [], [], initialisers)
onnx.save(helper.make_model(graph), "types.onnx")
expect("types", tensors)

# Weights in a file beside the model, which is not kept.
graph = helper.make_graph([], "external", [], [], [numpy_helper.from_array(numbers, "weight")])
model = helper.make_model(graph)
onnx.external_data_helper.convert_model_to_external_data(model, location="external.data", size_threshold=0)
onnx.save(model, "external.onnx")
os.remove("external.data")
