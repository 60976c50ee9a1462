"""HEBO (Huawei, winner of the 2020 black-box challenge) as a peer of the race: algorithm hebo. Seconds a suggestion."""

from importlib.metadata import version

from json_lines import OneByOne, bounds_of, serve

import numpy as np  # noqa: E402
import torch
from hebo.design_space.design_space import DesignSpace
from hebo.optimizers.hebo import HEBO

torch.set_num_threads(1)


def dimension(parameter):
    kind, low, high, is_log = bounds_of(parameter)
    if kind == "choice":
        return {"name": parameter["name"], "type": "cat", "categories": low}
    if is_log and kind == "int":
        return {"name": parameter["name"], "type": "pow_int", "lb": low, "ub": high}
    return {
        "name": parameter["name"],
        "type": "int" if kind == "int" else "pow" if is_log else "num",
        "lb": low,
        "ub": high,
    }


class Peer(OneByOne):
    def __init__(self, init):
        super().__init__(init)
        seed = int(init["seed"])
        np.random.seed(seed)
        torch.manual_seed(seed)
        self.kinds = {p["name"]: bounds_of(p)[0] for p in init["parameters"]}
        self.hebo = HEBO(DesignSpace().parse([dimension(p) for p in init["parameters"]]), scramble_seed=seed)

    def suggest(self):
        row = self.hebo.suggest(1)
        casts = {"choice": str, "int": int, "double": float}
        return row, {k: casts[kind](row[k].iloc[0]) for k, kind in self.kinds.items()}

    def observe(self, row, loss):
        self.hebo.observe(row, np.array([[float("nan") if loss is None else loss]]))


serve(Peer, version("hebo"))
