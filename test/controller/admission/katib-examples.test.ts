/** Manifests as Katib's users write them; they lie outside the house, beside it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseExperiment, type Resource } from '#api'
import { admitExperiment, injectCollector, render } from '#controller'
import { knowledge } from './an-experiment.ts'

const folder = join(import.meta.dirname, '../../../../shared/data/katib-examples')
const isThere = existsSync(folder)
if (!isThere) console.warn('skipped: manifests of Katib, the folder ../shared/data/katib-examples is absent')

const files = isThere ? readdirSync(folder).filter(name => name.endsWith('.yaml')) : []
const everyAlgorithm = {
  ...knowledge,
  algorithms: [
    ...['random', 'grid', 'sobol', 'tpe', 'multivariate-tpe', 'cmaes', 'bayesianoptimization'],
    ...['hyperband', 'pbt', 'enas', 'darts'],
  ],
}

/** Refused by Katib as well. */
const refused: Readonly<Record<string, readonly string[]>> = {
  'pipeline-run.yaml': ['spec.trialTemplate.trialParameters[0].name'],
  'simple-pbt.yaml': ['spec.maxFailedTrialCount'],
  'trial-configmap-source.yaml': ['spec.trialTemplate'],
}

describe.skipIf(!isThere)('manifests of Katib', () => {
  const manifest = (name: string) => parse(readFileSync(join(folder, name), 'utf8')) as Resource
  const admit = (object: Resource) =>
    admitExperiment({ operation: 'CREATE', object }, async () => undefined, everyAlgorithm)

  test('there are 24', () => {
    expect(files).toHaveLength(24)
  })

  test.each(files)('%s is read', name => {
    expect(parseExperiment(manifest(name)).problems).toEqual([])
  })

  test.each(files.filter(name => !Object.hasOwn(refused, name)))(
    '%s is admitted, and what it says is kept',
    async name => {
      const object = manifest(name)
      const admitted = await admit(object)
      expect(admitted).toMatchObject(object)
      expect(await admit(admitted)).toEqual(admitted)
    },
  )

  test.each(Object.entries(refused).filter(([name]) => files.includes(name)))(
    '%s is refused at %j',
    async (name, paths) => {
      const paths_ = admit(manifest(name)).then(
        () => [],
        reason => reason.problems.map((problem: { path: string }) => problem.path),
      )
      expect(await paths_).toEqual(paths)
    },
  )

  test.each(files.filter(name => !Object.hasOwn(refused, name)))('%s renders and is injected', async name => {
    const { spec, metadata } = parseExperiment(await admit(manifest(name))).experiment!
    const names =
      spec.parameters?.map(parameter => parameter.name) ??
      spec.trialTemplate!.trialParameters!.map(one => one.reference)
    const parameterAssignments = names.map(one => ({ name: one, value: '1' }))
    const facts = { name: `${metadata.name}-abcd2345`, namespace: 'kubeflow' }
    const runSpec = render(spec.trialTemplate!, facts, parameterAssignments)
    const job = injectCollector(runSpec, {
      apiVersion: 'kubeflow.org/v1beta1',
      kind: 'Trial',
      metadata: { ...facts, labels: { 'katib.kubeflow.org/experiment': metadata.name } },
      spec: {
        objective: spec.objective,
        parameterAssignments,
        metricsCollector: spec.metricsCollectorSpec,
        primaryContainerName: spec.trialTemplate?.primaryContainerName,
      },
    })
    expect(JSON.stringify(job)).not.toContain('trialParameters')
    expect(job.metadata).toMatchObject({ ...facts, labels: { 'katib.kubeflow.org/experiment': metadata.name } })
    if (job.kind === 'Job') expect(JSON.stringify(job)).toContain('KATIB_TRIAL_NAME')
  })
})
