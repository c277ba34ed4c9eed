"""The work of BenchmarkPublished (layers/published_bench_test.go) with torchdiffeq.

    python docs/performance/published.py [SECONDS [CASE...]]

Needs torch and torchdiffeq. The cases are spiral, mlp/1 and mlp/100. A row is the median of
the solves of about SECONDS (2), the better of one and two threads and of the network as it
is and compiled by TorchScript.
"""
import math
import sys
import time

import torch
import torchdiffeq


def irregular(scale, f, *shape):
    k = torch.arange(1, math.prod(shape) + 1, dtype=torch.float64)
    return (scale * f(k * k)).float().reshape(shape)


class Network(torch.nn.Module):
    """tanh(x³·W1 + b1)·W2 + b2 if cubic, else tanh(softplus(x·W1 + b1)·W2 + b2)."""

    def __init__(self, dim, hidden, cubic):
        super().__init__()
        self.cubic = cubic
        sizes = [dim * hidden, hidden, hidden * dim, dim]
        w1, b1, w2, b2 = irregular(math.sqrt(6 / (dim + hidden)), torch.sin, sum(sizes)).split(sizes)
        self.first, self.second = torch.nn.Linear(dim, hidden), torch.nn.Linear(hidden, dim)
        with torch.no_grad():
            self.first.weight.copy_(w1.reshape(dim, hidden).T)
            self.first.bias.copy_(b1)
            self.second.weight.copy_(w2.reshape(hidden, dim).T)
            self.second.bias.copy_(b2)

    def forward(self, t, y):
        if self.cubic:
            return self.second(torch.tanh(self.first(y * y * y)))
        return torch.tanh(self.second(torch.nn.functional.softplus(self.first(y))))


class Counted(torch.nn.Module):
    def __init__(self, f):
        super().__init__()
        self.f, self.nfe = f, 0

    def forward(self, t, y):
        self.nfe += 1
        return self.f(t, y)


def spiral():
    t, a = torch.linspace(0, 1.5, 30), torch.tensor([[-0.1, 2.0], [-2.0, -0.1]], dtype=torch.float64)
    start = torch.tensor([[2.0, 0.0]], dtype=torch.float64)
    data = torchdiffeq.odeint(lambda _, y: (y * y * y) @ a, start, t.double(), rtol=1e-12, atol=1e-12)
    return Network(2, 50, True), start.float(), t, data.float(), dict(atol=1e-6, rtol=1e-3)


def mlp(times):
    t = torch.linspace(0, 100, max(times, 2))
    start = irregular(math.sqrt(2), torch.cos, 64, 4)
    return Network(4, 32, False), start, t, torch.zeros(times, 64, 4), dict(atol=1e-6, rtol=1e-6)


def measure(solve, seconds):
    for _ in range(3):  # TorchScript compiles in the first calls
        solve()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        solve()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


def main(seconds=2, *names):
    print("torch", torch.__version__, "torchdiffeq", torchdiffeq.__version__)
    cases = {"spiral": spiral, "mlp/1": lambda: mlp(1), "mlp/100": lambda: mlp(100)}
    for name in names or cases:
        case = cases[name]
        for kind in "backpropagation", "adjoint", "prediction":
            odeint = torchdiffeq.odeint_adjoint if kind == "adjoint" else torchdiffeq.odeint
            best = None
            for compiled in False, True:
                net, start, t, data, tol = case()
                f = Counted(torch.jit.script(net) if compiled else net)

                def solve():
                    f.nfe = 0
                    with torch.set_grad_enabled(kind != "prediction"):
                        y = odeint(f, start, t, method="dopri5", **tol)[-len(data):]
                        if kind == "prediction":
                            return None
                        net.zero_grad()
                        loss = ((y - data) ** 2).sum()
                        loss.backward()
                        return loss.item()

                for threads in 1, 2:
                    torch.set_num_threads(threads)
                    took = measure(solve, float(seconds))
                    if best is None or took < best[0]:
                        best = took, threads, compiled
            loss = solve()
            text = f"{name:8} {kind:16} {best[0] * 1e3:9.3f} ms  {f.nfe:6} nfe"
            if loss is not None:
                norm = math.sqrt(sum(p.grad.double().pow(2).sum().item() for p in net.parameters()))
                text += f"  {loss:.6g} loss  {norm:.6g} |gradient|"
            print(text, f"  {best[1]} threads{', compiled' * best[2]}", flush=True)


main(*sys.argv[1:])
