"""Scores of a shopper by the vectors of `vitrine export --embeddings npy`, as JSON by id:
score_by_vectors.py FOLDER SHOPPER
"""

import json
import pathlib
import sys

import numpy as np

folder, shopper = pathlib.Path(sys.argv[1]), sys.argv[2]
items, shoppers = np.load(folder / "item_vectors.npy"), np.load(folder / "shopper_vectors.npy")
item_ids = (folder / "item_ids.txt").read_text().splitlines()
shopper_ids = (folder / "shopper_ids.txt").read_text().splitlines()
assert items.shape[0] == len(item_ids) and shoppers.shape[0] == len(shopper_ids)
scores = items @ shoppers[shopper_ids.index(shopper)]
print(json.dumps(dict(zip(item_ids, scores.tolist()))))
