"""Gradient descent on a bowl; each step's loss is a scalar of a TensorBoard event file, written without TensorFlow.

The file is a row of records: length, masked CRC-32C of the length, the data, masked CRC-32C of the data. The data is a
protocol buffer, Event { wall_time = 1, step = 2, file_version = 3, summary = 5 { value = 1 { tag = 1, simple_value = 2 } } }.
"""

import argparse
import os
import struct
import time


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data):
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def field(number, data):
    return bytes([number << 3 | 2, len(data)]) + data


def event(rest):
    return b"\x09" + struct.pack("<d", time.time()) + rest


def scalar(step, tag, value):
    found = field(1, tag.encode()) + b"\x15" + struct.pack("<f", value)
    return event(bytes([2 << 3, step]) + field(5, field(1, found)))


parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, required=True)
parser.add_argument("--logs", required=True)
flags = parser.parse_args()
os.makedirs(flags.logs, exist_ok=True)
x = 5.0
with open(os.path.join(flags.logs, f"events.out.tfevents.{int(time.time())}.trial"), "wb") as file:
    file.write(record(event(field(3, b"brain.Event:2"))))
    for step in range(1, 11):
        x -= flags.rate * 2 * x
        file.write(record(scalar(step, "loss", x**2)))
        file.flush()
