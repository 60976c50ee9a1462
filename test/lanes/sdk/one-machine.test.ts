/** Katib's SDK from PyPI, unmodified, against the server of one machine. */
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { katibPython } from '../katib-wire/python.ts'
import { type KatibServer, startKatibServer } from '../katib-wire/server.ts'
import { sdkMethods } from './methods.ts'
import { Sdk } from './sdk.ts'

const python = await katibPython()

describe.skipIf(python === undefined)("Katib's SDK on one machine", () => {
  let server: KatibServer
  let sdk: Sdk

  beforeAll(async () => {
    // Trials start `python`, which is to have the SDK too.
    server = await startKatibServer({ env: { PATH: `${dirname(python as string)}:${process.env.PATH}` } })
    sdk = new Sdk(python as string, server.kubeconfig)
  }, 120_000)
  afterAll(async () => {
    await sdk?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
  })

  sdkMethods(() => ({ sdk, grpc: server.grpc }))

  test('get_job_logs(): of an ended trial, and followed to its end', async () => {
    const lines = await sdk.run(`name = client.get_optimal_hyperparameters("tuned").best_trial_name
answer = [list(client.get_job_logs("tuned", name)), list(client.get_job_logs("tuned", name, follow=True))]`)
    expect(lines[0].join('\n')).toMatch(/result=\d+/)
    expect(lines[1].join('\n')).toMatch(/result=\d+/)
    expect(await sdk.run('list(client.get_job_logs("tuned", "nobody"))')).toMatch(/^RuntimeError: .*not found/)
  })

  test('report_metrics() in a tuned function', async () => {
    const best = await sdk.run(`
def pushing(parameters):
    import kubeflow.katib as katib
    katib.report_metrics({"score": float(parameters["x"]) + 1})

client.tune(
    name="pushed", objective=pushing, parameters={"x": katib.search.double(min=1, max=2)},
    objective_metric_name="score", metrics_collector_config={"kind": "Push"},
    max_trial_count=2, parallel_trial_count=1, resources_per_trial={"cpu": "0.5"})
client.wait_for_experiment_condition("pushed", polling_interval=1, timeout=240)
answer = client.get_optimal_hyperparameters("pushed")`)
    const [x] = best.parameterAssignments
    expect(Number(best.observation.metrics[0].latest)).toBeCloseTo(Number(x.value) + 1, 9)
  }, 300_000)

  test('the reason of a refusal, which the SDK keeps to itself, is in the log of the server', async () => {
    await sdk.run(`fresh.metadata = katib.models.V1ObjectMeta(name="told")
fresh.spec.parallel_trial_count = 0
client.create_experiment(fresh)`)
    await server.says(/^refused: Experiment default\/told: .*spec\.parallelTrialCount/m)
  })
})
