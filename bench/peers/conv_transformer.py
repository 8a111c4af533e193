"""The convolutional Transformer for forecasts (Li et al., NeurIPS 2019) in PyTorch, written from the paper: the
yardstick for Sextant's forecast. Modules are named as Sextant's are, so that weights carry over."""
import math

import torch
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    """Queries and keys are causal convolutions of x [B, L, D]; H heads of width d."""

    def __init__(self, width, config):
        super().__init__()
        self.heads, self.dropout = config['nHeads'], config['dropout']
        head = config['headDim'] or width
        self.scale = 1 / math.sqrt(head) if config['scale'] else 1.0
        self.query = nn.Conv1d(width, self.heads * head, config['kernelSize'])
        self.key = nn.Conv1d(width, self.heads * head, config['kernelSize'])
        self.value = nn.Linear(width, self.heads * head)
        self.output = nn.Linear(self.heads * head, width)

    def project(self, x):
        """Queries, keys and values [B, H, L, d]."""
        padded = F.pad(x.transpose(1, 2), (self.query.kernel_size[0] - 1, 0))
        split = lambda y: y.unflatten(1, (self.heads, -1)).transpose(2, 3)
        return split(self.query(padded)), split(self.key(padded)), split(self.value(x).transpose(1, 2))

    def attend(self, q, k, v, mask=None):
        drop = self.dropout if self.training else 0.0
        out = F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, dropout_p=drop, is_causal=mask is None, scale=self.scale)
        return self.output(out.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x)))


class Layer(nn.Module):
    def __init__(self, width, config):
        super().__init__()
        self.attention = Attention(width, config)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.feed_forward = FeedForward(width)
        self.dropout = nn.Dropout(config['dropout'])

    def finish(self, x, attended):
        """What follows the attention: residuals, norms and the feed-forward part."""
        h = self.norm1(x + self.dropout(attended))
        return self.norm2(h + self.dropout(self.feed_forward(h)))

    def forward(self, x, mask=None):
        return self.finish(x, self.attention.attend(*self.attention.project(x), mask))


class ConvTransformer(nn.Module):
    def __init__(self, config):
        super().__init__()
        embedding = config['dEmbed']
        width = 1 + config['nCovariates'] + embedding
        self.position_embedding = nn.Embedding(config['maxLength'], embedding)
        self.series_embedding = nn.Embedding(config['nSeries'], embedding) if config['nSeries'] else None
        self.dropout = nn.Dropout(config['dropout'])
        self.layers = nn.ModuleList(Layer(width, config) for _ in range(config['nLayers']))
        self.mu, self.sigma = nn.Linear(width, 1), nn.Linear(width, 1)
        self.sigma_floor = config.get('sigmaFloor', 0)

    def embed(self, values, covariates, series, first=0):
        """Input of the first layer: values [B, L], covariates [B, L, C], series [B]."""
        positions = torch.arange(first, first + values.shape[1])
        embedded = self.position_embedding(positions).expand(len(values), -1, -1)
        if self.series_embedding is not None:
            embedded = embedded + self.series_embedding(series)[:, None]
        return self.dropout(torch.cat([values[..., None], covariates, embedded], -1))

    def head(self, x):
        return self.mu(x).squeeze(-1), F.softplus(self.sigma(x)).squeeze(-1) + self.sigma_floor

    def forward(self, values, covariates, series, mask=None):
        """Mean and deviation [B, L] of each value, of which `values` holds the predecessors."""
        x = self.embed(values, covariates, series)
        for layer in self.layers:
            x = layer(x, mask)
        return self.head(x)


def loss(mu, sigma, target):
    """Negative log-likelihood, mean over all positions."""
    return (0.5 * math.log(2 * math.pi) + torch.log(sigma) + (target - mu) ** 2 / (2 * sigma**2)).mean()


class Cached:
    """One layer while samples are drawn: keys and values of the history, which all samples of a series share, and
    of each sample's own steps; and the inputs that the convolutions still see."""

    def __init__(self, layer, x, samples, steps):
        attention = layer.attention
        self.layer, self.attention = layer, attention
        q, self.keys, self.values = attention.project(x)
        self.output = layer.finish(x, attention.attend(q, self.keys, self.values))
        series, heads, _, head = self.keys.shape
        self.own_keys, self.own_values = x.new_empty(2, series, heads, samples, steps, head)
        taps = attention.query.kernel_size[0]
        past = F.pad(x, (0, 0, taps, 0))[:, -taps:]
        self.window = past[:, None].expand(-1, samples, -1, -1).clone()
        # Both convolutions at one step are one product with the last inputs, from the earliest to the latest.
        flat = lambda conv: conv.weight.transpose(1, 2).flatten(1)
        self.weight = torch.cat([flat(attention.query) * attention.scale, flat(attention.key)])
        self.bias = torch.cat([attention.query.bias * attention.scale, attention.key.bias])

    def step(self, x, t):
        """Output [N, S, D] of the t-th own step, of whose input x there is one for every sample."""
        self.window = torch.cat([self.window[:, :, 1:], x[:, :, None]], 2)
        heads = self.keys.shape[1]
        split = lambda y, n: y.unflatten(2, (n, -1)).transpose(1, 2)
        q, k = split(F.linear(self.window.flatten(2), self.weight, self.bias), 2 * heads).chunk(2, 1)
        self.own_keys[..., t, :] = k
        self.own_values[..., t, :] = split(self.attention.value(x), heads)
        k, v = self.own_keys[..., : t + 1, :], self.own_values[..., : t + 1, :]
        # The samples stand where a sequence's queries would: [N, H, S, d] times the history's keys [N, H, T, d].
        scores = torch.cat([q @ self.keys.mT, (k @ q[..., None]).squeeze(-1)], -1)
        old, own = torch.softmax(scores, -1).split([self.keys.shape[2], t + 1], -1)
        out = old @ self.values + (own[..., None, :] @ v).squeeze(-2)
        return self.layer.finish(x, self.attention.output(out.transpose(1, 2).flatten(2)))


@torch.inference_mode()
def sample(model, history, covariates, series, noise):
    """Draws forecasts [N, S, steps] of histories [N, T], with covariates [N, T + steps, C] and standard normal noise
    of the result's shape. Values are in original units; the scale is 1 + the mean of the history."""
    _, samples, steps = noise.shape
    length = history.shape[1]
    scale = 1 + history.mean(1, keepdim=True)
    # The last known value is the input of the first forecast: this position is shared too.
    x = model.embed(F.pad(history / scale, (1, 0)), covariates[:, : length + 1], series)
    layers = []
    for layer in model.layers:
        layers.append(Cached(layer, x, samples, steps - 1))
        x = layers[-1].output
    mu, sigma = model.head(x[:, -1:])
    drawn = torch.empty_like(noise)
    drawn[..., 0] = mu + sigma * noise[..., 0]
    for t in range(1, steps):
        at = length + t
        known = model.embed(drawn.new_zeros(len(history), 1), covariates[:, at : at + 1], series, at)
        x = known.expand(-1, samples, -1).clone()
        x[..., 0] = drawn[..., t - 1]
        for layer in layers:
            x = layer.step(x, t - 1)
        mu, sigma = model.head(x)
        drawn[..., t] = mu + sigma * noise[..., t]
    return drawn * scale[..., None]
