"""Reads and writes the tensors of PyTorch as the description of safetensors says.

safetensors.torch has load_file and save_file, which do the same.
"""

import json
import struct

import numpy as np
import torch

TYPES = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
NAMES = {t: name for name, t in TYPES.items()}


def save_file(tensors, path, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name in sorted(tensors):
        x = tensors[name].contiguous().numpy()
        header[name] = {"dtype": NAMES[x.dtype], "shape": list(x.shape), "data_offsets": [len(data), len(data) + x.nbytes]}
        data += x.tobytes()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def load_file(path):
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, t in header.items():
        begin, end = t["data_offsets"]
        x = np.frombuffer(data[begin:end], TYPES[t["dtype"]]).reshape(t["shape"])
        tensors[name] = torch.from_numpy(x.copy())
    return tensors
