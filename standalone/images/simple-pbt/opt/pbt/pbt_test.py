"""A training that rewards a schedule, with the flags and the log lines of Katib's simple-pbt image; standard library only.

It is a simulation, not a model. The learning rate that helps most falls as the accuracy a grows,

    best(a) = 0.02 * 0.01^a                               from 0.02 at the start to 0.0002 at the end
    a <- a + 0.05 (1 - a) exp(-ln(lr / best(a))^2 / 2)    once an epoch

so a constant rate is slow at first or stuck later, and a population that copies good checkpoints and changes their rate does. The checkpoint
holds the accuracy and the epochs behind it; the next run in its directory goes on from there.
"""

import argparse
import json
import math
import os
import sys


def main():
    flags = parse_flags()
    path = os.path.join(flags.checkpoint, "training.ckpt")
    epoch, accuracy = load(path)
    for epoch in range(epoch + 1, epoch + 1 + flags.epochs):
        accuracy = trained(accuracy, flags.lr)
        print(f"epoch {epoch}:\nlr={flags.lr:.4f}\nValidation-accuracy={accuracy:.4f}", flush=True)
    save(path, epoch, accuracy)


def parse_flags():
    parser = argparse.ArgumentParser(description="A training that rewards a schedule of learning rates")
    parser.add_argument("--lr", type=float, default=0.01, help="learning rate of this run (default 0.01)")
    parser.add_argument("--epochs", type=int, default=20, help="epochs of this run (default 20)")
    parser.add_argument("--checkpoint", default="/var/log/katib/checkpoints/", help="directory to go on from and to save in")
    flags = parser.parse_args()
    if not flags.lr > 0:
        parser.error(f"--lr: expected more than 0, got {flags.lr}")
    return flags


def trained(accuracy, lr):
    """The accuracy after one more epoch."""
    best = 0.02 * 0.01**accuracy
    return accuracy + 0.05 * (1 - accuracy) * math.exp(-(math.log(lr / best) ** 2) / 2)


def load(path):
    """Epochs and accuracy so far; (0, 0) where there is no checkpoint."""
    try:
        with open(path, encoding="utf-8") as file:
            saved = json.load(file)
        return int(saved["epoch"]), float(saved["accuracy"])
    except FileNotFoundError:
        return 0, 0.0
    except (ValueError, KeyError, TypeError) as error:
        sys.exit(f"{path} is no checkpoint of this program: {error}")


def save(path, epoch, accuracy):
    """Whole or not at all: a run that is stopped here leaves the checkpoint before."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        json.dump({"epoch": epoch, "accuracy": accuracy}, file)
    os.replace(f"{path}.new", path)


if __name__ == "__main__":
    main()
