"""Trains a small ODE-Net on digits in PyTorch, and writes its state_dict.

    python3 odenet.py FOLDER

takes the images from the folder datasets/mnist/subset of this module and writes
odenet.safetensors, odenet.npz and logits.npz. The modules have the names and shapes
of torchdiffeq's example odenet_mnist.py, with 8 channels in place of 64. So that
nothing but PyTorch and NumPy is needed, the equation is solved by Runge-Kutta steps
in place of torchdiffeq's odeint.
"""

import gzip
import sys

import numpy as np
import torch
from torch import nn

from tensorfile import save_file

CHANNELS = 8


def norm():
    return nn.GroupNorm(min(32, CHANNELS), CHANNELS)


class ConcatConv2d(nn.Module):
    """A convolution with the time as the first channel."""

    def __init__(self):
        super().__init__()
        self._layer = nn.Conv2d(CHANNELS + 1, CHANNELS, 3, padding=1)

    def forward(self, t, x):
        time = torch.full_like(x[:, :1], t)
        return self._layer(torch.cat([time, x], 1))


class ODEfunc(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2, self.norm3 = norm(), norm(), norm()
        self.conv1, self.conv2 = ConcatConv2d(), ConcatConv2d()

    def forward(self, t, x):
        x = self.conv1(t, torch.relu(self.norm1(x)))
        return self.norm3(self.conv2(t, torch.relu(self.norm2(x))))


class ODEBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.odefunc, self.steps = ODEfunc(), 2

    def forward(self, x):
        f, h = self.odefunc, 1 / self.steps
        for i in range(self.steps):
            t = i * h
            k1 = f(t, x)
            k2 = f(t + h / 2, x + h / 2 * k1)
            k3 = f(t + h / 2, x + h / 2 * k2)
            k4 = f(t + h, x + h * k3)
            x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return x


def network():
    return nn.Sequential(
        nn.Conv2d(1, CHANNELS, 3), norm(), nn.ReLU(),
        nn.Conv2d(CHANNELS, CHANNELS, 4, 2, 1), norm(), nn.ReLU(),
        nn.Conv2d(CHANNELS, CHANNELS, 4, 2, 1),
        ODEBlock(),
        norm(), nn.ReLU(), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(),
        nn.Linear(CHANNELS, 10),
    )


def digits(folder, name):
    def read(kind, header):
        with gzip.open(f"{folder}/{name}-{kind}-ubyte.gz") as f:
            return np.frombuffer(f.read()[header:], np.uint8)

    images = read("images-idx3", 16).reshape(-1, 1, 28, 28)
    return torch.tensor(images / 255, dtype=torch.float32), torch.tensor(read("labels-idx1", 8), dtype=torch.int64)


def train(model, images, labels):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(40):
        for idx in torch.randperm(len(images)).split(100):
            loss = nn.functional.cross_entropy(model(images[idx]), labels[idx])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch + 1}: loss {loss.item():.3f}")


if __name__ == "__main__":
    torch.manual_seed(1)
    model = network()
    train(model, *digits(sys.argv[1], "train"))
    images, labels = digits(sys.argv[1], "t10k")
    model.double()
    model[7].steps = 100
    with torch.no_grad():
        logits = model(images.double())
    print(f"{100 * (logits.argmax(1) == labels).double().mean():.1f} % of the test images")
    model.float()
    save_file(model.state_dict(), "odenet.safetensors", {"format": "pt"})
    np.savez("odenet.npz", **{name: x.numpy() for name, x in model.state_dict().items()})
    np.savez_compressed("logits.npz", logits=logits[:100].numpy().astype(np.float32))
