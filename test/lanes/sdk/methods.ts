/** Every public method of Katib's SDK and what its users expect of each, whatever serves the API. */
import { beforeAll, expect, test } from 'vitest'
import type { Sdk } from './sdk.ts'

export interface SdkWorld {
  readonly sdk: Sdk
  /** Of Katib's DBManager, for callers without proof. */
  readonly grpc: string
}

const TUNE = `
def objective(parameters):
    result = 4 * int(parameters["a"]) - float(parameters["b"]) ** 2
    print(f"kind={parameters['kind']} fixed={parameters['fixed']}")
    print(f"result={result}")

client.tune(
    name="tuned",
    objective=objective,
    parameters={
        "a": katib.search.int(min=1, max=5),
        "b": katib.search.double(min=0.1, max=0.9, step=0.1),
        "kind": katib.search.categorical(["left", "right"]),
        "fixed": 7,
    },
    objective_metric_name="result",
    additional_metric_names=["fixed"],
    algorithm_name="random",
    algorithm_settings={"random_state": "7"},
    max_trial_count=4,
    parallel_trial_count=2,
    max_failed_trial_count=1,
    resources_per_trial={"cpu": "0.5", "memory": "128Mi"},
    retain_trials=True,
)
client.wait_for_experiment_condition("tuned", polling_interval=1, timeout=240)
answer = client.get_experiment("tuned")
`

/** `world` is there when the tests run; the first test leaves the experiment that the others read. */
export function sdkMethods(world: () => SdkWorld): void {
  const run = (cell: string) => world().sdk.run(cell)

  beforeAll(async () => {
    const answer = await run(TUNE)
    expect(answer, String(answer)).toHaveProperty('status')
  }, 300_000)

  test('tune(): a list that the SDK puts in the wrong place is one of values, and the best trial is the best', async () => {
    const experiment = await run('answer = client.get_experiment("tuned")')
    expect(experiment.spec.parameters).toMatchObject([
      { name: 'a', parameterType: 'int' },
      { name: 'b', feasibleSpace: { min: '0.1', max: '0.9', step: '0.1' } },
      { name: 'kind', feasibleSpace: { list: ['left', 'right'], distribution: 'uniform' } },
    ])
    expect(experiment.status).toMatchObject({ trials: 4, trialsSucceeded: 4 })
    const details = await run('answer = client.get_success_trial_details("tuned")')
    expect(details).toHaveLength(4)
    const results = details.map(({ parameter_assignments, metrics }: Detail) => {
      const value = (name: string) => parameter_assignments.find(each => each.name === name)?.value ?? ''
      const metric = (name: string) => metrics.find(each => each.name === name)?.latest
      expect(Number(metric('result'))).toBeCloseTo(4 * Number(value('a')) - Number(value('b')) ** 2, 9)
      expect(metric('fixed')).toBe('7')
      expect(['left', 'right']).toContain(value('kind'))
      return Number(metric('result'))
    })
    const best = await run('answer = client.get_optimal_hyperparameters("tuned")')
    expect(Number(best.observation.metrics[0].latest)).toBe(Math.max(...results))
    expect(details.map(({ name }: Detail) => name)).toContain(best.bestTrialName)
  })

  test('conditions, and every predicate over them', async () => {
    expect(
      await run(
        `answer = [condition.type + "=" + condition.status for condition in client.get_experiment_conditions("tuned")]`,
      ),
    ).toEqual(['Created=True', 'Running=False', 'Succeeded=True'])
    expect(
      await run(`answer = [is_so("tuned") for is_so in (
    client.is_experiment_created, client.is_experiment_running, client.is_experiment_restarting,
    client.is_experiment_succeeded, client.is_experiment_failed)]`),
    ).toEqual([true, false, false, true, false])
  })

  test('lists decode, whole and by label; a Suggestion and a Trial are read by name', async () => {
    expect(await run('answer = [each.metadata.name for each in client.list_experiments()]')).toContain('tuned')
    // Lists experiments: the SDK's own mistake.
    expect(await run('answer = [each.metadata.name for each in client.list_suggestions()]')).toContain('tuned')
    const suggestion = await run('answer = client.get_suggestion("tuned")')
    expect(suggestion).toMatchObject({ spec: { requests: 4 }, status: { suggestionCount: 4 } })
    const names = await run('answer = sorted(each.metadata.name for each in client.list_trials("tuned"))')
    expect(names).toHaveLength(4)
    expect(await run('answer = [each.metadata.name for each in client.list_trials()]')).toEqual(
      expect.arrayContaining(names),
    )
    const trial = await run(`answer = client.get_trial("${names[0]}")`)
    expect(trial.status.conditions.at(-1)).toMatchObject({ type: 'Succeeded', status: 'True' })
    expect(trial.metadata.ownerReferences[0]).toMatchObject({ kind: 'Experiment', name: 'tuned' })
  })

  test('get_trial_metrics() has every value', async () => {
    const logs = await run(`best = client.get_optimal_hyperparameters("tuned")
answer = [[log.metric.name, log.metric.value] for log in client.get_trial_metrics(
    best.best_trial_name, db_manager_address="${world().grpc}")]`)
    const best = await run('answer = best')
    expect(Object.fromEntries(logs)).toEqual({ result: best.observation.metrics[0].latest, fixed: '7' })
    expect(
      await run(`answer = list(client.get_trial_metrics("nobody", db_manager_address="${world().grpc}"))`),
    ).toEqual([])
  })

  test('events tell of the Experiment and its Trials, with the time that clients sort by', async () => {
    const events = await run(`answer = [[event.involved_object.kind, event.first_timestamp is not None]
    for event in client.core_api.list_namespaced_event("default").items
    if event.involved_object.name.startswith("tuned") and event.involved_object.kind in ("Experiment", "Trial")]`)
    expect(events.length).toBeGreaterThanOrEqual(4)
    expect(events.every(([, isTimed]: [string, boolean]) => isTimed)).toBe(true)
  })

  test('a name that is taken, a spec that is wrong, and what is not there', async () => {
    expect(await run('client.create_experiment(client.get_experiment("tuned"))')).toMatch(
      /already exists|Failed to create/,
    )
    expect(
      await run(`fresh = client.get_experiment("tuned")
fresh.metadata = katib.models.V1ObjectMeta(name="tuned")
fresh.status = None
client.create_experiment(fresh)`),
    ).toBe('Exception: A Katib Experiment with the name default/tuned already exists.')
    expect(
      await run(`fresh.metadata = katib.models.V1ObjectMeta(name="wrong")
fresh.spec.max_trial_count = 0
client.create_experiment(fresh)`),
    ).toBe('RuntimeError: Failed to create Katib Experiment: default/wrong')
    for (const method of ['get_experiment', 'get_suggestion', 'get_trial', 'delete_experiment'])
      expect(await run(`client.${method}("nobody")`)).toMatch(
        /^RuntimeError: Failed to \w+ Katib \w+: default\/nobody$/,
      )
  })

  test('a name from generateName, and a dictionary', async () => {
    const names = await run(`fresh.metadata = katib.models.V1ObjectMeta(generate_name="from-model-")
fresh.spec.max_trial_count = 1
fresh.spec.parallel_trial_count = 1
client.create_experiment(fresh)
as_dict = client.api_client.sanitize_for_serialization(fresh)
as_dict.update(apiVersion="kubeflow.org/v1beta1", kind="Experiment", metadata={"name": "from-dict"})
client.create_experiment(as_dict)
answer = [each.metadata.name for each in client.list_experiments()]`)
    expect(names).toEqual(expect.arrayContaining(['from-dict', expect.stringMatching(/^from-model-[a-z0-9]{5}$/)]))
  })

  test('edit_experiment_budget(): a finished experiment goes on, and what the SDK does not know is kept', async () => {
    const edited = await run(`client.wait_for_experiment_condition("from-dict", polling_interval=1, timeout=240)
as_dict["metadata"] = {"name": "edited"}
as_dict["spec"].update(resumePolicy="LongRunning", seed=11, maxTrialCount=2, parameterConstraints=["b <= 0.8"])
client.create_experiment(as_dict)
client.wait_for_experiment_condition("edited", polling_interval=1, timeout=240)
stale = client.get_experiment("edited")
client.edit_experiment_budget("edited", max_trial_count=4, parallel_trial_count=2, max_failed_trial_count=2)
client.wait_for_experiment_condition("edited", expected_condition="Restarting", polling_interval=1, timeout=120)
client.wait_for_experiment_condition("edited", polling_interval=1, timeout=240)
answer = client.custom_api.get_namespaced_custom_object("kubeflow.org", "v1beta1", "default", "experiments", "edited")`)
    expect(edited.spec).toMatchObject({
      ...{ maxTrialCount: 4, parallelTrialCount: 2, maxFailedTrialCount: 2 },
      ...{ seed: 11, parameterConstraints: ['b <= 0.8'] },
    })
    expect(edited.status).toMatchObject({ trialsSucceeded: 4 })
    expect(
      await run(`from kubernetes.client.exceptions import ApiException
try:
    client.custom_api.patch_namespaced_custom_object("kubeflow.org", "v1beta1", "default", "experiments", "edited", stale)
except ApiException as error:
    answer = error.status`),
    ).toBe(409)
    expect(await run('client.edit_experiment_budget("tuned", max_trial_count=9)')).toBe(
      'RuntimeError: Failed to edit Katib Experiment: default/tuned',
    )
  }, 600_000)

  test('delete_experiment() takes the trials with it', async () => {
    expect(
      await run(`client.delete_experiment("from-dict")
for _ in range(240):
    if not client.list_trials("from-dict"): break
    __import__("time").sleep(0.5)
answer = len(client.list_trials("from-dict"))`),
    ).toBe(0)
  }, 300_000)
}

interface Detail {
  readonly name: string
  readonly parameter_assignments: readonly { readonly name: string; readonly value: string }[]
  readonly metrics: readonly { readonly name: string; readonly latest: string }[]
}
