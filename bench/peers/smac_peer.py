"""SMAC3's facade for hyperparameters (random forest, log expected improvement) as a peer of the race: algorithm smac."""

import tempfile
from importlib.metadata import version

from json_lines import OneByOne, bounds_of, serve

from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer  # noqa: E402
from smac import HyperparameterOptimizationFacade, Scenario
from smac.runhistory import StatusType, TrialValue


def dimension(parameter):
    name = parameter["name"]
    kind, low, high, is_log = bounds_of(parameter)
    if kind == "choice":
        return Categorical(name, low)
    return (Integer if kind == "int" else Float)(name, (low, high), log=is_log)


class Peer(OneByOne):
    def __init__(self, init):
        super().__init__(init)
        space = ConfigurationSpace(seed=int(init["seed"]))
        space.add([dimension(p) for p in init["parameters"]])
        self.directory = tempfile.TemporaryDirectory()
        scenario = Scenario(
            space,
            deterministic=True,
            n_trials=init.get("maxTrialCount") or 1000,
            seed=int(init["seed"]),
            output_directory=self.directory.name,
        )
        self.smac = HyperparameterOptimizationFacade(scenario, lambda config, seed=0: 0.0, logging_level=False)

    def suggest(self):
        trial = self.smac.ask()
        values = {k: v.item() if hasattr(v, "item") else v for k, v in dict(trial.config).items()}
        return trial, {k: str(v) if isinstance(v, str) else v for k, v in values.items()}

    def observe(self, trial, loss):
        failed = loss is None
        value = TrialValue(cost=1e300 if failed else loss, status=StatusType.CRASHED if failed else StatusType.SUCCESS)
        self.smac.tell(trial, value, save=False)


serve(Peer, version("smac"))
