"""Writes weights as people save them, and beside them the scores that PyTorch or NumPy makes of
some histories:  write_weights.py FOLDER

FOLDER/cases.json is a list of {name, file, items, flags, histories, scores}: a history is a list of
ids, its scores one number per line of the file of items.
"""

import json
import pathlib
import sys

import numpy as np
import torch

import tensors
from models import MultVae, RecVae, SasRec

N_ITEMS, LENGTH = 57, 12
IDS = [f"SKU-{7 * i % N_ITEMS}" for i in range(N_ITEMS)]  # in no order that sorting gives
folder = pathlib.Path(sys.argv[1])
rng = np.random.default_rng(1)
torch.manual_seed(1)

# Of one product, of some, of more than a sequence model looks back; products come again.
HISTORIES = [rng.integers(0, N_ITEMS, n).tolist() for n in (1, 3, 8, LENGTH, LENGTH + 9)]
PROFILES = np.zeros((len(HISTORIES), N_ITEMS), np.float32)
for profile, history in zip(PROFILES, HISTORIES):
    profile[history] = 1

cases = []


def add(name, file, flags, scores, ids=IDS):
    (folder / f"{name}.txt").write_text("\n".join(ids) + "\n")
    cases.append({
        "name": name,
        "file": file,
        "items": f"{name}.txt",
        "flags": flags,
        "histories": [[IDS[i] for i in history] for history in HISTORIES],
        "scores": np.asarray(scores, np.float64).tolist(),
    })  # fmt: skip


def randomized(model):
    """Weights far from their start, so that every tensor matters."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model.eval()


def state_of(model):
    return {name: tensor.numpy() for name, tensor in model.state_dict().items()}


def renamed(state, *pairs):
    result = {}
    for name, tensor in state.items():
        for old, new in pairs:
            name = name.replace(old, new)
        result[name] = tensor
    return result


def with_row_0(array, axis):
    """What RecBole learns for its padding, product 0."""
    shape = list(array.shape)
    shape[axis] = 1
    return np.concatenate([rng.normal(size=shape).astype(array.dtype), array], axis)


@torch.no_grad()
def write_vaes():
    model = randomized(MultVae(N_ITEMS, 20, 6))
    scores, state = model(torch.from_numpy(PROFILES)), state_of(model)
    tensors.write(folder / "vae.safetensors", state)
    add("vae", "vae.safetensors", ["--model", "vae"], scores)

    recbole = renamed(state, ("q_layers.0", "module.encoder.0"), ("q_layers.1", "module.encoder.2"),
                      ("p_layers.0", "module.decoder.0"), ("p_layers.1", "module.decoder.2"))  # fmt: skip
    for name, axis in (("encoder.0.weight", 1), ("decoder.2.weight", 0), ("decoder.2.bias", 0)):
        recbole[f"module.{name}"] = with_row_0(recbole[f"module.{name}"], axis)
    np.savez_compressed(folder / "vae-recbole.npz", **recbole)
    add("vae-recbole", "vae-recbole.npz", ["--model", "vae"], scores, ["[PAD]", *IDS])

    keras, map_flags = {}, ["--model", "vae", "--map"]
    for i, layer in enumerate(("q_layers.0", "q_layers.1", "p_layers.0", "p_layers.1")):
        dense = "dense" if i == 0 else f"dense_{i}"
        # Transposed without a copy: NumPy writes it in Fortran order.
        keras[f"vae/{dense}/kernel:0"] = state[f"{layer}.weight"].astype(np.float64).T
        keras[f"vae/{dense}/bias:0"] = state[f"{layer}.bias"].astype(np.float64)
        map_flags.append(f"{dense}={layer}")
    np.savez(folder / "vae-keras.npz", **keras)
    add("vae-keras", "vae-keras.npz", map_flags, scores)

    plain = {f"arr_{i}": np.ascontiguousarray(a) for i, a in enumerate(keras.values())}
    np.savez(folder / "vae-numpy.npz", **plain)
    names = [f"{layer}.{kind}" for layer in ("q_layers.0", "q_layers.1", "p_layers.0", "p_layers.1")
             for kind in ("weight", "bias")]  # fmt: skip
    numpy_map = [f"arr_{i}={name}" for i, name in enumerate(names)]
    add("vae-numpy", "vae-numpy.npz", ["--model", "vae", "--transposed", "--map", *numpy_map], scores)

    authors = {}
    for side in "qp":
        for i in range(2):
            authors[f"weight_{side}_{i}to{i + 1}:0"] = state[f"{side}_layers.{i}.weight"].T
            authors[f"bias_{side}_{i + 1}:0"] = state[f"{side}_layers.{i}.bias"]
    np.savez(folder / "vae-authors.npz", **authors)
    add("vae-authors", "vae-authors.npz", ["--model", "vae"], scores)


@torch.no_grad()
def write_recvaes():
    model = randomized(RecVae(N_ITEMS, 24, 10))
    tensors.write(folder / "recvae.safetensors", state_of(model))
    add("recvae", "recvae.safetensors", ["--model", "recvae"], model(torch.from_numpy(PROFILES)))

    halved = {name: array.astype(np.float16) for name, array in state_of(model).items()}
    np.savez(folder / "recvae-half.npz", **halved)
    model.load_state_dict({name: torch.from_numpy(a).float() for name, a in halved.items()})
    add("recvae-half", "recvae-half.npz", ["--model", "recvae"], model(torch.from_numpy(PROFILES)))


@torch.no_grad()
def write_sasrecs():
    sequences = [[i + 1 for i in history] for history in HISTORIES]
    flags = ["--model", "sasrec", "--heads", "2"]

    def scores_of(model):
        return model(sequences)[:, 1 : N_ITEMS + 1]

    model = randomized(SasRec(N_ITEMS + 2, 16, 2, 2, LENGTH, "left"))
    state = state_of(model)
    state["attribute_embeddings.weight"] = np.ones((5, 16), np.float32)
    state["aap_norm.weight"] = np.ones((16, 16), np.float32)
    tensors.write(folder / "sasrec.safetensors", state)
    add("sasrec", "sasrec.safetensors", flags, scores_of(model))

    model = randomized(SasRec(N_ITEMS + 1, 16, 2, 1, LENGTH, "left"))
    bsarec = renamed(state_of(model), ("encoder.layer.0.attention", "encoder.blocks.0.layer"),
                     ("encoder.layer.0.intermediate", "encoder.blocks.0.feed_forward"))  # fmt: skip
    np.savez(folder / "sasrec-bsarec.npz", **bsarec)
    add("sasrec-bsarec", "sasrec-bsarec.npz", flags, scores_of(model))

    model = randomized(SasRec(N_ITEMS + 1, 16, 2, 2, LENGTH, "right"))
    recbole = renamed(state_of(model), ("item_embeddings", "item_embedding"),
                      ("position_embeddings", "position_embedding"), ("item_encoder", "trm_encoder"),
                      ("attention", "multi_head_attention"), ("intermediate", "feed_forward"))  # fmt: skip
    tensors.write(folder / "sasrec-recbole.safetensors", recbole)
    add("sasrec-recbole", "sasrec-recbole.safetensors", flags, scores_of(model))


def write_eases():
    b = rng.normal(size=(N_ITEMS, N_ITEMS))
    np.fill_diagonal(b, 0)
    np.save(folder / "ease.npy", b)
    add("ease", "ease.npy", ["--model", "ease"], PROFILES @ b)

    layer = torch.nn.Linear(N_ITEMS, N_ITEMS, bias=False)
    tensors.write(folder / "ease-layer.safetensors", state_of(layer))
    with torch.no_grad():
        add("ease-layer", "ease-layer.safetensors", ["--model", "ease"],
            layer(torch.from_numpy(PROFILES)))  # fmt: skip


write_vaes()
write_recvaes()
write_sasrecs()
write_eases()
(folder / "cases.json").write_text(json.dumps(cases))
