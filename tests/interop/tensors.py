"""Safetensors files without the safetensors package: 8 bytes of length, JSON, the elements."""

import json

import numpy as np

_TYPES = {
    "F16": "<f2", "F32": "<f4", "F64": "<f8",
    "U8": "u1", "U16": "<u2", "U32": "<u4", "U64": "<u8", "I64": "<i8",
}  # fmt: skip
_NAMES = {np.dtype(code): name for name, code in _TYPES.items()}


def write(path, arrays):
    header, pieces, at = {}, [], 0
    for name, array in arrays.items():
        piece = np.ascontiguousarray(array).tobytes()
        header[name] = {
            "dtype": _NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [at, at + len(piece)],
        }
        pieces.append(piece)
        at += len(piece)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + b"".join(pieces))


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(
            data[begin + about["data_offsets"][0] : begin + about["data_offsets"][1]],
            _TYPES[about["dtype"]],
        ).reshape(about["shape"])
        for name, about in header.items()
    }
