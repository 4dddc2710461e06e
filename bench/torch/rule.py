"""The three usual rules in PyTorch: what cells perceive as one sparse matrix, one step in three forms, and training.

Every operator of a perception is linear in the states, so all of them together are a matrix [cells x operators, cells]:
gary-mesh (`planar`: own state, mean neighbour differences weighted by cosine and sine), MeshNCA (`harmonics`: summed
differences weighted by 1, y, z, x of the direction, own state) and Growing NCA (`sobel`: own state, Sobel / 8 along x and y).
"""

import numpy as np
import torch
from torch.nn.functional import embedding_bag, linear

FIRE_RATE = 0.5


def operators(kind, offsets, degree):
    """A weight per edge for each operator that looks along edges, None for the own state; and whether differences travel."""
    x, y, z = offsets.T
    if kind == "planar":
        length = np.hypot(x, y) * degree
        return [None, x / length, y / length], True
    if kind == "harmonics":
        length = np.sqrt(x * x + y * y + z * z) + 1e-8
        return [np.ones_like(x), y / length, z / length, x / length, None], True
    return [None, x * (2 - abs(y)) / 8, y * (2 - abs(x)) / 8], False


class Perception:
    def __init__(self, kind, row_start, neighbours, offsets):
        cells, degree = len(row_start) - 1, np.diff(row_start)
        self.cells, everyone, seer = cells, np.arange(cells), np.repeat(np.arange(cells), degree)
        weights, differences = operators(kind, offsets, degree[seer])
        self.operators = len(weights)
        entries = []  # cell that sees, operator, cell that is seen, weight
        for k, weight in enumerate(weights):
            if weight is None:
                entries.append((everyone, k, everyone, np.ones(cells)))
                continue
            entries.append((seer, k, neighbours, weight))
            if differences:
                entries.append((everyone, k, everyone, -np.bincount(seer, weight, cells)))
        row = np.concatenate([i * self.operators + k for i, k, _, _ in entries])
        column, value = (np.concatenate([entry[at] for entry in entries]) for at in (2, 3))
        row, column, value = (array[value != 0] for array in (row, column, value))
        shape = cells * self.operators, cells
        places = torch.from_numpy(np.stack([row, column]))
        self.matrix = torch.sparse_coo_tensor(places, torch.from_numpy(value).float(), shape).coalesce()
        (self.row, self.column), self.value = self.matrix.indices(), self.matrix.values()

        # The same by bags of entries: padded ones for each cell, so that some cells can be picked, and the transpose's.
        start = torch.bincount(self.row, minlength=shape[0]).cumsum(0)
        counts = torch.diff(start, prepend=start.new_zeros(1))
        place = torch.arange(len(self.row)) - (start - counts)[self.row]
        bags = shape[0], int(counts.max())
        self.bag = torch.zeros(bags, dtype=torch.long).index_put_((self.row, place), self.column).view(cells, -1)
        self.bag_value = torch.zeros(bags).index_put_((self.row, place), self.value).view(cells, -1)
        back = self.matrix.t().coalesce()
        (seen, self.back), self.back_value = back.indices(), back.values()
        counts = torch.bincount(seen, minlength=cells)
        self.back_start = counts.cumsum(0) - counts


class Bags(torch.autograd.Function):
    """What the cells that fire perceive, summed without writing out a row an edge, and so its adjoint."""

    @staticmethod
    def forward(context, state, seen, fired):
        context.seen, context.fired = seen, fired
        shape = len(fired) * seen.operators, -1
        bag, value = (table.index_select(0, fired).view(shape) for table in (seen.bag, seen.bag_value))
        return embedding_bag(bag, state, per_sample_weights=value, mode="sum").view(len(fired), -1)

    @staticmethod
    def backward(context, adjoint):
        seen, fired = context.seen, context.fired
        everyone = adjoint.new_zeros(seen.cells, adjoint.shape[1]).index_copy_(0, fired, adjoint)
        rows = everyone.view(seen.cells * seen.operators, -1)
        bags = embedding_bag(seen.back, rows, seen.back_start, per_sample_weights=seen.back_value, mode="sum")
        return bags, None, None


def gather(seen, state):
    """As one would write it for any graph: a message an edge, added up where it is seen."""
    messages = state.index_select(0, seen.column) * seen.value.unsqueeze(1)
    return state.new_zeros(seen.cells * seen.operators, state.shape[1]).index_add(0, seen.row, messages)


def sparse(seen, state):
    return torch.sparse.mm(seen.matrix, state)


def whole(perceive):
    """A step that computes every cell's change and masks it."""

    def step(seen, weights, state, fires):
        w1, b1, w2, b2 = weights
        hidden = linear(perceive(seen, state).view(seen.cells, -1), w1, b1).relu_()
        return torch.addcmul(state, linear(hidden, w2, b2), fires.unsqueeze(1).to(state.dtype))

    return step


def bags(seen, weights, state, fires):
    """A step that skips the cells that do not fire: PyTorch's fastest."""
    w1, b1, w2, b2 = weights
    fired = fires.nonzero().squeeze(1)
    hidden = linear(Bags.apply(state, seen, fired), w1, b1).relu_()
    return state.index_add(0, fired, linear(hidden, w2, b2))


FORMS = {"gather": whole(gather), "sparse": whole(sparse), "bags": bags}


def rollout(form, seen, weights, state, steps, fire_rate=FIRE_RATE):
    for _ in range(steps):
        state = FORMS[form](seen, weights, state, torch.rand(seen.cells) < fire_rate)
    return state


def loss(state, target):
    """The mean squared difference between channel 0 and the target."""
    return (state[:, 0] - target).square().mean()


def train(form, seen, weights, start, target, steps, iterations):
    """Backpropagation through time by autograd; Adam on gradients that are normalised one tensor at a time."""
    optimiser = torch.optim.Adam(weights, lr=2e-3)
    for _ in range(iterations):
        optimiser.zero_grad(set_to_none=True)
        loss(rollout(form, seen, weights, start, steps), target).backward()
        for weight in weights:
            weight.grad /= weight.grad.norm() + 1e-8
        optimiser.step()
