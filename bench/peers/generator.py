"""PyTorch's sides of the generator's cases. Weights and inputs are in `generator.pt`, written by Sextant's side."""
import math
import os
import platform

from serve import Skipped, serve


def prepare(options):
    try:
        import torch
    except ImportError:
        raise Skipped('PyTorch is not installed')
    from stylegan2 import Discriminator, Generator
    from torch.nn import functional as F

    torch.set_num_threads(options['threads'])
    versions = dict(torch=torch.__version__, python=platform.python_version())
    work = torch.load(os.path.join(options['folder'], 'generator.pt'), weights_only=True)
    generator = Generator(options['model'])
    generator.load_state_dict(work['g'])

    if options['job'] == 'generator':
        latents = work['latents']

        def synthesize():
            with torch.no_grad():
                return generator(latents, generator.noise()).abs().mean().item()

        return versions, synthesize

    judge = Discriminator(options['model'])
    judge.load_state_dict(work['d'])
    images = work['images']
    batch, style = len(images), options['model']['styleDim']
    adam = dict(lr=2e-3, betas=(0.0, 0.99), fused=True)
    optimizer_g = torch.optim.Adam(generator.parameters(), **adam)
    optimizer_d = torch.optim.Adam(judge.parameters(), **adam)

    def made(n):
        w = [generator.style(torch.randn(n, style))[:, None] for _ in range(2)]
        first = int(torch.randint(1, generator.rows, ()))
        latents = torch.cat([w[0].repeat(1, first, 1), w[1].repeat(1, generator.rows - first, 1)], 1)
        return generator(latents, generator.noise(n)), latents

    def learning(network, other):
        for p in network.parameters():
            p.requires_grad_(True)
        for p in other.parameters():
            p.requires_grad_(False)

    def update(optimizer, loss):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def step():
        learning(judge, generator)
        update(optimizer_d, F.softplus(-judge(images)).mean() + F.softplus(judge(made(batch)[0])).mean())
        learning(generator, judge)
        update(optimizer_g, F.softplus(-judge(made(batch)[0])).mean())

    def penalties():
        learning(judge, generator)
        real = images.detach().requires_grad_()
        scores = judge(real)
        (slope,) = torch.autograd.grad(scores.sum(), real, create_graph=True)
        update(optimizer_d, slope.square().sum([1, 2, 3]).mean() + 0 * scores.sum())
        learning(generator, judge)
        image, latents = made(batch // 2)
        noise = torch.randn_like(image) / math.sqrt(image.shape[2] * image.shape[3])
        (slope,) = torch.autograd.grad((image * noise).sum(), latents, create_graph=True)
        update(optimizer_g, (slope.square().sum(2).mean(1).sqrt() - 0.1).square().mean() + 0 * image.sum())

    def all_four():
        step()
        penalties()

    return versions, step if options['job'] == 'gan-step' else all_four


serve(prepare)
