import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { embeddedPolicies } from '../../cli/experiment-policy.ts'
import { kubectlPath, type StockKubectl, stockKubectl } from '../support/stock-kubectl.ts'

if (!kubectlPath) console.log('skipped: kubectl-mistakes.test.ts needs kubectl on PATH')

const container = { name: 'main', image: 'local', command: ['sh', '-c', 'echo loss=${trialParameters.x}'] }
const experiment = {
  apiVersion: 'kubeflow.org/v1beta1',
  kind: 'Experiment',
  metadata: { name: 'mistaken' },
  spec: {
    objective: { type: 'minimize', objectiveMetricName: 'loss' },
    algorithm: { algorithmName: 'random' },
    maxTrialCount: 3,
    parameters: [{ name: 'x', parameterType: 'double', feasibleSpace: { min: '0', max: '1' } }],
    trialTemplate: {
      primaryContainerName: 'main',
      trialParameters: [{ name: 'x', reference: 'x' }],
      trialSpec: {
        apiVersion: 'batch/v1',
        kind: 'Job',
        spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } },
      },
    },
  },
}

/** The manifest with one part of its text replaced, which has to be there. */
function replaced(part: string, by: string): string {
  const text = stringify(experiment)
  if (!text.includes(part)) throw new Error(`${part} is not in\n${text}`)
  return text.replace(part, by)
}

describe.skipIf(!kubectlPath)('what users of stock kubectl get wrong', () => {
  let server: StockKubectl
  beforeAll(async () => {
    const logs = {
      async *read() {
        yield Buffer.from('loss=1\n')
      },
    }
    server = await stockKubectl('a-token-of-this-test', { admit: embeddedPolicies(), logs })
  })
  afterAll(() => server?.[Symbol.asyncDispose]())

  const bomb = [
    'a0: &a0 [x,x,x,x,x,x,x,x,x]',
    ...Array.from({ length: 8 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`)}]`),
  ]
  test.each([
    ['an unknown algorithm', replaced('random', 'tpee'), /spec.algorithm.algorithmName: .*did you mean "tpe"\?/],
    ['a name of 64 characters', replaced('mistaken', 'a'.repeat(64)), /metadata.name: expected at most 40 characters/],
    [
      'min above max',
      replaced('min: "0"', 'min: "2"'),
      /feasibleSpace.min: expected a number below max \(1\), got "2"/,
    ],
    [
      'a Job that is no object',
      stringify({
        ...experiment,
        spec: { ...experiment.spec, trialTemplate: { ...experiment.spec.trialTemplate, trialSpec: 'a job' } },
      }),
      /The Experiment "mistaken" is invalid: spec.trialTemplate.trialSpec: .* must be of type object/,
    ],
    ['__proto__', replaced('spec:', 'spec:\n  __proto__: {polluted: true}'), /the key "__proto__" is not allowed/],
    ['1 MB', replaced('image: local', `image: "${'x'.repeat(1_100_000)}"`), /larger than 1048576 bytes; split it/],
    ['a YAML bomb', bomb.join('\n'), /excessive aliasing/],
    [
      'text for a number',
      replaced('maxTrialCount: 3', 'maxTrialCount: three'),
      /spec.maxTrialCount must be of type integer/,
    ],
    [
      'a kind that does not exist',
      replaced('kind: Experiment', 'kind: Experimint'),
      /no matches for kind "Experimint"/,
    ],
    [
      'a namespace that does not exist',
      replaced('metadata:', 'metadata:\n  namespace: nowhere'),
      /namespaces "nowhere" not found/,
    ],
  ])('%s', async (_name, text, message) => {
    const { code, out, err } = await server.run('apply -f -', text)
    expect({ code, out, err }).toEqual({ code: 1, out: '', err: expect.stringMatching(message) })
  })

  test('a field that nothing reads is a warning, and the object is there', async () => {
    const text = replaced('maxTrialCount: 3', 'maxTrialCount: 3\n  paralelTrialCount: 2')
    const { code, out, err } = await server.run('apply -f -', text)
    expect({ code, out }).toEqual({ code: 0, out: 'experiment.kubeflow.org/mistaken created\n' })
    expect(err).toMatch(/^Warning: spec.paralelTrialCount: .*did you mean "parallelTrialCount"\?\n$/)
  })
})
