"""Optuna behind the JSON lines of bench/engine.ts: algorithms optuna-gp, optuna-tpe, optuna-cmaes, optuna-random.

Needs optuna, and torch and scipy for optuna-gp. One thread, as every engine of the race.
"""

import contextlib
import time

from json_lines import serve

import optuna  # noqa: E402

optuna.logging.set_verbosity(optuna.logging.ERROR)


def sampler_of(name, seed):
    if name == "optuna-gp":
        import torch

        torch.set_num_threads(1)
        # Optuna pins the default device in a with-block, which torch 1.13 cannot do; there the default is the CPU anyway.
        if not hasattr(torch.device, "__enter__"):
            torch.device = lambda name: contextlib.nullcontext()
        return optuna.samplers.GPSampler(seed=seed)
    if name == "optuna-tpe":
        return optuna.samplers.TPESampler(seed=seed)
    if name == "optuna-cmaes":
        return optuna.samplers.CmaEsSampler(seed=seed)
    if name == "optuna-random":
        return optuna.samplers.RandomSampler(seed=seed)
    raise ValueError("unknown peer " + name)


def distribution_of(parameter):
    space = parameter["feasibleSpace"]
    kind = parameter["parameterType"]
    if kind in ("categorical", "discrete"):
        return optuna.distributions.CategoricalDistribution(space["list"])
    is_log = space.get("distribution") == "logUniform"
    step = space.get("step")
    if kind == "int":
        return optuna.distributions.IntDistribution(
            int(space["min"]), int(space["max"]), log=is_log, step=int(step) if step else 1
        )
    return optuna.distributions.FloatDistribution(
        float(space["min"]), float(space["max"]), log=is_log, step=float(step) if step else None
    )


class Peer:
    def __init__(self, init):
        direction = "maximize" if init["type"] == "maximize" else "minimize"
        self.study = optuna.create_study(direction=direction, sampler=sampler_of(init["algorithm"], int(init["seed"])))
        self.distributions = {p["name"]: distribution_of(p) for p in init["parameters"]}
        self.trials = {}

    def ask(self, count):
        before = time.process_time()
        suggestions = []
        for _ in range(count):
            trial = self.study.ask(self.distributions)
            self.trials[trial.number] = trial
            suggestions.append({"id": trial.number, "assignments": {k: str(v) for k, v in trial.params.items()}})
        return {"suggestions": suggestions, "cpuMs": (time.process_time() - before) * 1000}

    def tell(self, told):
        for result in told:
            trial = self.trials.pop(result["id"])
            if result.get("failed"):
                self.study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                self.study.tell(trial, result["value"])


serve(Peer, optuna.__version__)
