"""Trains for six steps with tensorboardX, as a user's program does: train.py RATE LOGDIR GATE.

Two writers in directories below LOGDIR, each of which makes another file half-way. After the third step it goes on only
once the file GATE is there, which says that what was written so far has been seen.
"""
import os
import sys
import time

from tensorboardX import SummaryWriter

rate, logdir, gate = float(sys.argv[1]), sys.argv[2], sys.argv[3]
for half in (0, 1):
    writers = [(part, SummaryWriter(os.path.join(logdir, part))) for part in ("train", "test")]
    for step in range(3 * half, 3 * half + 3):
        for part, writer in writers:
            writer.add_scalar("loss", (1 + rate) / (step + 1) + (part == "test"), step)
            writer.add_histogram("weights", [rate, step], step, bins=4)
    for _, writer in writers:
        writer.close()
    while half == 0 and not os.path.exists(gate):
        time.sleep(0.1)
    # Another second, another file name.
    time.sleep(1.1)
