/** TensorFlowEvent beside a real tensorboardX: values arrive while it trains, from several files in several directories. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { programExperiment, X } from '../../support/program-experiment.ts'
import { temporaryDirectory } from '../../support/qalam.ts'
import { served } from '../../support/served.ts'
import { pythonWith } from '../virtual-environment.ts'

const requirements = join(import.meta.dirname, 'requirements.txt')
const python = await pythonWith({ name: 'tensorboard', what: 'tensorboardX', requirements })

const anExperiment = (command: readonly string[]) =>
  programExperiment({
    name: 'tensorboard',
    command,
    spec: {
      objective: { type: 'minimize', objectiveMetricName: 'test/loss', additionalMetricNames: ['train/loss'] },
      metricsCollectorSpec: {
        source: { fileSystemPath: { path: '/logs', kind: 'Directory' } },
        collector: { kind: 'TensorFlowEvent' },
      },
    },
  })

describe.skipIf(python === undefined)('a trial that writes with tensorboardX', () => {
  test('is followed while it runs, and every scalar is there once', async () => {
    await using server = await served()
    using directory = temporaryDirectory()
    const gate = join(directory.path, 'gate')
    const program = join(import.meta.dirname, 'train.py')
    const command = [python as string, program, X, '/logs', gate]
    await server.client.create(anExperiment(command))
    const curves = async () => {
      const { body } = await server.rest('/namespaces/default/experiments/tensorboard/trials')
      const [trial] = (body.trials ?? []) as { name: string }[]
      if (trial === undefined) return []
      const path = `/namespaces/default/experiments/tensorboard/trials/${trial.name}/metrics`
      return (await server.rest(path)).body.metrics as { name: string; steps: number[]; count: number }[]
    }
    // The program waits for it: what was written is seen while it runs, or this test never ends.
    let seen = await curves()
    while (seen.length < 2 || seen.some(({ count }) => count < 3)) {
      await new Promise(resolve => setImmediate(resolve))
      seen = await curves()
    }
    expect(seen.map(({ count }) => count)).toEqual([3, 3])
    writeFileSync(gate, '')
    await server.until('tensorboard', ({ status }) => status?.completionTime != null)
    const all = await curves()
    expect(all.map(({ name }) => name).toSorted()).toEqual(['test/loss', 'train/loss'])
    for (const { steps } of all) expect(steps).toEqual([0, 1, 2, 3, 4, 5])
  })
})
