/** Every way in which a metric can be missing, through the real server: the same sentence everywhere. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API_VERSION, isTrue, missingMetric, type Trial } from '#api'
import { programExperiment, shell } from '../support/program-experiment.ts'
import { qalam } from '../support/qalam.ts'
import { type Served, served } from '../support/served.ts'

/** One trial whose program is a shell script. */
const anExperiment = (name: string, script: string, metricsCollectorSpec: object) =>
  programExperiment({ name, command: shell(script), spec: { metricsCollectorSpec } })

const stdout = (...metricsFormat: string[]) => ({
  collector: { kind: 'StdOut' },
  ...(metricsFormat.length > 0 && { source: { filter: { metricsFormat } } }),
})
const file = (format: string, path = '/out/train.log') => ({
  collector: { kind: 'File' },
  source: { fileSystemPath: { path, kind: 'File', format } },
})
const kind = (name: string, source?: object) => ({ collector: { kind: name }, ...(source && { source }) })

const cases: readonly { name: string; script: string; collector: object; says: string }[] = [
  {
    name: 'never-seen',
    script: '(echo hello; echo world)',
    collector: stdout(),
    says: '"loss" was never seen in 2 lines of standard output; write "loss=0.5"',
  },
  {
    name: 'name-differs',
    script: '(echo start; echo val_loss=0.5)',
    collector: stdout(),
    says: '"loss" was never seen in 2 lines of standard output; nearly the same is "val_loss" in line 2 "val_loss=0.5": set objectiveMetricName to "val_loss", or write "loss=0.5"',
  },
  {
    name: 'colon',
    script: 'echo loss: 0.5',
    collector: stdout(),
    says: 'line 1 "loss: 0.5" names it with a colon: write "loss=0.5", or set metricsFormat to',
  },
  {
    name: 'no-json',
    script: 'echo loss=0.5 > /out/train.log',
    collector: file('JSON'),
    says: 'no line is a JSON object, but line 1 "loss=0.5" is: set metricsCollectorSpec.source.fileSystemPath.format to TEXT',
  },
  {
    name: 'json-needed',
    script: `printf '{"loss": 0.5}\\n'`,
    collector: stdout('loss is (\\w+) at (\\w+)'),
    says: 'does not match line 1 "{"loss": 0.5}", which is read without it: remove metricsFormat',
  },
  {
    name: 'filter-matches-nothing',
    script: 'echo some text',
    collector: stdout('<(\\w+)> (\\d+)'),
    says: `metricsFormat <(\\w+)> (\\d+) matches no line: its first group is the metric's name`,
  },
  {
    name: 'filter-takes-another',
    script: `echo '<speed> 3'`,
    collector: stdout('<(\\w+)> (\\d+)'),
    says: 'metricsFormat <(\\w+)> (\\d+) takes the name "speed" from line 1 "<speed> 3"',
  },
  {
    name: 'file-never-created',
    script: 'echo loss=0.5 > /out/training.log',
    collector: file('TEXT'),
    says: '/out/train.log was never created; what was: /out/training.log: set metricsCollectorSpec.source.fileSystemPath.path to /out/training.log',
  },
  {
    name: 'nothing-created',
    script: 'true',
    collector: file('TEXT'),
    says: '/out/train.log was never created, nor anything beside it; have the program write there',
  },
  {
    name: 'no-output',
    script: 'exit 0',
    collector: stdout(),
    says: 'standard output is empty: the program ended before it wrote anything',
  },
  {
    name: 'file-kind-but-printed',
    script: 'echo loss=0.5',
    collector: file('TEXT'),
    says: '/out/train.log was never created, nor anything beside it; it is printed instead, "loss=0.5": set metricsCollectorSpec.collector.kind to StdOut',
  },
  {
    name: 'events-kind-but-printed',
    script: 'echo loss=0.5',
    collector: kind('TensorFlowEvent', { fileSystemPath: { path: '/logs', kind: 'Directory' } }),
    says: 'no event file was created in /logs, nor anything beside it; it is printed instead, "loss=0.5"',
  },
  {
    name: 'push-kind-but-printed',
    script: 'echo loss=0.5',
    collector: kind('Push'),
    says: 'it is printed instead, "loss=0.5": set metricsCollectorSpec.collector.kind to StdOut',
  },
  {
    name: 'page-kind-but-printed',
    script: 'echo loss=0.5',
    collector: kind('PrometheusMetric', { httpGet: { port: 18_474, path: '/metrics' } }),
    says: 'the page http://127.0.0.1:18474/metrics was not read: nothing listens on port 18474; it is printed instead',
  },
  {
    name: 'no-number',
    script: '(echo loss=n/a; echo loss=n/a)',
    collector: stdout(),
    says: '"loss" was found 2 times, but its value is not a number: "n/a"; write a number, such as "loss=0.5"',
  },
]

describe('a missing metric', { timeout: 120_000 }, () => {
  let server: Served
  beforeAll(async () => {
    server = await served()
    for (const { name, script, collector } of cases) await server.client.create(anExperiment(name, script, collector))
  }, 60_000)
  afterAll(async () => server[Symbol.asyncDispose]())

  test.each(cases)('$name', async ({ name, says }) => {
    const { client, rest, at } = server
    await server.until(name, ({ status }) => isTrue(status?.conditions, 'Succeeded'))
    const { items } = await client.list<Trial>(
      { apiVersion: API_VERSION, kind: 'Trial' },
      { namespace: 'default', labelSelector: `katib.kubeflow.org/experiment=${name}` },
    )
    const sentence = missingMetric(items[0])
    expect(sentence).toContain(says)
    const trial = items[0].metadata.name
    const { body } = await rest(`/namespaces/default/experiments/${name}/trials/${trial}/diagnosis`)
    expect(body.diagnosis).toBe(sentence)
    const described = await qalam(['describe', `${name}#0`, ...at])
    expect(described.stdout).toContain(`Why:           trial ${trial}: ${sentence}\n`)
  })
})

test('an objective that is never a number is named at every door', { timeout: 120_000 }, async () => {
  await using server = await served()
  await server.client.create(anExperiment('diverges', 'echo loss=nan', stdout()))
  await server.until('diverges', ({ status }) => isTrue(status?.conditions, 'Succeeded'))
  const says = '"loss" ended as NaN, which can never be the best'
  const { body } = await server.rest('/namespaces/default/experiments/diverges/diagnosis')
  expect(body.causes).toMatchObject([{ diagnosis: expect.stringContaining(says), count: 1 }])
  expect((await qalam(['why', 'diverges', ...server.at])).stdout).toContain(says)
  const best = await qalam(['best', 'diverges', ...server.at])
  expect(best).toMatchObject({ code: 10, stderr: expect.stringContaining(says) })
})
