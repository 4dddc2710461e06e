"""Answers requests, one line of JSON each, on standard input: what `bench/compare` drives, so that a start of Python is
never timed. By hand: echo '{"do": "rollout", "graph": "ring", "cells": 65536, "form": "naive", "steps": 24}' | python3 serve.py
"""

import base64
import json
import sys
import time

import numpy as np

from rule import BLOCK, GRAPHS, HIDDEN, PERCEIVED, STEPS, AllFire, noise, random_weights, rollout, split
from train import gradient, train

graphs = {}


def graph_of(request):
    key = request["graph"], request["cells"]
    if key not in graphs:
        graphs[key] = GRAPHS[key[0]](key[1])
    return graphs[key]


def array(text):
    return np.frombuffer(base64.b64decode(text), np.float32)


def text(values):
    return base64.b64encode(np.asarray(values, np.float32).tobytes()).decode()


def hello(_):
    """Versions, and how fast NumPy's matrix product is at the rule's size: it stands or falls with the BLAS below it."""
    a, b = np.ones((BLOCK, PERCEIVED), np.float32), np.ones((PERCEIVED, HIDDEN), np.float32)
    c, fastest = np.empty((BLOCK, HIDDEN), np.float32), np.inf
    for _ in range(20):
        began = time.perf_counter()
        np.matmul(a, b, out=c)
        fastest = min(fastest, time.perf_counter() - began)
    gflops = 2e-9 * BLOCK * PERCEIVED * HIDDEN / fastest
    return {"version": np.__version__, "python": sys.version.split()[0], "matmul_gflops": gflops}


def load(request):
    graph_of(request)
    return {}


def time_rollout(request):
    """Seconds of one rollout, after an untimed step that touches what it reads."""
    graph, weights, start = graph_of(request), random_weights(), noise(request["cells"])
    rollout(request["form"], graph, weights, start, 1)
    began = time.perf_counter()
    rollout(request["form"], graph, weights, start, request["steps"])
    return {"seconds": time.perf_counter() - began}


def time_training(request):
    return {"seconds": train(*(request[name] for name in ("graph", "cells", "batch", "steps", "iterations")))}


def check(request):
    """With a rule, start and target from outside and every cell firing: the last state of each form and the loss's
    gradient, for comparison with another implementation."""
    graph, weights = graph_of(request), split(array(request["parameters"]))
    start, target = array(request["start"]).reshape(graph.cells, -1), array(request["target"])
    states = {}
    for name, step in STEPS.items():
        state = start
        for _ in range(request["steps"]):
            state = step(state, graph, weights, AllFire())
        states[name] = text(state)
    gradients = gradient(graph, graph.transpose(), weights, start, target, request["steps"], AllFire())
    return {"states": states, "gradients": {"by hand": text(np.concatenate([g.reshape(-1) for g in gradients]))}}


REQUESTS = {"hello": hello, "load": load, "rollout": time_rollout, "train": time_training, "check": check}

for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(REQUESTS[request["do"]](request)), flush=True)
