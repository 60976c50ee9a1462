"""A rule for stopping early as Katib's own is one: the mean of what ended trials reported until a step is the bound of the next.

Its generated stubs, no health check. It reads logs from the DB manager that it is told of, and, when a collector says that it
stopped a trial, writes that into the Trial over the API (`KUBECONFIG`). What it is asked comes out as one JSON line a call.
"""

import json
import sys
from concurrent import futures
from datetime import datetime, timezone

import grpc
import kubeflow.katib.katib_api_pb2 as api
import kubeflow.katib.katib_api_pb2_grpc as stubs
from google.protobuf import json_format
from kubernetes import client, config

PLACE = {"group": "kubeflow.org", "version": "v1beta1", "plural": "trials"}


def said(method, request):
    fields = json_format.MessageToDict(request, preserving_proto_field_name=True)
    print(json.dumps({"method": method, "request": fields}), flush=True)


class Service(stubs.EarlyStoppingServicer):
    def ValidateEarlyStoppingSettings(self, request, context):
        said("ValidateEarlyStoppingSettings", request)
        if "taste" in {setting.name for setting in request.early_stopping.algorithm_settings}:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "taste: it is not to mine")
        return api.ValidateEarlyStoppingSettingsReply()

    def GetEarlyStoppingRules(self, request, context):
        said("GetEarlyStoppingRules", request)
        spec = request.experiment.spec
        settings = {setting.name: int(setting.value) for setting in spec.early_stopping.algorithm_settings}
        metric = spec.objective.objective_metric_name
        ended = [trial.name for trial in request.trials if trial.status.condition == api.TrialStatus.SUCCEEDED]
        reply = api.GetEarlyStoppingRulesReply()
        if len(ended) < settings["min_trials"]:
            return reply
        with grpc.insecure_channel(request.db_manager_address) as channel:
            logs = [self.log(stubs.DBManagerStub(channel), name, metric)[: settings["start_step"]] for name in ended]
        bound = sum(sum(log) / len(log) for log in logs) / len(logs)
        worse = api.LESS if spec.objective.type == api.MAXIMIZE else api.GREATER
        reply.early_stopping_rules.add(
            name=metric, value=str(bound), comparison=worse, start_step=settings["start_step"]
        )
        return reply

    def log(self, database, trial, metric):
        request = api.GetObservationLogRequest(trial_name=trial, metric_name=metric)
        reply = database.GetObservationLog(request, timeout=10)
        return [float(each.metric.value) for each in reply.observation_log.metric_logs]

    def SetTrialStatus(self, request, context):
        said("SetTrialStatus", request)
        trials = client.CustomObjectsApi(config.new_client_from_config())
        place = {**PLACE, "namespace": "default", "name": request.trial_name}
        trial = trials.get_namespaced_custom_object(**place)
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        told = {"type": "EarlyStopped", "status": "True", "reason": "TrialEarlyStopped"}
        told |= {"message": "Trial is early stopped", "lastUpdateTime": now, "lastTransitionTime": now}
        trial["status"]["conditions"].append(told)
        trials.patch_namespaced_custom_object_status(**place, body=trial)
        return api.SetTrialStatusReply()


server = grpc.server(futures.ThreadPoolExecutor(4))
stubs.add_EarlyStoppingServicer_to_server(Service(), server)
port = server.add_insecure_port(f"127.0.0.1:{sys.argv[1] if len(sys.argv) > 1 else 0}")
server.start()
print(json.dumps({"port": port}), flush=True)
sys.stdin.read()
server.stop(None)
