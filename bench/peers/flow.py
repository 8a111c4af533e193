"""PyTorch's sides of the flow's cases, with torchdiffeq. Weights and inputs are in `flow.pt`, written by Sextant's side."""
import math
import os
import platform

from serve import Skipped, serve


def prepare(options):
    try:
        import torch
        import torchdiffeq
    except ImportError:
        raise Skipped('PyTorch and torchdiffeq are not installed')
    from torch import nn

    torch.set_num_threads(options['threads'])
    versions = dict(torch=torch.__version__, torchdiffeq=torchdiffeq.__version__, python=platform.python_version())
    work = torch.load(os.path.join(options['folder'], 'flow.pt'), weights_only=True)
    dimension, hidden, context_features = 512, [512] * 5, 17

    class Layer(nn.Module):
        def __init__(self, n, m):
            super().__init__()
            self._layer = nn.Linear(n, m)
            self._hyper_bias = nn.Linear(1 + context_features, m, bias=False)
            self._hyper_gate = nn.Linear(1 + context_features, m)

        def forward(self, tc, x):
            gate = torch.sigmoid(self._hyper_gate(tc)).unsqueeze(1)
            return self._layer(x) * gate + self._hyper_bias(tc).unsqueeze(1)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            widths = [dimension] + hidden + [dimension]
            self.layers = nn.ModuleList(Layer(n, m) for n, m in zip(widths, widths[1:]))

    class Func(nn.Module):
        def __init__(self):
            super().__init__()
            self.diffeq = Net()
            self.e = None

        def forward(self, t, state):
            y, _, c = state
            with torch.enable_grad():
                y = y.requires_grad_(True)
                tc = torch.cat([torch.ones(c.shape[0], 1) * t.detach(), c], 1)
                x = y
                for i, layer in enumerate(self.diffeq.layers):
                    x = layer(tc, x)
                    if i < len(self.diffeq.layers) - 1:
                        x = torch.tanh(x)
                slope = torch.autograd.grad(x, y, self.e, create_graph=True)[0]
                divergence = (slope * self.e).sum(-1, keepdim=True)
            return x, -divergence, torch.zeros_like(c)

    class Norm(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(dimension))
            self.bias = nn.Parameter(torch.zeros(dimension))
            self.register_buffer('running_mean', torch.zeros(dimension))
            self.register_buffer('running_var', torch.ones(dimension))
            self.register_buffer('step', torch.zeros(1))

        def forward(self, x, reverse=False):
            deviation = torch.sqrt(self.running_var + 1e-4)
            if reverse:
                return (x - self.bias) * torch.exp(-self.weight) * deviation + self.running_mean
            y = (x - self.running_mean) / deviation * torch.exp(self.weight) + self.bias
            if self.training:
                rows = x.detach().reshape(-1, dimension)
                self.running_mean.mul_(0.9).add_(0.1 * rows.mean(0))
                self.running_var.mul_(0.9).add_(0.1 * rows.var(0))
            return y

        def change(self):
            return (self.weight - 0.5 * torch.log(self.running_var + 1e-4)).sum()

    class CNF(nn.Module):
        def __init__(self):
            super().__init__()
            self.odefunc = Func()
            self.sqrt_end_time = nn.Parameter(torch.tensor(1.0))

        def forward(self, x, l, c, e, reverse=False):
            self.odefunc.e = e
            times = torch.stack([torch.zeros(()), self.sqrt_end_time**2])
            times = times.flip(0) if reverse else times
            states = torchdiffeq.odeint_adjoint(self.odefunc, (x, l, c), times, rtol=1e-5, atol=1e-5, method='dopri5')
            return states[0][-1], states[1][-1]

    chain = nn.ModuleList([Norm(), CNF(), Norm()])
    chain.load_state_dict({k.removeprefix('chain.'): v for k, v in work['flow'].items()}, strict=False)

    if options['job'] == 'edit':
        chain.eval()
        w, source, target = (work['code'][name] for name in ('w', 'source', 'target'))
        zeros = torch.zeros(1, w.shape[1], 1)

        def edit():
            with torch.no_grad():
                z, _ = chain[1](chain[0](w), zeros, source, torch.randn_like(w))
                z = chain[2](z)
                back, _ = chain[1](chain[2](z, reverse=True), zeros, target, torch.randn_like(w), reverse=True)
                return chain[0](back, reverse=True).mean().item()

        return versions, edit

    w, context, e = (work['codes'][name] for name in ('w', 'context', 'e'))
    optimizer = torch.optim.Adam(chain.parameters(), lr=1e-3, fused=True)
    constant = 0.5 * dimension * math.log(2 * math.pi)

    def step():
        optimizer.zero_grad()
        change = chain[0].change() + chain[2].change()
        x, l = chain[1](chain[0](w), torch.zeros(w.shape[0], w.shape[1], 1), context, e)
        z = chain[2](x)
        loss = (0.5 * (z**2).sum((1, 2)) + (l - change).sum((1, 2))).mean() + constant
        loss.backward()
        optimizer.step()
        return loss.item()

    return versions, step


serve(prepare)
