"""hyperopt's TPE, which is Katib's `tpe`, as a peer of the race: algorithm hyperopt-tpe."""

import math

from json_lines import OneByOne, bounds_of, serve

import hyperopt  # noqa: E402
import numpy as np
from hyperopt import hp, tpe
from hyperopt.base import JOB_STATE_DONE, JOB_STATE_ERROR, Domain


def dimension(parameter):
    name = parameter["name"]
    kind, low, high, is_log = bounds_of(parameter)
    if kind == "choice":
        return hp.choice(name, low)
    if is_log:
        low, high = math.log(low), math.log(high)
    if kind == "int":
        return hp.qloguniform(name, low, high, 1) if is_log else hp.quniform(name, low, high, 1)
    return hp.loguniform(name, low, high) if is_log else hp.uniform(name, low, high)


class Peer(OneByOne):
    def __init__(self, init):
        super().__init__(init)
        self.space = {p["name"]: dimension(p) for p in init["parameters"]}
        self.integers = [p["name"] for p in init["parameters"] if p["parameterType"] == "int"]
        self.domain = Domain(lambda values: 0.0, self.space)
        self.trials = hyperopt.Trials()
        self.rng = np.random.default_rng(int(init["seed"]))

    def suggest(self):
        ids = self.trials.new_trial_ids(1)
        self.trials.refresh()
        documents = tpe.suggest(ids, self.domain, self.trials, int(self.rng.integers(2**31)))
        self.trials.insert_trial_docs(documents)
        self.trials.refresh()
        found = {name: drawn[0] for name, drawn in documents[0]["misc"]["vals"].items()}
        values = dict(hyperopt.space_eval(self.space, found))
        for name in self.integers:
            values[name] = int(values[name])
        return ids[0], {k: v if isinstance(v, (str, int)) else float(v) for k, v in values.items()}

    def observe(self, point, loss):
        document = next(d for d in self.trials._dynamic_trials if d["tid"] == point)
        document["state"] = JOB_STATE_ERROR if loss is None else JOB_STATE_DONE
        document["result"] = {"status": "fail"} if loss is None else {"loss": loss, "status": "ok"}
        self.trials.refresh()


serve(Peer, hyperopt.__version__)
