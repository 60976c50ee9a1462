"""Real training tasks for the race: one JSON object a line on stdin, one a line on stdout, for the process that asks.

{"task": "svm_diabetes", "values": {"C": "10", ...}} -> {"value": 2870.1}

Spaces and protocol after Bayesmark (Turner and Eriksson 2019): data of scikit-learn, a fifth held out, the mean loss of
five-fold cross-validation on the rest. Needs scikit-learn; figures of ours are from 1.9.1.
"""
import json
import sys
import warnings

from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import KFold, cross_val_score, train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR


def svm(v):
    return SVR(C=float(v["C"]), gamma=float(v["gamma"]), tol=float(v["tol"]))


def forest(v):
    return RandomForestRegressor(
        n_estimators=10,
        max_depth=int(v["max_depth"]),
        min_samples_split=float(v["min_samples_split"]),
        min_samples_leaf=float(v["min_samples_leaf"]),
        max_features=float(v["max_features"]),
        random_state=0,
    )


TASKS = {
    "svm_diabetes": (load_diabetes, svm, "neg_mean_squared_error", KFold),
    "forest_diabetes": (load_diabetes, forest, "neg_mean_squared_error", KFold),
}


def prepared(load, folds):
    x, y = load(return_X_y=True)
    x, _, y, _ = train_test_split(x, y, test_size=0.2, random_state=0)
    return StandardScaler().fit_transform(x), y, folds(n_splits=5, shuffle=True, random_state=0)


def main():
    warnings.filterwarnings("ignore")
    data = {}
    for line in sys.stdin:
        asked = json.loads(line)
        load, model, scoring, folds = TASKS[asked["task"]]
        if asked["task"] not in data:
            data[asked["task"]] = prepared(load, folds)
        x, y, split = data[asked["task"]]
        scores = cross_val_score(model(asked["values"]), x, y, scoring=scoring, cv=split)
        print(json.dumps({"value": -float(scores.mean())}), flush=True)


main()
