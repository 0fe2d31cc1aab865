"""EASE (Steck, 2019) by NumPy on a data set of `vitrine prepare`:  ease.py DATA LAMBDA OUT.npy

With a fourth argument the columns are written in another order, and that file names their ids.
"""

import json
import pathlib
import sys

import numpy as np

import tensors

data, lambda_, out = pathlib.Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
ids = json.loads((data / "catalogue.json").read_text())["id"]

# Shopper by product: 1 where any event but an uncart, a dwell or an impression was.
rows = []
for name in json.loads((data / "dataset.json").read_text())["train"]["shards"]:
    shard = tensors.read(data / name)
    shoppers = np.repeat(np.arange(len(shard["offsets"]) - 1), np.diff(shard["offsets"].astype(int)))
    profiles = np.zeros((len(shard["offsets"]) - 1, len(ids)))
    counts = ~np.isin(shard["type"], (3, 8, 9))
    profiles[shoppers[counts], shard["item"][counts]] = 1
    rows.append(profiles)
x = np.concatenate(rows)

p = np.linalg.inv(x.T @ x + lambda_ * np.eye(len(ids)))
b = p / -np.diag(p)
np.fill_diagonal(b, 0)
if len(sys.argv) > 4:
    order = np.random.default_rng(2).permutation(len(ids))
    b = b[np.ix_(order, order)]
    pathlib.Path(sys.argv[4]).write_text("".join(f"{ids[i]}\n" for i in order))
np.save(out, b)
