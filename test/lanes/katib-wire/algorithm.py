"""An algorithm service as Katib's users write them: its generated stubs, a port, a health check.

It walks every number from its lower bound to its upper one in tenths, one tenth a trial, and takes lists in turn. The setting
`answers` makes it answer wrongly; what it is asked comes out as one JSON line a call.
"""

import json
import sys
from concurrent import futures

import grpc
import kubeflow.katib.katib_api_pb2 as api
import kubeflow.katib.katib_api_pb2_grpc as stubs
from google.protobuf import json_format
from grpc_health.v1 import health, health_pb2, health_pb2_grpc


def said(method, request):
    fields = json_format.MessageToDict(request, preserving_proto_field_name=True)
    print(json.dumps({"method": method, "request": fields}), flush=True)


def settings(experiment):
    return {setting.name: setting.value for setting in experiment.spec.algorithm.algorithm_settings}


class Service(stubs.SuggestionServicer, stubs.EarlyStoppingServicer):
    def ValidateAlgorithmSettings(self, request, context):
        said("ValidateAlgorithmSettings", request)
        if settings(request.experiment).get("answers") == "refusal":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "answers: it is not to my taste")
        return api.ValidateAlgorithmSettingsReply()

    def GetSuggestions(self, request, context):
        said("GetSuggestions", request)
        known = settings(request.experiment)
        first = int(known.get("next", 0))
        count = request.current_request_number - (1 if known.get("answers") == "fewer" else 0)
        reply = api.GetSuggestionsReply(
            algorithm=api.AlgorithmSpec(
                algorithm_settings=[api.AlgorithmSetting(name="next", value=str(first + count))]
            )
        )
        for i in range(first, first + count):
            found = reply.parameter_assignments.add(labels={"step": str(i)})
            for parameter in request.experiment.spec.parameter_specs.parameters:
                found.assignments.add(name=parameter.name, value=self.value(parameter, i, known.get("answers")))
        return reply

    def value(self, parameter, i, answers):
        space = parameter.feasible_space
        if answers == "outside":
            return "2e9"
        if space.list:
            return space.list[i % len(space.list)]
        low, high = float(space.min), float(space.max)
        return str(low + (high - low) * (i % 11) / 10)


server = grpc.server(futures.ThreadPoolExecutor(4))
service = Service()
stubs.add_SuggestionServicer_to_server(service, server)
checks = health.HealthServicer()
checks.set("manager.v1beta1.Suggestion", health_pb2.HealthCheckResponse.SERVING)
health_pb2_grpc.add_HealthServicer_to_server(checks, server)
port = server.add_insecure_port(f"127.0.0.1:{sys.argv[1] if len(sys.argv) > 1 else 0}")
server.start()
print(json.dumps({"port": port}), flush=True)
sys.stdin.read()
server.stop(None)
