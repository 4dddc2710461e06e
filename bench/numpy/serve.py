"""Answers requests, one line of JSON each, on standard input: what `bench/compare` drives, so that a start of Python is
never timed. By hand: echo '{"do": "rollout", "graph": "ring", "cells": 65536, "variant": "naive", "steps": 24}' | python3 serve.py
"""

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


def hello(_):
    """Versions, and how fast NumPy's matrix product is at the rule's size: it stands or falls with the BLAS below it."""
    a, b = np.ones((BLOCK, PERCEIVED), np.float32), np.ones((PERCEIVED, HIDDEN), np.float32)
    c, fastest = np.empty((BLOCK, HIDDEN), np.float32), np.inf
    for _ in range(20):
        began = time.perf_counter()
        np.matmul(a, b, out=c)
        fastest = min(fastest, time.perf_counter() - began)
    gflops = 2e-9 * BLOCK * PERCEIVED * HIDDEN / fastest
    return {"numpy": np.__version__, "python": sys.version.split()[0], "matmul_gflops": gflops}


def time_rollout(request):
    """Seconds of one rollout, after an untimed step that touches what it reads."""
    graph, weights, start = graph_of(request), random_weights(), noise(request["cells"])
    rollout(request["variant"], graph, weights, start, 1)
    began = time.perf_counter()
    rollout(request["variant"], graph, weights, start, request["steps"])
    return {"seconds": time.perf_counter() - began}


def time_training(request):
    seconds, losses = train(*(request[name] for name in ("graph", "cells", "batch", "steps", "iterations")))
    return {"seconds": seconds, "first_loss": losses[0], "last_loss": losses[-1]}


def check(request):
    """With a rule, start and target from outside and every cell firing: the last state of each variant, the loss and its
    gradient, for comparison with another implementation."""
    graph, weights = graph_of(request), split(request["parameters"])
    start = np.array(request["start"], np.float32).reshape(graph.cells, -1)
    target = np.array(request["target"], np.float32)
    states = {}
    for name, step in STEPS.items():
        state = start
        for _ in range(request["steps"]):
            state = step(state, graph, weights, AllFire())
        states[name] = state.reshape(-1).tolist()
    loss, gradients = gradient(graph, graph.transpose(), weights, start, target, request["steps"], AllFire())
    return {"states": states, "loss": loss, "gradient": np.concatenate([g.reshape(-1) for g in gradients]).tolist()}


REQUESTS = {"hello": hello, "rollout": time_rollout, "train": time_training, "check": check}

for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(REQUESTS[request["do"]](request)), flush=True)
