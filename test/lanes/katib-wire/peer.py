"""Katib's generated stubs as a peer: one JSON question a line, one JSON answer a line.

A question names an address, a service, a method, the fields of the request and the metadata. The answer is the reply's
fields, or the status that came instead.
"""

import json
import sys

import grpc
import kubeflow.katib.katib_api_pb2 as api
import kubeflow.katib.katib_api_pb2_grpc as stubs
from google.protobuf import descriptor_pb2, json_format
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

STUBS = {
    "DBManager": stubs.DBManagerStub,
    "Suggestion": stubs.SuggestionStub,
    "EarlyStopping": stubs.EarlyStoppingStub,
}


def ask(channel, service, method, request, metadata):
    if service == "Health":
        reply = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(**request), timeout=10)
        return health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status)
    message = json_format.ParseDict(request, getattr(api, f"{method}Request")())
    reply = getattr(STUBS[service](channel), method)(message, timeout=60, metadata=metadata)
    return json_format.MessageToDict(reply, preserving_proto_field_name=True)


def described(channel, service):
    """What reflection says of a file, and what Katib's own description says."""
    database = ProtoReflectionDescriptorDatabase(channel)
    served = DescriptorPool(database).FindServiceByName(service).file
    return {
        "services": sorted(database.get_services()),
        "served": shape(served),
        "katib": shape(api.DESCRIPTOR),
    }


def shape(file):
    proto = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(proto)
    for message in messages(proto.message_type):
        for field in message.field:
            field.ClearField("json_name")
    proto.ClearField("name")
    proto.ClearField("options")
    return in_order(json_format.MessageToDict(proto))


def in_order(value):
    """Definitions by name: their order in the file means nothing."""
    if isinstance(value, dict):
        return {key: in_order(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted((in_order(inner) for inner in value), key=lambda inner: inner["name"])
    return value


def messages(found):
    for message in found:
        yield message
        yield from messages(message.nested_type)


for line in sys.stdin:
    question = json.loads(line)
    with grpc.insecure_channel(question["address"]) as channel:
        try:
            if question["method"] == "describe":
                answer = {"reply": described(channel, question["service"])}
            else:
                metadata = list(question["metadata"].items())
                answer = {"reply": ask(channel, question["service"], question["method"], question["request"], metadata)}
        except grpc.RpcError as error:
            answer = {"status": f"{error.code().name}: {error.details()}"}
    print(json.dumps(answer), flush=True)
