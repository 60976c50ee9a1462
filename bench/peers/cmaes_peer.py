"""PyPI's cmaes behind the JSON lines of bench/engine.ts: CMA-ES with IPOP restarts, numeric spaces alone.

The start is what its documentation shows: the mean in the middle of the box, sigma a sixth of the range.
"""

import time

from json_lines import serve

import cmaes  # noqa: E402
import numpy as np
from cmaes import CMA


class Peer:
    def __init__(self, init):
        self.names = [p["name"] for p in init["parameters"]]
        self.sign = -1.0 if init["type"] == "maximize" else 1.0
        spaces = [p["feasibleSpace"] for p in init["parameters"]]
        if any(p["parameterType"] != "double" or s.get("distribution") for p, s in zip(init["parameters"], spaces)):
            raise ValueError("only doubles without a distribution")
        self.low = np.array([float(s["min"]) for s in spaces])
        self.high = np.array([float(s["max"]) for s in spaces])
        self.rng = np.random.RandomState(int(init["seed"]))
        self.population = 0
        self.points, self.told, self.next_id = {}, [], 0
        self.restart(np.full(len(spaces), 0.5))

    def restart(self, mean):
        d = len(self.names)
        self.population = self.population * 2 or 4 + int(3 * np.log(d))
        self.cma = CMA(
            mean=mean,
            sigma=1 / 6,
            bounds=np.array([[0.0, 1.0]] * d),
            seed=int(self.rng.randint(2**31)),
            population_size=self.population,
        )
        self.told = []

    def ask(self, count):
        before = time.process_time()
        suggestions = []
        for _ in range(count):
            u = self.cma.ask()
            self.points[self.next_id] = u
            x = self.low + u * (self.high - self.low)
            suggestions.append({"id": self.next_id, "assignments": {k: repr(float(v)) for k, v in zip(self.names, x)}})
            self.next_id += 1
        return {"suggestions": suggestions, "cpuMs": (time.process_time() - before) * 1000}

    def tell(self, results):
        for result in results:
            loss = float("inf") if result.get("failed") else self.sign * result["value"]
            self.told.append((self.points.pop(result["id"]), min(loss, 1e300)))
            if len(self.told) == self.cma.population_size:
                self.cma.tell(self.told)
                self.told = []
                if self.cma.should_stop():
                    self.restart(self.rng.rand(len(self.names)))


serve(Peer, cmaes.__version__)
