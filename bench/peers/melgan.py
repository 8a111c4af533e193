"""MelGAN in PyTorch, written from the paper and from facts about the authors' code: the yardstick for Sextant's
vocoder. Modules are named as Sextant's are, so that weights carry over."""
import math

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import weight_norm

SLOPE = 0.2


def conv(*args, **kwargs):
    return weight_norm(nn.Conv1d(*args, **kwargs))


class ResidualBlock(nn.Module):
    def __init__(self, channels, dilation):
        super().__init__()
        self.reflect = nn.ReflectionPad1d(dilation)
        self.dilated = conv(channels, channels, 3, dilation=dilation)
        self.pointwise = conv(channels, channels, 1)
        self.shortcut = conv(channels, channels, 1)

    def forward(self, x):
        inner = self.dilated(self.reflect(F.leaky_relu(x, SLOPE)))
        return self.shortcut(x) + self.pointwise(F.leaky_relu(inner, SLOPE))


class Stage(nn.Module):
    def __init__(self, channels, ratio, blocks):
        super().__init__()
        odd = ratio % 2
        self.upsample = weight_norm(nn.ConvTranspose1d(
            channels, channels // 2, 2 * ratio, stride=ratio, padding=ratio // 2 + odd, output_padding=odd))
        self.blocks = nn.Sequential(*(ResidualBlock(channels // 2, 3**j) for j in range(blocks)))

    def forward(self, x):
        return self.blocks(self.upsample(F.leaky_relu(x, SLOPE)))


class Generator(nn.Module):
    def __init__(self, config):
        super().__init__()
        ngf, ratios, blocks = config['ngf'], config['ratios'], config['nResidualLayers']
        widest = ngf * 2 ** len(ratios)
        self.reflect = nn.ReflectionPad1d(3)
        self.first = conv(config['nMelChannels'], widest, 7)
        self.stages = nn.Sequential(*(Stage(widest // 2**k, r, blocks) for k, r in enumerate(ratios)))
        self.last = conv(ngf, 1, 7)

    def forward(self, mel):
        x = self.stages(self.first(self.reflect(mel)))
        return torch.tanh(self.last(self.reflect(F.leaky_relu(x, SLOPE))))


class Scale(nn.Module):
    """Gives the activations of every layer; the last are the scores."""

    def __init__(self, channels, stride):
        super().__init__()
        *widths, before, after = channels
        widths.append(before)
        self.reflect = nn.ReflectionPad1d(7)
        self.first = conv(1, widths[0], 15)
        self.strided = nn.ModuleList(
            conv(a, b, 10 * stride + 1, stride=stride, padding=5 * stride, groups=a // 4)
            for a, b in zip(widths, widths[1:]))
        self.wide = conv(before, after, 5, padding=2)
        self.score = conv(after, 1, 3, padding=1)

    def forward(self, x):
        features = [F.leaky_relu(self.first(self.reflect(x)), SLOPE)]
        for layer in (*self.strided, self.wide):
            features.append(F.leaky_relu(layer(features[-1]), SLOPE))
        return [*features, self.score(features[-1])]


class Discriminator(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.scales = nn.ModuleList(Scale(config['channels'], config['downsampFactor']) for _ in range(config['numD']))
        self.pool = nn.AvgPool1d(4, stride=2, padding=1, count_include_pad=False)

    def forward(self, x):
        results = []
        for scale in self.scales:
            results.append(scale(x))
            x = self.pool(x)
        return results


class Mel(nn.Module):
    """Log-mel spectrogram (librosa's filters: Slaney's scale and area normalisation)."""

    def __init__(self, config):
        super().__init__()
        self.n_fft, self.hop, self.win = config['nFft'], config['hopLength'], config['winLength']
        rate, n, low = config['sampleRate'], config['nMelChannels'], config['fmin']
        high = config['fmax'] or rate / 2

        def to_mel(f):
            return f * 3 / 200 if f < 1000 else 15 + 27 * math.log(f / 1000) / math.log(6.4)

        m = torch.linspace(to_mel(low), to_mel(high), n + 2, dtype=torch.float64)
        c = torch.where(m < 15, m * 200 / 3, 1000 * torch.exp(math.log(6.4) * (m - 15) / 27))[:, None]
        f = torch.arange(self.n_fft // 2 + 1, dtype=torch.float64) * rate / self.n_fft
        rising, falling = (f - c[:-2]) / (c[1:-1] - c[:-2]), (c[2:] - f) / (c[2:] - c[1:-1])
        filters = torch.minimum(rising, falling).clamp(min=0) * 2 / (c[2:] - c[:-2])
        self.register_buffer('filters', filters.float())
        self.register_buffer('window', torch.hann_window(self.win))

    def forward(self, audio):
        p = (self.n_fft - self.hop) // 2
        padded = F.pad(audio, (p, p), 'reflect').squeeze(1)
        spectrum = torch.stft(padded, self.n_fft, self.hop, self.win, self.window, center=False, return_complex=True)
        return torch.log10(torch.clamp(self.filters @ spectrum.abs(), min=1e-5))


class Trainer:
    """One iteration in the order of the authors' code. `frozen` leaves out the discriminators' gradients by the
    generator's loss, which the authors' code computes and throws away."""

    def __init__(self, config, generator, discriminator, frozen):
        self.generator, self.discriminator, self.frozen = generator, discriminator, frozen
        self.mel = Mel(config['mel'])
        self.feature_weight = 4 / (len(config['discriminator']['channels']) - 2 + 1) / config['discriminator']['numD']
        self.lambda_feat = config['lambdaFeat']
        rate, betas = config['optimizer']['learningRate'], config['optimizer']['betas']
        self.opt_g = torch.optim.Adam(generator.parameters(), lr=rate, betas=betas)
        self.opt_d = torch.optim.Adam(discriminator.parameters(), lr=rate, betas=betas)

    def step(self, audio):
        """Gives the generator's loss."""
        mel = self.mel(audio).detach()
        fake = self.generator(mel)
        with torch.no_grad():
            error = F.l1_loss(mel, self.mel(fake.detach())).item()

        seen, real = self.discriminator(fake.detach()), self.discriminator(audio)
        loss_d = sum(F.relu(1 + s[-1]).mean() for s in seen) + sum(F.relu(1 - s[-1]).mean() for s in real)
        self.discriminator.zero_grad()
        loss_d.backward()
        self.opt_d.step()

        self.discriminator.requires_grad_(not self.frozen)
        judged = self.discriminator(fake)
        loss_g = -sum(s[-1].mean() for s in judged)
        loss_feat = sum(
            self.feature_weight * F.l1_loss(f, r.detach()) for a, b in zip(judged, real) for f, r in zip(a[:-1], b[:-1]))
        total = loss_g + self.lambda_feat * loss_feat
        self.generator.zero_grad()
        total.backward()
        self.opt_g.step()
        self.discriminator.requires_grad_(True)
        assert math.isfinite(error + loss_d.item())
        return total.item()


def load(module, state):
    """Weights by Sextant's names, which say `weight.g` where PyTorch's weight norm reads `weight_g`."""
    module.load_state_dict({k.replace('weight.', 'weight_'): v for k, v in state.items()})
    return module


def fold_weight_norm(module):
    for m in module.modules():
        if parametrize.is_parametrized(m, 'weight'):
            parametrize.remove_parametrizations(m, 'weight')
    return module.eval()
