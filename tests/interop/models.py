"""The models as PyTorch runs them, under the names that their public implementations give them."""

import torch
from torch import nn
from torch.nn import functional


class MultVae(nn.Module):
    """Names of younggyoseo/vae-cf-pytorch."""

    def __init__(self, n_items, hidden, latent):
        super().__init__()
        self.latent = latent
        sizes = [(n_items, hidden), (hidden, 2 * latent)]
        self.q_layers = nn.ModuleList(nn.Linear(*size) for size in sizes)
        sizes = [(latent, hidden), (hidden, n_items)]
        self.p_layers = nn.ModuleList(nn.Linear(*size) for size in sizes)

    def forward(self, histories):
        hidden = torch.tanh(self.q_layers[0](functional.normalize(histories)))
        mean = self.q_layers[1](hidden)[:, : self.latent]
        return self.p_layers[1](torch.tanh(self.p_layers[0](mean)))


class RecVaeEncoder(nn.Module):
    def __init__(self, n_items, hidden, latent, layers=5):
        super().__init__()
        self.layers = layers
        for i in range(1, layers + 1):
            setattr(self, f"fc{i}", nn.Linear(n_items if i == 1 else hidden, hidden))
            setattr(self, f"ln{i}", nn.LayerNorm(hidden, eps=0.1))
        self.fc_mu = nn.Linear(hidden, latent)
        self.fc_logvar = nn.Linear(hidden, latent)

    def forward(self, histories):
        out, skips = functional.normalize(histories), 0
        for i in range(1, self.layers + 1):
            dense, norm = getattr(self, f"fc{i}"), getattr(self, f"ln{i}")
            out = norm(functional.silu(dense(out) + skips))
            skips = skips + out
        return self.fc_mu(out)


class RecVae(nn.Module):
    """Names of ilya-shenbin/RecVAE, the prior among them."""

    def __init__(self, n_items, hidden, latent):
        super().__init__()
        self.encoder = RecVaeEncoder(n_items, hidden, latent)
        self.decoder = nn.Linear(latent, n_items)
        self.prior = nn.Module()
        self.prior.mu_prior = nn.Parameter(torch.zeros(1, latent))
        self.prior.encoder_old = RecVaeEncoder(n_items, hidden, latent)

    def forward(self, histories):
        return self.decoder(self.encoder(histories))


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.value, self.dense = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.LayerNorm = nn.LayerNorm(dim, eps=1e-12)

    def forward(self, rows, mask):
        def split(x):
            return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

        query, key, value = split(self.query(rows)), split(self.key(rows)), split(self.value(rows))
        scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5 + mask
        context = (scores.softmax(-1) @ value).transpose(1, 2).flatten(2)
        return self.LayerNorm(self.dense(context) + rows)


class Intermediate(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dense_1, self.dense_2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.LayerNorm = nn.LayerNorm(dim, eps=1e-12)

    def forward(self, rows):
        return self.LayerNorm(self.dense_2(functional.gelu(self.dense_1(rows))) + rows)


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.attention, self.intermediate = Attention(dim, heads), Intermediate(dim)

    def forward(self, rows, mask):
        return self.intermediate(self.attention(rows, mask))


class SasRec(nn.Module):
    """Names of S3-Rec. Row 0 of the embeddings is padding, rows behind the products are a mask's."""

    def __init__(self, n_rows, dim, heads, blocks, length, padding):
        super().__init__()
        self.padding = padding
        self.item_embeddings = nn.Embedding(n_rows, dim, padding_idx=0)
        self.position_embeddings = nn.Embedding(length, dim)
        self.LayerNorm = nn.LayerNorm(dim, eps=1e-12)
        self.item_encoder = nn.Module()
        self.item_encoder.layer = nn.ModuleList(Block(dim, heads) for _ in range(blocks))

    def forward(self, sequences):
        """Scores of all rows; a sequence is a list of rows, oldest first."""
        length = self.position_embeddings.num_embeddings
        ids = torch.zeros(len(sequences), length, dtype=torch.long)
        last = torch.full((len(sequences),), length - 1)
        for i, sequence in enumerate(sequences):
            kept = torch.tensor(sequence[-length:])
            if self.padding == "left":
                ids[i, length - len(kept) :] = kept
            else:
                ids[i, : len(kept)] = kept
                last[i] = len(kept) - 1
        seen = (ids > 0)[:, None, None, :] & torch.ones(length, length).tril().bool()
        mask = (1 - seen.float()) * -10000
        rows = self.item_embeddings(ids) + self.position_embeddings(torch.arange(length))
        rows = self.LayerNorm(rows)
        for block in self.item_encoder.layer:
            rows = block(rows, mask)
        return rows[torch.arange(len(sequences)), last] @ self.item_embeddings.weight.T
