/** Stopping rules that stand on a Trial, as Katib's early-stopping services write them: its own collector stops the program. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { API_VERSION, controllerReference, EXPERIMENT_LABEL, type Resource, type Trial } from '#api'
import { programExperiment, X } from '../support/program-experiment.ts'
import { temporaryDirectory } from '../support/qalam.ts'
import { served } from '../support/served.ts'
import { untilFile } from '../support/until-file.ts'

const JOB = { apiVersion: 'batch/v1', kind: 'Job' }

function job(command: readonly string[], metadata?: Resource['metadata']): Resource {
  const container = { name: 'main', image: 'local', command }
  return {
    ...JOB,
    ...(metadata && { metadata }),
    spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers: [container] } } },
  } as unknown as Resource
}

/** Suspended: the only trial is the one that the test makes. */
const experiment = programExperiment({ name: 'rules', command: ['echo', X], spec: { suspend: true } })

test.each([true, false])(
  'retain %j: the program ends early, the trial is EarlyStopped with its metrics',
  async retain => {
    using directory = temporaryDirectory()
    const notes = join(directory.path, 'notes')
    writeFileSync(notes, '')
    const program = `
const { appendFileSync } = require('node:fs')
process.on('SIGTERM', () => { appendFileSync('${notes}', 'checkpoint\\n'); console.log('loss=0.6'); process.exit(143) })
for (const loss of [0.9, 0.8, 0.7]) console.log('loss=' + loss)
setTimeout(() => appendFileSync('${notes}', 'the end\\n'), 60_000)`
    const script = join(directory.path, 'train.cjs')
    writeFileSync(script, program)
    await using server = await served()
    const owner = await server.client.create(experiment)
    const trials = server.informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' })
    await trials.synced()
    const ended = Promise.withResolvers<Trial>()
    trials.onChange(({ object }) => object.status?.completionTime && ended.resolve(object))
    await server.client.create({
      apiVersion: API_VERSION,
      kind: 'Trial',
      metadata: {
        name: 'rules-a',
        namespace: 'default',
        labels: { [EXPERIMENT_LABEL]: 'rules' },
        ownerReferences: [controllerReference(owner)],
      },
      spec: {
        objective: owner.spec.objective,
        parameterAssignments: [{ name: 'x', value: '0.5' }],
        earlyStoppingRules: [{ name: 'loss', value: '0.5', comparison: 'greater', startStep: 3 }],
        runSpec: job(['node', script], { name: 'rules-a', namespace: 'default' }),
        primaryContainerName: 'main',
        successCondition: 'status.conditions.#(type=="Complete")#|#(status=="True")#',
        failureCondition: 'status.conditions.#(type=="Failed")#|#(status=="True")#',
        ...(retain && { retainRun: true }),
      },
    } as unknown as Trial)
    const trial = await ended.promise
    expect(trial.status?.conditions?.at(-1)).toMatchObject({ type: 'EarlyStopped', status: 'True' })
    expect(trial.status?.observation?.metrics).toContainEqual({
      name: 'loss',
      min: retain ? '0.6' : expect.stringMatching(/^0\.[67]$/),
      max: '0.9',
      latest: retain ? '0.6' : expect.stringMatching(/^0\.[67]$/),
    })
    expect(await untilFile(notes, text => text !== '')).toBe('checkpoint\n')
    if (!retain) return
    const kept = await server.client.get<Resource & { spec: { suspend?: boolean }; status?: { succeeded?: number } }>({
      ...JOB,
      namespace: 'default',
      name: 'rules-a',
    })
    expect([kept?.spec.suspend ?? false, kept?.status?.succeeded]).toEqual([false, 1])
  },
)
