"""Ten-class image training with the flags and the log lines of Katib's pytorch-mnist image; standard library only.

The images are drawn, not downloaded: every class is a few soft blobs on 8x8 pixels, and a sample is its class moved by a
pixel, brighter or darker, under noise. The model is softmax regression, trained by gradient descent with momentum. The
same flags give the same numbers.
"""

import argparse
import json
import logging
import math
import os
import random
import sys
import time
from operator import mul

CLASSES, SIDE = 10, 8
TRAINING_IMAGES, TEST_IMAGES = 6000, 1000
NOISE = 1.9
DATA_SEED = 20


def main():
    flags = parse_flags()
    report = hypertune_report(flags.log_path) if flags.logger == "hypertune" and flags.log_path else log_report
    start_log("" if flags.logger == "hypertune" else flags.log_path)
    training, test = draw_images()
    order = random.Random(flags.seed)
    model = Softmax()
    for epoch in range(1, flags.epochs + 1):
        train_epoch(model, training, order, flags, epoch)
        report(epoch, *evaluate(model, test))


def parse_flags():
    parser = argparse.ArgumentParser(description="Ten-class image training in Katib's log format")
    parser.add_argument("--batch-size", type=int, default=64, metavar="N", help="images a step (default 64)")
    parser.add_argument("--test-batch-size", type=int, default=1000, metavar="N", help="accepted, changes nothing")
    parser.add_argument("--epochs", type=int, default=10, metavar="N", help="passes over the images (default 10)")
    parser.add_argument("--lr", type=float, default=0.01, metavar="LR", help="learning rate (default 0.01)")
    parser.add_argument("--momentum", type=float, default=0.5, metavar="M", help="momentum of the descent (default 0.5)")
    parser.add_argument("--no-cuda", action="store_true", help="accepted: there is no other way here")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="seed of the order of images (default 1)")
    parser.add_argument("--log-interval", type=int, default=10, metavar="N", help="steps between two lines of loss")
    parser.add_argument("--log-path", default="", help="file of the log; empty: standard output")
    parser.add_argument("--save-model", action="store_true", help="accepted, changes nothing")
    parser.add_argument("--logger", choices=["standard", "hypertune"], default="standard", help="format of the results")
    parser.add_argument("--backend", default="gloo", help="accepted: one process trains here")
    flags = parser.parse_args()
    for name in ("batch_size", "epochs", "log_interval"):
        if getattr(flags, name) < 1:
            parser.error(f"--{name.replace('_', '-')}: expected 1 or more, got {getattr(flags, name)}")
    return flags


def start_log(path):
    where = {"filename": own_folder(path)} if path else {"stream": sys.stdout}
    logging.Formatter.converter = time.gmtime
    form = "%(asctime)s %(levelname)-8s %(message)s"
    logging.basicConfig(format=form, datefmt="%Y-%m-%dT%H:%M:%SZ", level=logging.INFO, **where)


def own_folder(path):
    """`path`, its folder made."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    return path


def log_report(_epoch, accuracy, loss):
    logging.info("{metricName: accuracy, metricValue: %.4f};{metricName: loss, metricValue: %.4f}", accuracy, loss)
    logging.info("accuracy=%.4f", accuracy)


def hypertune_report(path):
    """One JSON object a line and metric, its value as text, as cloudml-hypertune writes it."""
    own_folder(path)

    def report(epoch, accuracy, loss):
        with open(path, "a", encoding="utf-8") as file:
            for name, value in (("loss", loss), ("accuracy", accuracy)):
                line = {"timestamp": time.time(), "trial": "0", name: f"{value:.4f}", "global_step": str(epoch)}
                file.write(json.dumps({**line, "checkpoint_path": ""}) + "\n")

    return report


def draw_images():
    """Training and test images as (pixels, class); the last pixel is always 1, the model's bias."""
    draw = random.Random(DATA_SEED)
    shapes = [moved_shapes(draw) for _ in range(CLASSES)]
    images = [draw_image(draw, shapes, index % CLASSES) for index in range(TRAINING_IMAGES + TEST_IMAGES)]
    return images[:TRAINING_IMAGES], images[TRAINING_IMAGES:]


def moved_shapes(draw):
    """One class: its blobs at each of nine places."""
    blobs = [(draw.uniform(1, SIDE - 2), draw.uniform(1, SIDE - 2), draw.choice((-1, 1, 1))) for _ in range(4)]
    places = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    return [[blob_pixel(blobs, i % SIDE - dx, i // SIDE - dy) for i in range(SIDE * SIDE)] for dx, dy in places]


def blob_pixel(blobs, x, y):
    return sum(sign * math.exp(-((x - bx) ** 2 + (y - by) ** 2) / 3) for bx, by, sign in blobs)


def draw_image(draw, shapes, label):
    uniform = draw.random
    light = 0.6 + 0.8 * uniform()
    pixels = [light * pixel + NOISE * (uniform() - 0.5) for pixel in draw.choice(shapes[label])]
    return [*pixels, 1.0], label


class Softmax:
    """Weights by class, and the velocity of each: v = momentum v + gradient, w = w - lr v (as PyTorch's SGD)."""

    def __init__(self):
        self.weights = [[0.0] * (SIDE * SIDE + 1) for _ in range(CLASSES)]
        self.velocity = [[0.0] * (SIDE * SIDE + 1) for _ in range(CLASSES)]

    def probabilities(self, pixels):
        scores = [sum(map(mul, row, pixels)) for row in self.weights]
        highest = max(scores)
        powers = [math.exp(score - highest) for score in scores]
        total = sum(powers)
        return [power / total for power in powers]

    def step(self, batch, lr, momentum):
        """One step of descent; the mean loss of the batch before it."""
        columns = list(zip(*(pixels for pixels, _ in batch)))
        errors, loss = [], 0.0
        for pixels, label in batch:
            error = self.probabilities(pixels)
            loss -= math.log(max(error[label], 1e-12))
            error[label] -= 1
            errors.append(error)
        for row, velocity, error in zip(self.weights, self.velocity, zip(*errors)):
            for i, column in enumerate(columns):
                velocity[i] = momentum * velocity[i] + sum(map(mul, error, column)) / len(batch)
                row[i] -= lr * velocity[i]
        return loss / len(batch)


def train_epoch(model, images, order, flags, epoch):
    images = order.sample(images, len(images))
    starts = range(0, len(images), flags.batch_size)
    for number, start in enumerate(starts):
        loss = model.step(images[start : start + flags.batch_size], flags.lr, flags.momentum)
        if number % flags.log_interval == 0:
            done = 100 * number / len(starts)
            logging.info("Train Epoch: %d [%d/%d (%.0f%%)]\tloss=%.4f", epoch, start, len(images), done, loss)


def evaluate(model, images):
    """Accuracy and mean loss."""
    right, loss = 0, 0.0
    for pixels, label in images:
        probabilities = model.probabilities(pixels)
        loss -= math.log(max(probabilities[label], 1e-12))
        right += probabilities[label] == max(probabilities)
    return right / len(images), loss / len(images)


if __name__ == "__main__":
    main()
