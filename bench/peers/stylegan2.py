"""StyleGAN2 in PyTorch, written from the paper and from facts about rosinality's code: the yardstick for Sextant's.
It computes as that code does on CPUs: filters of each example in grouped convolutions, blurs as convolutions of single
channels. Modules are named as there, and as Sextant's are, so that weights carry over."""
import math

import torch
from torch import nn
from torch.nn import functional as F


def fir(taps, gain=1.0):
    k = torch.tensor(taps, dtype=torch.float32)
    k = k[:, None] * k
    return k * (gain / k.sum())


def upfirdn2d(x, kernel, up=1, down=1, pad=(0, 0)):
    n, c, h, w = x.shape
    x = F.pad(x.reshape(n * c, 1, h, 1, w, 1), [0, up - 1, 0, 0, 0, up - 1]).reshape(n * c, 1, h * up, w * up)
    y = F.conv2d(F.pad(x, [*pad, *pad]), kernel.flip(0, 1)[None, None])[:, :, ::down, ::down]
    return y.reshape(n, c, *y.shape[2:])


def fused_leaky_relu(x, bias):
    return F.leaky_relu(x + bias.reshape(1, -1, *[1] * (x.ndim - 2)), 0.2) * math.sqrt(2)


class FIR(nn.Module):
    def __init__(self, taps, gain, **options):
        super().__init__()
        self.register_buffer('kernel', fir(taps, gain))
        self.options = options

    def forward(self, x):
        return upfirdn2d(x, self.kernel, **self.options)


class EqualLinear(nn.Module):
    def __init__(self, inputs, outputs, rate=1.0, bias=0.0, activate=False):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), float(bias)))
        self.rate, self.scale, self.activate = rate, rate / math.sqrt(inputs), activate

    def forward(self, x):
        if self.activate:
            return fused_leaky_relu(F.linear(x, self.weight * self.scale), self.bias * self.rate)
        return F.linear(x, self.weight * self.scale, self.bias * self.rate)


class PixelNorm(nn.Module):
    def forward(self, x):
        return x * torch.rsqrt((x * x).mean(1, keepdim=True) + 1e-8)


class ModulatedConv(nn.Module):
    def __init__(self, inputs, outputs, size, style, blur=None, demodulate=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, outputs, inputs, size, size))
        self.modulation = EqualLinear(style, inputs, bias=1)
        self.scale, self.demodulate, self.padding = 1 / math.sqrt(inputs * size * size), demodulate, size // 2
        self.blur = FIR(blur, 4, pad=(1, 1)) if blur else None

    def forward(self, x, style):
        n, c, h, w = x.shape
        weight = self.scale * self.weight * self.modulation(style).reshape(n, 1, c, 1, 1)
        if self.demodulate:
            weight = weight * torch.rsqrt(weight.square().sum([2, 3, 4], keepdim=True) + 1e-8)
        x = x.reshape(1, n * c, h, w)
        if self.blur:
            weight = weight.transpose(1, 2).reshape(n * c, -1, *weight.shape[3:])
            y = F.conv_transpose2d(x, weight, stride=2, groups=n)
            return self.blur(y.reshape(n, -1, *y.shape[2:]))
        y = F.conv2d(x, weight.reshape(-1, c, *weight.shape[3:]), padding=self.padding, groups=n)
        return y.reshape(n, -1, h, w)


class Weight(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))


class Bias(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(n))


class StyledConv(nn.Module):
    def __init__(self, inputs, outputs, style, blur=None):
        super().__init__()
        self.conv = ModulatedConv(inputs, outputs, 3, style, blur)
        self.noise, self.activate = Weight(), Bias(outputs)

    def forward(self, x, style, noise):
        return fused_leaky_relu(self.conv(x, style) + self.noise.weight * noise, self.activate.bias)


class ToRGB(nn.Module):
    def __init__(self, inputs, style, blur=None):
        super().__init__()
        self.conv = ModulatedConv(inputs, 3, 1, style, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(1, 3, 1, 1))
        self.upsample = FIR(blur, 4, up=2, pad=(2, 1)) if blur else None

    def forward(self, x, style, skip=None):
        y = self.conv(x, style) + self.bias
        return y if skip is None else y + self.upsample(skip)


class Constant(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.input = nn.Parameter(torch.randn(1, channels, 4, 4))


class Noises(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        for i, size in enumerate(sizes):
            self.register_buffer(f'noise_{i}', torch.randn(1, 1, size, size))


def widths(config):
    sizes = [2**i for i in range(2, int(math.log2(config['size'])) + 1)]
    return sizes, [config['channels'][str(size)] for size in sizes]


class Generator(nn.Module):
    def __init__(self, config):
        super().__init__()
        style, blur, rate = config['styleDim'], config['blurKernel'], config['mappingRate']
        layers = [EqualLinear(style, style, rate, activate=True) for _ in range(config['mappingLayers'])]
        self.style = nn.Sequential(PixelNorm(), *layers)
        sizes, channels = widths(config)
        self.input = Constant(channels[0])
        self.conv1, self.to_rgb1 = StyledConv(channels[0], channels[0], style), ToRGB(channels[0], style)
        self.convs, self.to_rgbs = nn.ModuleList(), nn.ModuleList()
        for i, o in zip(channels, channels[1:]):
            self.convs += [StyledConv(i, o, style, blur), StyledConv(o, o, style)]
            self.to_rgbs.append(ToRGB(o, style, blur))
        self.noises = Noises([4] + [size for size in sizes[1:] for _ in range(2)])
        self.rows = 2 * len(sizes)

    def noise(self, n=None):
        fixed = list(self.noises.buffers())
        return fixed if n is None else [torch.randn(n, *t.shape[1:]) for t in fixed]

    def forward(self, latents, noise):
        x = self.input.input.repeat(len(latents), 1, 1, 1)
        x = self.conv1(x, latents[:, 0], noise[0])
        skip = self.to_rgb1(x, latents[:, 1])
        for k, to_rgb in enumerate(self.to_rgbs):
            i = 2 * k + 1
            x = self.convs[2 * k](x, latents[:, i], noise[i])
            x = self.convs[2 * k + 1](x, latents[:, i + 1], noise[i + 1])
            skip = to_rgb(x, latents[:, i + 2], skip)
        return skip


class EqualConv(nn.Module):
    def __init__(self, inputs, outputs, size, stride=1):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.scale = 1 / math.sqrt(inputs * size * size)
        self.options = dict(stride=stride, padding=0 if stride > 1 else size // 2)

    def forward(self, x):
        return F.conv2d(x, self.weight * self.scale, **self.options)


class Activate(Bias):
    def forward(self, x):
        return fused_leaky_relu(x, self.bias)


def layer(inputs, outputs, size, blur=None, activate=True):
    pad = (2, 2) if size == 3 else (1, 1)
    smooth = [FIR(blur, 1, pad=pad)] if blur else []
    conv = EqualConv(inputs, outputs, size, 2 if blur else 1)
    return nn.Sequential(*smooth, conv, *([Activate(outputs)] if activate else []))


class ResBlock(nn.Module):
    def __init__(self, inputs, outputs, blur):
        super().__init__()
        self.conv1, self.conv2 = layer(inputs, inputs, 3), layer(inputs, outputs, 3, blur)
        self.skip = layer(inputs, outputs, 1, blur, activate=False)

    def forward(self, x):
        return (self.conv2(self.conv1(x)) + self.skip(x)) / math.sqrt(2)


class Discriminator(nn.Module):
    def __init__(self, config):
        super().__init__()
        channels = widths(config)[1][::-1]
        blocks = [ResBlock(i, o, config['blurKernel']) for i, o in zip(channels, channels[1:])]
        self.convs = nn.Sequential(layer(3, channels[0], 1), *blocks)
        last = channels[-1]
        self.final_conv = layer(last + 1, last, 3)
        self.final_linear = nn.Sequential(EqualLinear(last * 16, last, activate=True), EqualLinear(last, 1))

    def forward(self, x):
        y = self.convs(x)
        n, c, h, w = y.shape
        group = min(n, 4)
        spread = y.reshape(group, -1, c, h, w).var(0, unbiased=False).add(1e-8).sqrt().mean([1, 2, 3])
        spread = spread.reshape(-1, 1, 1, 1).repeat(group, 1, h, w)
        return self.final_linear(self.final_conv(torch.cat([y, spread], 1)).flatten(1))
