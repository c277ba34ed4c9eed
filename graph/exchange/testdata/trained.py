"""Solves an equation with weights that were trained in Go: python3 trained.py

reads trained.safetensors and writes states.npz.
"""

import numpy as np
import torch
from torch import nn

from tensorfile import load_file


class Dynamics(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(3, 16), nn.Linear(17, 2)

    def forward(self, t, z):
        time = torch.full_like(z[:, :1], t)
        h = torch.tanh(self.first(torch.cat([z, time], 1)))
        return self.second(torch.cat([h, time], 1))


def solve(f, z, end, steps):
    h, states = end / steps, [z]
    for i in range(steps):
        t = i * h
        k1 = f(t, z)
        k2 = f(t + h / 2, z + h / 2 * k1)
        k3 = f(t + h / 2, z + h / 2 * k2)
        k4 = f(t + h, z + h * k3)
        z = z + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        states.append(z)
    return torch.cat(states)


if __name__ == "__main__":
    f = Dynamics().double()
    f.load_state_dict(load_file("trained.safetensors"))
    with torch.no_grad():
        states = solve(f, torch.tensor([[2.0, 0.0]]).double(), 1.5, 50)
    np.savez("states.npz", states=states.numpy())
