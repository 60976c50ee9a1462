"""The loop of every peer: one JSON object a line on stdin, one a line on stdout, as bench/engine.ts describes them."""

import json
import os
import sys
import warnings

# One thread, as every engine of the race has.
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")
warnings.filterwarnings("ignore")


def bounds_of(parameter):
    """Kind, lower and upper bound, and whether the scale is that of logarithms; a list has its values for bounds."""
    space, kind = parameter["feasibleSpace"], parameter["parameterType"]
    if kind in ("categorical", "discrete"):
        return "choice", space["list"], None, False
    number = int if kind == "int" else float
    if space.get("step") and float(space["step"]) != 1:
        raise ValueError("steps are not translated")
    return kind, number(space["min"]), number(space["max"]), space.get("distribution") == "logUniform"


def serve(create, version):
    """`create(init)` gives an object with `ask(count)` and `tell(results)`. What it prints must not reach the answers."""
    answers, sys.stdout = sys.stdout, sys.stderr
    peer = None
    for line in sys.stdin:
        message = json.loads(line)
        try:
            if "init" in message:
                peer, answer = create(message["init"]), {"ok": True, "version": version}
            elif "ask" in message:
                answer = peer.ask(message["ask"])
            else:
                peer.tell(message["tell"])
                answer = {"ok": True}
        except Exception as reason:  # noqa: BLE001, the harness prints it and leaves the row out
            answer = {"error": repr(reason)}
        print(json.dumps(answer), file=answers, flush=True)


class OneByOne:
    """Asks and tells by the point: a peer gives `suggest() -> (point, values)` and takes `observe(point, loss or None)`."""

    def __init__(self, init):
        self.sign = -1.0 if init["type"] == "maximize" else 1.0
        self.pending, self.next_id = {}, 0

    def ask(self, count):
        import time

        before = time.process_time()
        suggestions = []
        for _ in range(count):
            point, values = self.suggest()
            self.pending[self.next_id] = point
            suggestions.append({"id": self.next_id, "assignments": {k: text_of(v) for k, v in values.items()}})
            self.next_id += 1
        return {"suggestions": suggestions, "cpuMs": (time.process_time() - before) * 1000}

    def tell(self, results):
        for result in results:
            loss = None if result.get("failed") else self.sign * result["value"]
            self.observe(self.pending.pop(result["id"]), loss)


def text_of(value):
    return value if isinstance(value, str) else repr(value)
