"""Training the gary-mesh rule in NumPy: backpropagation through time written by hand, and Adam.

The whole batch is one graph of side-by-side copies, every step's z and hidden values are kept, and updates are in place.
"""

import time

import numpy as np

from rule import CHANNELS, FIRE_RATE, GRAPHS, PERCEIVED, noise, perceive, random_weights


def gradient(graph, transpose, weights, start, target, steps, rng):
    """The gradient of the mean squared difference between channel 0 and the target after the last step."""
    w1, b1, w2, b2 = weights
    cells = graph.cells
    everyone = slice(0, cells)
    state, kept = start, []
    for _ in range(steps):
        z = np.empty((cells, PERCEIVED), np.float32)
        perceive(state, graph, everyone, state, z)
        hidden = z @ w1.T
        hidden += b1
        np.maximum(hidden, 0, out=hidden)
        change = hidden @ w2.T
        change += b2
        fires = rng.random((cells, 1), dtype=np.float32) < FIRE_RATE
        change *= fires
        change += state
        state = change
        kept.append((z, hidden, fires))

    error = state[:, 0] - target
    adjoint = np.zeros((cells, CHANNELS), np.float32)
    adjoint[:, 0] = 2 * error / cells
    gradients = [np.zeros_like(w) for w in weights]
    seers, cos, sin = transpose
    for z, hidden, fires in reversed(kept):
        d_change = adjoint * fires
        gradients[2] += d_change.T @ hidden
        gradients[3] += d_change.sum(0)
        d_hidden = d_change @ w2
        d_hidden *= hidden > 0
        gradients[0] += d_hidden.T @ z
        gradients[1] += d_hidden.sum(0)
        d_z = d_hidden @ w1
        d_own, d_cos, d_sin = d_z[:, :CHANNELS], d_z[:, CHANNELS : 2 * CHANNELS], d_z[:, 2 * CHANNELS :]
        adjoint = adjoint + d_own - graph.cos_sum * d_cos - graph.sin_sum * d_sin
        for j in range(graph.k):
            seer = d_z.take(seers[:, j], 0)
            adjoint += seer[:, CHANNELS : 2 * CHANNELS] * cos[:, j : j + 1]
            adjoint += seer[:, 2 * CHANNELS :] * sin[:, j : j + 1]
    return gradients


def stripes(cells):
    """The target: channel 0 alternates between 0 and 1, eight stripes around the graph."""
    return (np.arange(cells) // max(1, cells // 8) % 2).astype(np.float32)


def train(kind, cells, batch, steps, iterations):
    """Seconds that so many iterations take, the graph's making left out."""
    single = GRAPHS[kind](cells)
    graph = single.repeated(batch)
    transpose = graph.transpose()
    weights = random_weights()
    moments = [(np.zeros_like(w), np.zeros_like(w)) for w in weights]
    target, start = np.tile(stripes(cells), batch), np.tile(noise(cells), (batch, 1))
    rng = np.random.default_rng(7)
    began = time.perf_counter()
    for iteration in range(1, iterations + 1):
        gradients = gradient(graph, transpose, weights, start, target, steps, rng)
        for w, g, (first, second) in zip(weights, gradients, moments):
            g /= np.sqrt((g * g).sum()) + 1e-8
            first *= 0.9
            first += 0.1 * g
            second *= 0.999
            second += 0.001 * g * g
            w -= 2e-3 * (first / (1 - 0.9**iteration)) / (np.sqrt(second / (1 - 0.999**iteration)) + 1e-8)
    return time.perf_counter() - began
