"""Ax (BoTorch's processes behind its own choice of model) as a peer of the race: algorithm ax. About a second a suggestion."""

from importlib.metadata import version

from json_lines import OneByOne, bounds_of, serve

import logging  # noqa: E402

import torch
from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

logging.disable(logging.CRITICAL)
torch.set_num_threads(1)


def dimension(parameter):
    kind, low, high, is_log = bounds_of(parameter)
    if kind == "choice":
        return ChoiceParameterConfig(name=parameter["name"], parameter_type="str", values=low, is_ordered=False)
    return RangeParameterConfig(
        name=parameter["name"],
        parameter_type="int" if kind == "int" else "float",
        bounds=(low, high),
        scaling="log" if is_log else None,
    )


class Peer(OneByOne):
    def __init__(self, init):
        super().__init__(init)
        self.client = Client(random_seed=int(init["seed"]))
        self.client.configure_experiment(parameters=[dimension(p) for p in init["parameters"]])
        self.client.configure_optimization(objective="-loss")

    def suggest(self):
        ((trial, values),) = self.client.get_next_trials(max_trials=1).items()
        return trial, values

    def observe(self, trial, loss):
        if loss is None:
            self.client.mark_trial_failed(trial_index=trial)
        else:
            self.client.complete_trial(trial_index=trial, raw_data={"loss": loss})


serve(Peer, version("ax-platform"))
