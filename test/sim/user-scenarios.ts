/** What users and surroundings do to an Experiment. */
import { INDEX_LABEL, isTrue, type Resource, refOf } from '#api'
import { isNameTaken } from '../../controller/trial/without-job.ts'
import { trialName } from '../../controller/trial-names.ts'
import { aJob, aList, aTemplate } from '../controller/admission/an-experiment.ts'
import { isOver, patchSpec, type Scenario } from './scenario.ts'
import { REF, type SimWorld } from './sim-world.ts'

const { namespace } = REF
const foreignJob = (name: string): Resource => ({ ...aJob(), metadata: { name, namespace } })
const templates = (): Resource => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'templates', namespace },
  data: { 'job.yaml': JSON.stringify(aJob()) },
})
const templateElsewhere = () => ({
  ...aTemplate(),
  trialSpec: undefined,
  configMap: { configMapName: 'templates', configMapNamespace: namespace, templatePath: 'job.yaml' },
  successCondition: 'status.conditions.#(type=="Complete")#|#(status=="True")#',
  failureCondition: 'status.conditions.#(type=="Failed")#|#(status=="True")#',
})
const isBegun = (world: SimWorld) => world.run(async () => (await world.trials()).length >= 2)

async function knowsThatTemplateIsGone(world: SimWorld): Promise<boolean> {
  const experiment = await world.experiment()
  // Whoever sees late may have made all trials before.
  return isTrue(experiment?.status?.conditions, 'Degraded') || isOver(experiment)
}

async function deleteTrial(world: SimWorld, hasEnded: boolean): Promise<void> {
  const find = async () =>
    (await world.trials()).find(
      ({ status, metadata }) =>
        Boolean(status?.completionTime) === hasEnded && !metadata.deletionTimestamp && metadata.labels?.[INDEX_LABEL],
    )
  await world.run(async () => (await find()) !== undefined)
  const victim = await find()
  if (victim) await world.user.delete(refOf(victim))
}

export const userScenarios: readonly Scenario[] = [
  {
    name: 'suspended and resumed',
    spec: { maxTrialCount: 4 },
    async edit(world) {
      await isBegun(world)
      await patchSpec(world, { suspend: true })
      await world.pass(10_000)
      await patchSpec(world, { suspend: false })
    },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
  },
  {
    name: 'a grid that ends',
    spec: {
      maxTrialCount: undefined,
      algorithm: { algorithmName: 'grid' },
      parameters: [aList('lr', ['0.1', '0.2', '0.3']), aList('optimizer', ['sgd'])],
    },
    reason: 'ExperimentSuggestionEndReached',
    trialCount: { min: 3, max: 3 },
  },
  {
    name: 'finished for ever',
    spec: { maxTrialCount: 2, maxFailedTrialCount: 2, resumePolicy: 'Never' },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 2, max: 2 },
  },
  {
    name: 'max raised after completion, from its volume',
    spec: { maxTrialCount: 2, maxFailedTrialCount: 2, resumePolicy: 'FromVolume' },
    async edit(world) {
      await world.run(async () => isOver(await world.experiment()))
      await patchSpec(world, { maxTrialCount: 4 })
      await world.run(async () => !isOver(await world.experiment()))
    },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
  },
  {
    name: 'a name that is taken for a while',
    spec: { maxTrialCount: 4, suspend: true },
    async edit(world) {
      const uid = (await world.experiment())?.metadata.uid ?? ''
      const job = await world.user.create(foreignJob(trialName(REF.name, uid, 0)))
      await patchSpec(world, { suspend: false })
      await world.run(async () => (await world.trials()).some(isNameTaken))
      await world.user.delete(refOf(job))
    },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
  },
  {
    name: 'a template that goes and comes back',
    spec: { maxTrialCount: 4, trialTemplate: templateElsewhere() },
    async prepare(world) {
      await world.user.create(templates())
    },
    async edit(world) {
      await world.run(async () => (await world.trials()).length > 0)
      await world.user.delete(refOf(templates()))
      await world.run(() => knowsThatTemplateIsGone(world))
      await world.user.create(templates())
    },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
  },
  {
    name: 'a template that comes late',
    spec: { maxTrialCount: 4, trialTemplate: templateElsewhere() },
    async prepare(world) {
      // Admission wants to see it once.
      await world.user.create(templates())
    },
    async edit(world) {
      await world.user.delete(refOf(templates()))
      await world.run(() => knowsThatTemplateIsGone(world))
      await world.pass(600_000)
      await world.user.create(templates())
    },
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
  },
  {
    name: 'a running trial is deleted',
    spec: { maxTrialCount: 4 },
    edit: world => deleteTrial(world, false),
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 4, max: 4 },
  },
  {
    name: 'an ended trial is deleted',
    spec: { maxTrialCount: 4 },
    edit: world => deleteTrial(world, true),
    reason: 'ExperimentMaxTrialsReached',
    trialCount: { min: 3, max: 3 },
  },
  {
    name: 'the experiment is deleted',
    spec: { maxTrialCount: 4 },
    async edit(world) {
      await isBegun(world)
      await world.user.delete(REF)
    },
    reason: undefined,
    trialCount: { min: 0, max: 0 },
  },
  {
    name: 'its namespace is deleted',
    spec: { maxTrialCount: 4 },
    async edit(world) {
      await isBegun(world)
      await world.user.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace })
    },
    reason: undefined,
    trialCount: { min: 0, max: 0 },
  },
]
