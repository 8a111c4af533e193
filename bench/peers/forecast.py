"""PyTorch's sides of the forecast's cases. The work is in `forecast.pt`, written by Sextant's side: `network`, weights
by its names, and the inputs of the jobs:

step     values [B, L], covariates [B, L, C], series [B], target [B, L], and mask [L, L] where attention is sparse
predict  history [N, T], future_covariates [N, T + H, C], future_series [N], noise [N, S, H]
memory   nothing: random weights and values of the length that the options give"""
import os
import platform

from serve import Skipped, serve

# Series whose samples are drawn together. 2 to 16 are equally fast; memory grows with them.
BATCH = 8


def prepare(options):
    try:
        import torch
    except ImportError:
        raise Skipped('PyTorch is not installed')
    import conv_transformer

    torch.set_num_threads(options['threads'])
    torch.manual_seed(0)
    config = options['config']
    versions = dict(torch=torch.__version__, python=platform.python_version())

    def training(model, inputs, target, mask=None):
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

        def step():
            optimizer.zero_grad()
            loss = conv_transformer.loss(*model(*inputs, mask), target)
            loss.backward()
            optimizer.step()
            # With dropout, losses of two sides differ.
            return None if config['dropout'] else loss.item()

        return step

    if options['job'] == 'memory':
        length = options['length']
        model = conv_transformer.ConvTransformer({**config, 'maxLength': length, 'nSeries': 1})
        values = torch.randn(1, length)
        inputs = values, torch.randn(1, length, config['nCovariates']), torch.zeros(1, dtype=torch.long)
        return versions, training(model, inputs, values.roll(-1, 1))

    work = torch.load(os.path.join(options['folder'], 'forecast.pt'), weights_only=True)
    model = conv_transformer.ConvTransformer(config)
    model.load_state_dict(work['network'])

    if options['job'] == 'step':
        inputs = work['values'], work['covariates'], work['series'].long()
        mask = work.get('mask')
        return versions, training(model, inputs, work['target'], None if mask is None else mask.bool())

    if options['job'] == 'predict':
        model.eval()
        inputs = work['history'], work['future_covariates'], work['future_series'].long(), work['noise']

        def predict():
            parts = zip(*(x.split(BATCH) for x in inputs))
            drawn = torch.cat([conv_transformer.sample(model, *part) for part in parts])
            return drawn.quantile(0.5, 1).mean().item()

        return versions, predict

    raise ValueError(f"there is no job {options['job']}")


serve(prepare)
