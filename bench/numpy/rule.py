"""The gary-mesh rule in NumPy: graphs, what a cell perceives, and one step in the three forms that GaryMesh is held against.

A cell i with the state s_i (12 channels) perceives z = [s_i, mean_j cos(a_ij) (s_j - s_i), mean_j sin(a_ij) (s_j - s_i)],
where a_ij is the direction of its neighbour j, and changes by W2 relu(W1 z + b1) + b2 at the steps at which it fires.
Every graph here has the same number of neighbours for every cell, which is the best case for NumPy.
"""

import numpy as np

CHANNELS, HIDDEN, FIRE_RATE = 12, 48, 0.5
PERCEIVED = 3 * CHANNELS
BLOCK = 4096  # cells whose rows stay in a core's cache together


class Graph:
    """Neighbours [cells x k] and, per edge, the mean's share of the direction's cosine and sine."""

    def __init__(self, neighbours, cosines, sines):
        cells, k = neighbours.shape
        self.cells, self.k = cells, k
        self.neighbours = np.ascontiguousarray(neighbours)
        self.cos = (cosines / k).astype(np.float32)
        self.sin = (sines / k).astype(np.float32)
        self.cos_sum = self.cos.sum(1, keepdims=True)
        self.sin_sum = self.sin.sum(1, keepdims=True)

    def repeated(self, times):
        """So many copies side by side: the graph of a batch."""
        shifts = [self.neighbours + copy * self.cells for copy in range(times)]
        k = self.k
        return Graph(np.concatenate(shifts), np.tile(self.cos * k, (times, 1)), np.tile(self.sin * k, (times, 1)))

    def transpose(self):
        """Per cell those who see it, with their weights for it [cells x k]: in these graphs as many as it sees."""
        seer = np.repeat(np.arange(self.cells), self.k)
        order = np.argsort(self.neighbours.reshape(-1), kind="stable")
        shape = self.cells, self.k
        return tuple(a.reshape(-1)[order].reshape(shape) for a in (seer, self.cos, self.sin))


def ring(cells):
    """Cells on the unit circle, each seeing the one before and the one after it."""
    angle = 2 * np.pi * np.arange(cells) / cells
    x, y = np.cos(angle), np.sin(angle)
    neighbours = np.stack([(np.arange(cells) - 1) % cells, (np.arange(cells) + 1) % cells], 1)
    dx, dy = x[neighbours] - x[:, None], y[neighbours] - y[:, None]
    length = np.hypot(dx, dy)
    return Graph(neighbours, dx / length, dy / length)


def torus6(cells):
    """A closed triangular lattice, as near to a square as `cells` allows: six neighbours at equal distance."""
    height = int(np.sqrt(cells))
    width = cells // height
    if height * width != cells:
        raise ValueError(f"A torus6 has height x width cells, but {cells} are not {height} x {width}.")
    steps = [(0, 1), (0, -1), (1, 0), (-1, 0), (1, -1), (-1, 1)]
    row, column = np.divmod(np.arange(cells), width)
    neighbours = np.stack([((row + d) % height) * width + (column + r) % width for d, r in steps], 1)
    angle = np.array([np.arctan2(d * np.sqrt(3) / 2, r + d / 2) for d, r in steps])
    angle = np.broadcast_to(angle, neighbours.shape)
    return Graph(neighbours, np.cos(angle), np.sin(angle))


GRAPHS = {"ring": ring, "torus6": torus6}


def random_weights(seed=1):
    """W1 [hidden x perceived], b1, W2 [channels x hidden], b2."""
    r = np.random.default_rng(seed)
    shapes = [((HIDDEN, PERCEIVED), 0.1), ((HIDDEN,), 0.1), ((CHANNELS, HIDDEN), 0.005), ((CHANNELS,), 0.01)]
    return [(r.standard_normal(shape) * gain).astype(np.float32) for shape, gain in shapes]


def split(parameters):
    """W1, b1, W2, b2 from one flat vector, as GaryMesh orders it."""
    flat = np.asarray(parameters, np.float32)
    sizes = [HIDDEN * PERCEIVED, HIDDEN, CHANNELS * HIDDEN, CHANNELS]
    w1, b1, w2, b2 = np.split(flat, np.cumsum(sizes)[:-1])
    return [w1.reshape(HIDDEN, PERCEIVED), b1, w2.reshape(CHANNELS, HIDDEN), b2]


def noise(cells, seed=0):
    return (np.random.default_rng(seed).random((cells, CHANNELS)) * 0.1).astype(np.float32)


def perceive(state, graph, cells, own, z):
    """Fills z for some cells (a slice or indices): neighbour by neighbour, which saves the [cells x k x channels] array."""
    neighbours, cos, sin = graph.neighbours[cells], graph.cos[cells], graph.sin[cells]
    along_cos, along_sin = z[:, CHANNELS : 2 * CHANNELS], z[:, 2 * CHANNELS :]
    z[:, :CHANNELS] = own
    for j in range(graph.k):
        seen = state.take(neighbours[:, j], 0)
        if j == 0:
            np.multiply(seen, cos[:, :1], out=along_cos)
            np.multiply(seen, sin[:, :1], out=along_sin)
        else:
            along_cos += seen * cos[:, j : j + 1]
            along_sin += seen * sin[:, j : j + 1]
    along_cos -= graph.cos_sum[cells] * own
    along_sin -= graph.sin_sum[cells] * own


def step_naive(state, graph, weights, rng):
    """As one would write it from the formula: whole arrays, every cell's change computed, then masked."""
    w1, b1, w2, b2 = weights
    difference = state[graph.neighbours] - state[:, None]
    along_cos = (graph.cos[..., None] * difference).sum(1)
    along_sin = (graph.sin[..., None] * difference).sum(1)
    z = np.concatenate([state, along_cos, along_sin], 1)
    hidden = np.maximum(z @ w1.T + b1, 0)
    change = hidden @ w2.T + b2
    fires = rng.random((graph.cells, 1), dtype=np.float32) < FIRE_RATE
    return state + fires * change


def step_chunk4k(state, graph, weights, rng):
    """Dense and cache-blocked: 4,096 cells at a time, results in place, every cell's change computed, then masked."""
    w1, b1, w2, b2 = weights
    w1, w2 = np.ascontiguousarray(w1.T), np.ascontiguousarray(w2.T)
    after = np.empty_like(state)
    z, hidden = np.empty((BLOCK, PERCEIVED), np.float32), np.empty((BLOCK, HIDDEN), np.float32)
    for first in range(0, graph.cells, BLOCK):
        last = min(first + BLOCK, graph.cells)
        cells, count = slice(first, last), last - first
        perceive(state, graph, cells, state[cells], z[:count])
        h = np.matmul(z[:count], w1, out=hidden[:count])
        h += b1
        np.maximum(h, 0, out=h)
        change = np.matmul(h, w2, out=after[cells])
        change += b2
        change *= rng.random((count, 1), dtype=np.float32) < FIRE_RATE
        change += state[cells]
    return after


def step_compact4k(state, graph, weights, rng):
    """Cache-blocked, and silent cells are skipped: NumPy's fastest."""
    w1, b1, w2, b2 = weights
    w1, w2 = np.ascontiguousarray(w1.T), np.ascontiguousarray(w2.T)
    after = state.copy()
    z, hidden = np.empty((BLOCK, PERCEIVED), np.float32), np.empty((BLOCK, HIDDEN), np.float32)
    for first in range(0, graph.cells, BLOCK):
        last = min(first + BLOCK, graph.cells)
        cells = np.flatnonzero(rng.random(last - first, dtype=np.float32) < FIRE_RATE)
        cells += first
        count = len(cells)
        own = state[cells]
        perceive(state, graph, cells, own, z[:count])
        h = np.matmul(z[:count], w1, out=hidden[:count])
        h += b1
        np.maximum(h, 0, out=h)
        change = h @ w2
        change += b2
        change += own
        after[cells] = change
    return after


STEPS = {"naive": step_naive, "chunk4k": step_chunk4k, "compact4k": step_compact4k}


def rollout(variant, graph, weights, start, steps, seed=5):
    step, rng, state = STEPS[variant], np.random.default_rng(seed), start
    for _ in range(steps):
        state = step(state, graph, weights, rng)
    return state


class AllFire:
    """Stands in for a random generator where every cell is to fire."""

    def random(self, shape, dtype=np.float32):
        return np.zeros(shape, dtype)
