"""Writes the event files that the tests read: python3 write_events.py DIRECTORY. Made with tensorboardX 2.6.5, numpy 2.4.6."""
import os
import sys

import numpy
from tensorboardX import SummaryWriter
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.proto.tensor_pb2 import TensorProto
from tensorboardX.proto.tensor_shape_pb2 import TensorShapeProto

root = sys.argv[1]
for part, offset in (("train", 0.0), ("test", 0.5)):
    writer = SummaryWriter(os.path.join(root, part), filename_suffix="." + part)
    for step in range(5):
        writer.add_scalar("accuracy", 0.1 * step + offset, step, walltime=1_700_000_000 + step)
        writer.add_scalar("loss_total", 9.0, step, walltime=1_700_000_000 + step)
        writer.add_scalar("loss/value", float("nan") if step == 3 else 1.0 / (step + 1), step, walltime=1_700_000_000.25 + step)
    writer.add_histogram("weights", numpy.arange(100), 0, walltime=1_700_000_010)
    writer.add_text("note", "hello", 0, walltime=1_700_000_010)

    def tensor(tag, proto):
        value = Summary.Value(tag=tag, tensor=proto)
        writer.file_writer.event_writer.add_event(Event(wall_time=1_700_000_020, step=7, summary=Summary(value=[value])))

    scalar = TensorShapeProto()
    tensor("t_float", TensorProto(dtype="DT_FLOAT", tensor_shape=scalar, float_val=[0.1]))
    tensor("t_float_content", TensorProto(dtype="DT_FLOAT", tensor_shape=scalar, tensor_content=numpy.float32(0.2).tobytes()))
    tensor("t_double", TensorProto(dtype="DT_DOUBLE", tensor_shape=scalar, double_val=[0.1]))
    tensor("t_int64", TensorProto(dtype="DT_INT64", tensor_shape=scalar, int64_val=[-5]))
    tensor("t_int", TensorProto(dtype="DT_INT32", tensor_shape=scalar, int_val=[300]))
    tensor("t_half", TensorProto(dtype="DT_HALF", tensor_shape=scalar, tensor_content=numpy.float16(0.5).tobytes()))
    vector = TensorShapeProto(dim=[TensorShapeProto.Dim(size=2)])
    tensor("t_vector", TensorProto(dtype="DT_FLOAT", tensor_shape=vector, float_val=[1, 2]))
    writer.close()
