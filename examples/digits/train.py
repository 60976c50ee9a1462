"""Learns to read drawn digits: softmax regression on 8x8 pixels, Python's standard library only.

    python3 train.py --lr=0.05 --l2=1e-4 --batch-size=16 --epochs=8

Every digit is a figure of seven rows, moved, lighter or darker, with broken strokes and noise. The pictures and the first
weights come from a fixed seed, so the same flags give the same numbers. After each epoch the accuracy and the loss on
pictures kept aside are printed, one line an epoch.
"""

import argparse
import math
import random
import time
from operator import mul

SIDE, DIGITS = 8, 10
KEPT_ASIDE = 800
NOISE, BROKEN = 0.6, 0.08
FIRST_WEIGHTS = 0.4

FIGURES = """
.###.  ..#..  .###.  .###.  ...#.  #####  ..##.  #####  .###.  .###.
#...#  .##..  #...#  #...#  ..##.  #....  .#...  ....#  #...#  #...#
#...#  ..#..  ....#  ....#  .#.#.  ####.  #....  ...#.  #...#  #...#
#...#  ..#..  ...#.  ..##.  #..#.  ....#  ####.  ...#.  .###.  .####
#...#  ..#..  ..#..  ....#  #####  ....#  #...#  ..#..  #...#  ....#
#...#  ..#..  .#...  #...#  ...#.  #...#  #...#  ..#..  #...#  ...#.
.###.  .###.  #####  .###.  ...#.  .###.  .###.  ..#..  .###.  .##..
"""


def main():
    flags = parse_flags()
    draw = random.Random(1)
    pictures = [draw_picture(draw, index % DIGITS) for index in range(flags.pictures + KEPT_ASIDE)]
    training, kept_aside = pictures[: flags.pictures], pictures[flags.pictures :]
    weights = [[draw.gauss(0, FIRST_WEIGHTS) for _ in range(SIDE * SIDE + 1)] for _ in range(DIGITS)]
    for epoch in range(1, flags.epochs + 1):
        draw.shuffle(training)
        for start in range(0, flags.pictures, flags.batch_size):
            descend(weights, training[start : start + flags.batch_size], flags.lr, flags.l2)
        accuracy, loss = evaluate(weights, kept_aside)
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        print(f"{now} INFO     accuracy={accuracy:.4f} loss={loss:.4f} step={epoch}", flush=True)


def parse_flags():
    parser = argparse.ArgumentParser(description="Learns to read drawn digits")
    parser.add_argument("--lr", type=float, default=0.05, help="learning rate")
    parser.add_argument("--l2", type=float, default=1e-4, help="weight decay")
    parser.add_argument("--batch-size", type=int, default=16, help="pictures a step")
    parser.add_argument("--epochs", type=int, default=8, help="passes over the training pictures")
    parser.add_argument("--pictures", type=int, default=2400, help="how many to learn from")
    flags = parser.parse_args()
    if min(flags.batch_size, flags.epochs, flags.pictures) < 1:
        parser.error("--batch-size, --epochs and --pictures must be 1 or more")
    return flags


def draw_picture(draw, digit):
    """Pixels and digit; the last pixel is always 1, the bias."""
    rows = [line.split()[digit] for line in FIGURES.split("\n") if line]
    left, top, light = draw.randrange(1, 3), draw.randrange(2), 0.6 + 0.8 * draw.random()
    pixels = [NOISE * (draw.random() - 0.5) for _ in range(SIDE * SIDE)]
    for y, row in enumerate(rows):
        for x, ink in enumerate(row):
            if ink == "#" and draw.random() > BROKEN:
                pixels[(top + y) * SIDE + left + x] += light
    return [*pixels, 1.0], digit


def probabilities(weights, pixels):
    scores = [sum(map(mul, row, pixels)) for row in weights]
    highest = max(scores)
    powers = [math.exp(score - highest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def descend(weights, batch, lr, l2):
    """One step down the gradient of mean cross-entropy + l2/2 |w|^2."""
    columns = list(zip(*(pixels for pixels, _ in batch)))
    errors = []
    for pixels, digit in batch:
        error = probabilities(weights, pixels)
        error[digit] -= 1
        errors.append(error)
    for digit, error in enumerate(zip(*errors)):
        slopes = [sum(map(mul, error, column)) / len(batch) for column in columns]
        weights[digit] = [w - lr * (slope + l2 * w) for w, slope in zip(weights[digit], slopes)]


def evaluate(weights, pictures):
    """Accuracy and mean cross-entropy."""
    right, loss = 0, 0.0
    for pixels, digit in pictures:
        chance = probabilities(weights, pixels)
        right += chance[digit] == max(chance)
        loss -= math.log(max(chance[digit], 1e-12))
    return right / len(pictures), loss / len(pictures)


if __name__ == "__main__":
    main()
