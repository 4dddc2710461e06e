"""Answers requests, one line of JSON each, on standard input, as the NumPy baseline does; arrays travel in base 64.

A request names a work that it describes in full the first time: graph, perception, parameters, start and target.
"""

import base64
import json
import os
import sys
import time

import numpy as np
import torch

from rule import FORMS, Perception, loss, rollout, train

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
works = {}


def array(text, dtype=np.float32):
    return np.frombuffer(base64.b64decode(text), dtype)


def text(tensor):
    return base64.b64encode(tensor.detach().numpy().astype(np.float32).tobytes()).decode()


def work_of(request):
    """The work's perception, parameters, start and target; a batch is one graph of side-by-side copies."""
    name, batch = request["name"], request.get("batch", 1)
    if name not in works:
        row_start, neighbours = (array(request[key], np.int32).astype(np.int64) for key in ("row_start", "neighbours"))
        cells, edges, hidden = request["cells"], len(neighbours), request["hidden"]
        starts = [row_start[:-1] + edges * copy for copy in range(batch)] + [[batch * edges]]
        seen = Perception(
            request["perception"],
            np.concatenate(starts),
            np.concatenate([neighbours + cells * copy for copy in range(batch)]),
            np.tile(array(request["offsets"], np.float64).reshape(-1, 3), (batch, 1)),
        )
        start = np.tile(array(request["start"]).reshape(cells, -1), (batch, 1))
        channels = start.shape[1]
        shapes = [(hidden, channels * seen.operators), (hidden,), (channels, hidden), (channels,)]
        parts = np.split(array(request["parameters"]), np.cumsum([np.prod(shape) for shape in shapes])[:-1])
        parameters = [part.reshape(shape) for part, shape in zip(parts, shapes)]
        works[name] = seen, parameters, torch.from_numpy(start), torch.from_numpy(np.tile(array(request["target"]), batch))
    seen, parameters, start, target = works[name]
    return seen, [torch.tensor(part, requires_grad=True) for part in parameters], start, target


def hello(_):
    return {"version": torch.__version__, "python": sys.version.split()[0], "forms": list(FORMS)}


def load(request):
    work_of(request)
    return {}


def time_rollout(request):
    """Seconds of one rollout, after an untimed step that touches what it reads."""
    seen, weights, start, _ = work_of(request)
    with torch.no_grad():
        rollout(request["form"], seen, weights, start, 1)
        began = time.perf_counter()
        rollout(request["form"], seen, weights, start, request["steps"])
        return {"seconds": time.perf_counter() - began}


def time_training(request):
    """Seconds of so many iterations, after an untimed one of a single step."""
    work = work_of(request)
    train(request["form"], *work, 1, 1)
    began = time.perf_counter()
    train(request["form"], *work, request["steps"], request["iterations"])
    return {"seconds": time.perf_counter() - began}


def check(request):
    """The last state of each form and its loss's gradient, every cell firing, for comparison with another implementation."""
    states, gradients = {}, {}
    for form in FORMS:
        seen, weights, start, target = work_of(request)
        last = rollout(form, seen, weights, start, request["steps"], fire_rate=1)
        loss(last, target).backward()
        states[form] = text(last)
        gradients[form] = text(torch.cat([weight.grad.reshape(-1) for weight in weights]))
    return {"states": states, "gradients": gradients}


REQUESTS = {"hello": hello, "load": load, "rollout": time_rollout, "train": time_training, "check": check}

for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(REQUESTS[request["do"]](request)), flush=True)
