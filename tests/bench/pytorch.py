"""One epoch's training speed and peak memory in PyTorch, for pytorch.mjs to set beside ours.

  python3 pytorch.py vae DATA_FOLDER SECONDS
  python3 pytorch.py vae-dense DATA_FOLDER SECONDS
  python3 pytorch.py vae-bf16 DATA_FOLDER SECONDS, and vae-dense-bf16
  python3 pytorch.py sequence DATA_FOLDER SECONDS
  python3 pytorch.py sgemm - SECONDS

DATA_FOLDER is what `vitrine prepare` wrote. Prints one line of JSON. The vae is Mult-VAE of 600 and
200, batches of 500; vae-dense the same as its public implementations are written: rows of zeros and
ones through a linear layer, and the likelihood as a sum over all products. With bf16 the network runs
under autocast, and the loss in f32. The sequence is BSARec's network (64 wide, two blocks, one head, 50
events, half the values dropped) over every prefix of a history, batches of 256 of like length, with the
softmax over all products; sgemm, the vae's largest product, says how fast one can be. vae and
sequence take what is fastest here: a sum of embeddings for the sparse input, and all cores.
"""
import json
import math
import os
import resource
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

DTYPES = {'I64': np.int64, 'U64': np.uint64, 'U32': np.uint32}


def load(path):
    """The whole-number tensors of a safetensors file."""
    with open(path, 'rb') as file:
        raw = file.read()
    start = 8 + int.from_bytes(raw[:8], 'little')
    tensors = {}
    for name, tensor in json.loads(raw[8:start]).items():
        if tensor.get('dtype') not in DTYPES:
            continue
        begin, end = tensor['data_offsets']
        tensors[name] = np.frombuffer(raw[start + begin:start + end], DTYPES[tensor['dtype']])
    return tensors


def histories(folder):
    """The products of each training shopper, in the order of time, and how many products there are."""
    with open(os.path.join(folder, 'dataset.json')) as file:
        info = json.load(file)
    found = []
    for shard in info['train']['shards']:
        tensors = load(os.path.join(folder, shard))
        bounds = tensors['offsets'].astype(np.int64)
        items = tensors['item'].astype(np.int64)
        found += [items[a:b] for a, b in zip(bounds[:-1], bounds[1:])]
    return found, info['n_items']


class MultVae(nn.Module):
    def __init__(self, n_items, hidden=600, latent=200):
        super().__init__()
        self.encoder = nn.EmbeddingBag(n_items, hidden, mode='sum')
        nn.init.xavier_normal_(self.encoder.weight)
        self.bias = nn.Parameter(torch.zeros(hidden))
        self.latent = nn.Linear(hidden, 2 * latent)
        self.decoder = nn.Linear(latent, hidden)
        self.items = nn.Linear(hidden, n_items)

    def forward(self, items, offsets, weights):
        hidden = torch.tanh(self.encoder(items, offsets, per_sample_weights=weights) + self.bias)
        mean, log_variance = self.latent(hidden).chunk(2, 1)
        noise = torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        logits = self.items(torch.tanh(self.decoder(mean + noise)))
        kl = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum(1).mean()
        return logits, kl


def forward(model, bf16, *inputs):
    """The model's logits in f32, and the rest of what it gives."""
    with torch.autocast('cpu', dtype=torch.bfloat16, enabled=bf16):
        logits, kl = model(*inputs)
    return logits.float(), kl.float()


def vae_steps(folder, bf16):
    rows, n_items = histories(folder)
    rows = [np.unique(row) for row in rows]
    model = MultVae(n_items)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    batch_size = 500
    while True:
        order = np.random.permutation(len(rows))
        for first in range(0, len(order) - batch_size + 1, batch_size):
            batch = [rows[i] for i in order[first:first + batch_size]]
            items = torch.from_numpy(np.concatenate(batch))
            lengths = np.array([len(row) for row in batch])
            offsets = torch.from_numpy(np.concatenate([[0], np.cumsum(lengths)[:-1]]))
            owner = torch.from_numpy(np.repeat(np.arange(batch_size), lengths))
            kept = (torch.rand(len(items)) < 0.5).float() * 2
            scale = torch.from_numpy(np.repeat(1 / np.sqrt(lengths), lengths)).float()
            logits, kl = forward(model, bf16, items, offsets, kept * scale)
            # Multinomial likelihood: sum of the chosen logits less the normaliser for each.
            normaliser = torch.logsumexp(logits, 1) * torch.from_numpy(lengths)
            likelihood = (logits[owner, items].sum() - normaliser.sum()) / batch_size
            loss = 0.1 * kl - likelihood
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            yield batch_size


class DenseMultVae(nn.Module):
    def __init__(self, n_items, hidden=600, latent=200):
        super().__init__()
        self.encoder = nn.Linear(n_items, hidden)
        self.latent = nn.Linear(hidden, 2 * latent)
        self.decoder = nn.Linear(latent, hidden)
        self.items = nn.Linear(hidden, n_items)

    def forward(self, x):
        hidden = torch.tanh(self.encoder(F.dropout(F.normalize(x), 0.5)))
        mean, log_variance = self.latent(hidden).chunk(2, 1)
        noise = torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        logits = self.items(torch.tanh(self.decoder(mean + noise)))
        kl = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum(1).mean()
        return logits, kl


def vae_dense_steps(folder, bf16):
    rows, n_items = histories(folder)
    rows = [np.unique(row) for row in rows]
    model = DenseMultVae(n_items)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    batch_size = 500
    while True:
        order = np.random.permutation(len(rows))
        for first in range(0, len(order) - batch_size + 1, batch_size):
            x = torch.zeros(batch_size, n_items)
            for r, i in enumerate(order[first:first + batch_size]):
                x[r, torch.from_numpy(rows[i])] = 1
            logits, kl = forward(model, bf16, x)
            loss = 0.1 * kl - (F.log_softmax(logits, 1) * x).sum(1).mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            yield batch_size


class Block(nn.Module):
    """BSARec: attention mixed with a filter that keeps slow changes and rescales fast ones."""

    def __init__(self, dim, dropout, share, n_slow):
        super().__init__()
        self.share, self.n_slow = share, n_slow
        self.qkv = nn.Linear(dim, 3 * dim)
        self.output = nn.Linear(dim, dim)
        self.beta = nn.Parameter(torch.randn(1, 1, dim))
        self.norms = nn.ModuleList(nn.LayerNorm(dim, eps=1e-12) for _ in range(3))
        self.inner, self.outer = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask):
        query, key, value = self.qkv(x).chunk(3, -1)
        weights = torch.softmax(query @ key.transpose(1, 2) / math.sqrt(x.shape[-1]) + mask, -1)
        attended = self.norms[0](self.drop(self.output(self.drop(weights) @ value)) + x)
        spectrum = torch.fft.rfft(x, dim=1, norm='ortho')
        spectrum[:, self.n_slow:] = 0
        slow = torch.fft.irfft(spectrum, n=x.shape[1], dim=1, norm='ortho')
        filtered = self.norms[1](self.drop(slow + self.beta ** 2 * (x - slow)) + x)
        mixed = self.share * filtered + (1 - self.share) * attended
        return self.norms[2](self.drop(self.outer(F.gelu(self.inner(mixed)))) + mixed)


class Sequence(nn.Module):
    def __init__(self, n_items, dim=64, n_blocks=2, max_length=50, dropout=0.5):
        super().__init__()
        self.items = nn.Embedding(n_items, dim)
        self.places = nn.Embedding(max_length, dim)
        nn.init.normal_(self.items.weight, std=0.02)
        nn.init.normal_(self.places.weight, std=0.02)
        self.norm = nn.LayerNorm(dim, eps=1e-12)
        self.drop = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(dim, dropout, 0.7, 3) for _ in range(n_blocks))

    def forward(self, items):
        length = items.shape[1]
        x = self.items(items) + self.places(torch.arange(length - 1, -1, -1))
        x = self.drop(self.norm(x))
        mask = torch.full((length, length), -1e4).triu(1)
        for block in self.blocks:
            x = block(x, mask)
        return x[:, -1] @ self.items.weight.t()


def sequence_steps(folder, _):
    rows, n_items = histories(folder)
    max_length, batch_size = 50, 256
    by_length = {}
    for row in rows:
        for end in range(1, len(row)):
            before = row[max(0, end - max_length):end]
            by_length.setdefault(len(before), []).append((before, row[end]))
    groups = {n: (torch.from_numpy(np.stack([b for b, _ in group])),
                  torch.from_numpy(np.array([t for _, t in group])))
              for n, group in by_length.items()}
    model = Sequence(n_items)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-4)
    while True:
        batches = []
        for n, (before, _) in groups.items():
            order = torch.randperm(len(before))
            batches += [(n, order[first:first + batch_size])
                        for first in range(0, len(order), batch_size)]
        for i in torch.randperm(len(batches)).tolist():
            n, chosen = batches[i]
            before, target = groups[n]
            loss = F.cross_entropy(model(before[chosen]), target[chosen])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            yield len(chosen)


def sgemm_steps(*_):
    """Floating point operations of batch x hidden by hidden x products."""
    hidden, items = torch.randn(500, 600), torch.randn(600, 20108)
    out = torch.empty(500, 20108)
    while True:
        torch.mm(hidden, items, out=out)
        yield 2 * 500 * 600 * 20108


def main():
    kind, folder, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    torch.manual_seed(1)
    np.random.seed(1)
    torch.set_num_threads(os.cpu_count())
    kinds = {'vae': vae_steps, 'vae-dense': vae_dense_steps, 'sequence': sequence_steps,
             'sgemm': sgemm_steps}
    steps = kinds[kind.removesuffix('-bf16')](folder, kind.endswith('-bf16'))
    for _ in range(3):  # to warm up
        next(steps)
    n, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        n += next(steps)
    elapsed = time.perf_counter() - start
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({'samples_per_second': n / elapsed, 'peak_bytes': peak,
                      'torch': torch.__version__, 'threads': torch.get_num_threads()}))


main()
