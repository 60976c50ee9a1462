/** What users get wrong, through all three doors of one real server. */
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { API_VERSION, EXPERIMENT_LABEL, type Experiment, type Trial } from '#api'
import { createClient, createInformers, type KubeconfigTransport, kubeconfigTransport, systemClock } from '#kube'
import { processStart } from '../../cli/machine/process-start.ts'
import { ask } from '../standalone/an-api-server.ts'
import { finished, qalam, says, start, temporaryDirectory } from '../support/qalam.ts'

const directory = temporaryDirectory()
const data = join(directory.path, 'data')
const file = join(directory.path, 'exp.yaml')
let server: ChildProcess
let kubernetes: KubeconfigTransport
let rest: string

beforeAll(async () => {
  server = start(['server', '--data-dir', data])
  rest = (await says(server, 'stdout', /ready kubernetes=\S+ rest=(\S+)/))[1]
  kubernetes = await kubeconfigTransport(join(data, 'kubeconfig'))
})
afterAll(async () => {
  await kubernetes?.[Symbol.asyncDispose]()
  const over = finished(server)
  server.kill('SIGTERM')
  await over
  directory[Symbol.dispose]()
})

const COMMAND = ['sh', '-c', 'echo loss=${trialParameters.lr}']
const experiment = (name: string, command: unknown = COMMAND) => ({
  apiVersion: 'kubeflow.org/v1beta1',
  kind: 'Experiment',
  metadata: { name },
  spec: {
    objective: { type: 'minimize', objectiveMetricName: 'loss' },
    algorithm: { algorithmName: 'random' },
    parallelTrialCount: 1,
    maxTrialCount: 1,
    maxFailedTrialCount: 0,
    parameters: [{ name: 'lr', parameterType: 'double', feasibleSpace: { min: '0.01', max: '0.1' } }],
    trialTemplate: {
      primaryContainerName: 'main',
      trialParameters: [{ name: 'lr', reference: 'lr' }],
      trialSpec: {
        apiVersion: 'batch/v1',
        kind: 'Job',
        spec: {
          backoffLimit: 0,
          template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'local', command }] } },
        },
      },
    },
  },
})

/** The text of a valid experiment with one part replaced, which has to be there. */
function replaced(part: string, by: string): string {
  const text = stringify(experiment('bad'))
  if (!text.includes(part)) throw new Error(`${part} is not in\n${text}`)
  return text.replace(part, by)
}

interface Problem {
  readonly line: number
  readonly path: string
  readonly message: string
}

const EXPERIMENTS = '/apis/kubeflow.org/v1beta1/namespaces/default/experiments'
const YAML = { 'content-type': 'application/yaml' }

async function throughTheProgram(text: string): Promise<readonly Problem[]> {
  writeFileSync(file, text)
  const { code, stderr } = await qalam(['validate', '-f', file])
  expect({ code, stderr }).toMatchObject({ code: 7 })
  return stderr
    .replace('qalam: ', '')
    .trim()
    .split('\n')
    .map(line => {
      const [, number = '', path = '', message = ''] = line.slice(file.length).match(/^:(\d+) {2}(\S+): (.*)$/) ?? []
      return { line: Number(number), path, message: message || line }
    })
}

async function throughRest(body: string, type = 'application/yaml') {
  const response = await fetch(`${rest}/api/v1/namespaces/default/experiments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${readFileSync(join(data, 'token'), 'utf8').trim()}`, 'content-type': type },
    body,
  })
  expect(response.headers.get('content-type')).toContain('application/problem+json')
  return { status: response.status, body: (await response.json()) as { detail: string; problems?: readonly object[] } }
}

describe('an Experiment that is not valid', () => {
  const lr = '- name: lr\n      parameterType'
  const rows: readonly [
    name: string,
    text: string,
    problems: readonly [line: number, path: string, message: RegExp][],
  ][] = [
    [
      'an unknown algorithm',
      replaced('algorithmName: random', 'algorithmName: tpee'),
      [[10, 'spec.algorithm.algorithmName', /^expected one of .*, got "tpee"; did you mean "tpe"\?$/]],
    ],
    [
      'a parameter that the template does not use',
      replaced('${trialParameters.lr}', '1'),
      [[23, 'spec.trialTemplate.trialParameters[0].name', /^expected \$\{trialParameters.lr\} .*; write it where/]],
    ],
    [
      'a template parameter that does not exist',
      replaced('${trialParameters.lr}', '${trialParameters.lr} ${trialParameters.depth}'),
      [[39, /containers\[0\].command\[2\]$/.source, /got \$\{trialParameters.depth\}; declare it there$/]],
    ],
    [
      'a reference to no parameter',
      replaced('reference: lr', 'reference: rate'),
      [
        [24, 'spec.trialTemplate.trialParameters[0].reference', /^expected the name of a parameter .*, got "rate"/],
        [15, 'spec.parameters[0].name', /^expected a use in the trial template, got none of "lr"; refer to it/],
      ],
    ],
    [
      'min above max',
      replaced('min: "0.01"', 'min: "0.5"'),
      [[18, 'spec.parameters[0].feasibleSpace.min', /^expected a number below max \(0.1\), got "0.5"; swap them$/]],
    ],
    [
      'an empty list',
      replaced(
        'double\n      feasibleSpace:\n        min: "0.01"\n        max: "0.1"',
        'categorical\n      feasibleSpace: {list: []}',
      ),
      [[17, 'spec.parameters[0].feasibleSpace.list', /got an empty list; list at least one$/]],
    ],
    [
      'duplicate names',
      replaced(lr, `- {name: lr, parameterType: int, feasibleSpace: {min: "1", max: "2"}}\n    ${lr}`),
      [[16, 'spec.parameters[1].name', /^expected each once, got "lr" .*; remove or rename it$/]],
    ],
    [
      'a step that is no number',
      replaced('max: "0.1"', 'max: "0.1"\n        step: one'),
      [[20, 'spec.parameters[0].feasibleSpace.step', /^expected a number such as "0.1", got "one"$/]],
    ],
    [
      'a name of 64 characters',
      replaced('name: bad', `name: ${'a'.repeat(64)}`),
      [[4, 'metadata.name', /^expected at most 40 characters, got 64; .*shorten the name$/]],
    ],
    [
      'three mistakes at once',
      replaced('maxTrialCount: 1', 'maxTrialCount: 0').replace('random', 'tpee').replace('"0.01"', '"0.5"'),
      [
        [12, 'spec.maxTrialCount', /^expected 1 or more, got 0/],
        [11, 'spec.parallelTrialCount', /./],
        [10, 'spec.algorithm.algorithmName', /./],
        [18, 'spec.parameters[0].feasibleSpace.min', /./],
      ],
    ],
  ]

  test.each(rows)('%s', async (_name, text, problems) => {
    const matching = problems.map(([, path, message]) => ({
      path: expect.stringMatching(
        path.startsWith('spec') || path.startsWith('meta') ? literal(path) : new RegExp(path),
      ),
      message: expect.stringMatching(message),
    }))
    const told = await throughTheProgram(text)
    expect(told).toEqual(matching.map((problem, i) => ({ line: problems[i][0], ...problem })))

    const status = await ask(kubernetes, 'POST', EXPERIMENTS, text, YAML)
    const causes = matching.map(({ path, message }) => ({ field: path, message, reason: expect.any(String) }))
    expect(status.body).toMatchObject({ kind: 'Status', reason: 'BadRequest', code: 400, details: { causes } })

    const problem = await throughRest(text)
    expect(problem).toMatchObject({ status: 422, body: { problems: matching } })
    expect(problem.body.detail).not.toContain('webhook')
  })

  test('a Job that is no object', async () => {
    const text = stringify({
      ...experiment('bad'),
      spec: {
        ...experiment('bad').spec,
        trialTemplate: { ...experiment('bad').spec.trialTemplate, trialSpec: 'a job' },
      },
    })
    const told = await throughTheProgram(text)
    expect(told[0]).toMatchObject({ path: 'spec.trialTemplate.trialSpec', message: 'expected an object, got "a job"' })
    const { body } = await ask(kubernetes, 'POST', EXPERIMENTS, text, YAML)
    const [cause] = body.details.causes
    expect(body).toMatchObject({ code: 422, reason: 'Invalid' })
    expect(cause).toMatchObject({
      field: 'spec.trialTemplate.trialSpec',
      message: expect.stringContaining('type object'),
    })
    expect(await throughRest(text)).toMatchObject({
      status: 422,
      body: { problems: [{ path: 'spec.trialTemplate.trialSpec' }] },
    })
  })
})

test('run refuses with one message, by line, for spelling as for meaning', async () => {
  const more = (text: string) => replaced('parallelTrialCount: 1', `parallelTrialCount: 1\n  ${text}`)
  const rows = [
    [
      'metricsCollectorSpec: {collector: {kind: Stdoutt}}',
      'spec.metricsCollectorSpec.collector.kind: expected StdOut, File, .*, got "Stdoutt"',
    ],
    [
      'earlyStopping: {algorithmName: medianstopp}',
      'spec.earlyStopping.algorithmName: expected one of .*, got "medianstopp"; did you mean "medianstop"\\?',
    ],
  ]
  for (const [field, says] of rows) {
    writeFileSync(file, more(field))
    const { code, stderr } = await qalam(['run', '-f', file, '--data-dir', join(directory.path, 'run')])
    expect(code).toBe(7)
    expect(stderr).toMatch(new RegExp(`^(qalam: .*is refused\n|qalam: )?.*:12  ${says}\n$`))
  }
})

test('what is sound and probably not meant is told at every door, and refused at none', async () => {
  const text = replaced('parallelTrialCount: 1', 'parallelTrialCount: 1\n  paralelTrialCount: 2').replace(
    'name: bad',
    'name: doubted',
  )
  const said = /spec\.paralelTrialCount: .*parallelTrialCount/
  writeFileSync(file, text)
  const validated = await qalam(['validate', '-f', file])
  expect(validated).toMatchObject({ code: 0, stderr: expect.stringMatching(said) })
  const dry = await ask(kubernetes, 'POST', `${EXPERIMENTS}?dryRun=All`, text, YAML)
  expect(dry).toMatchObject({ status: 201, headers: { warning: expect.stringMatching(said) } })
  const response = await fetch(`${rest}/api/v1/namespaces/default/experiments/doubted:validate`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${readFileSync(join(data, 'token'), 'utf8').trim()}`,
      'content-type': 'application/yaml',
    },
    body: text,
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('warning')).toMatch(said)
})

const literal = (text: string) => new RegExp(`^${text.replaceAll(/[.[\]]/g, '\\$&')}$`)

describe('a text that is no manifest', () => {
  const bomb = [
    'a0: &a0 [x,x,x,x,x,x,x,x,x]',
    ...Array.from({ length: 8 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`)}]`),
  ]
  test.each([
    [
      '1 MB',
      `${replaced('bad', 'big')}x: "${'y'.repeat(1_100_000)}"\n`,
      /^.*: expected at most 1 MiB .*; split it/,
      413,
    ],
    ['a YAML bomb', bomb.join('\n'), /:1 {2}expected at most 100 uses of aliases/, 400],
    ['brackets without end', `a: 1\nb: ${'['.repeat(20_000)}`, /:2 {2}expected at most 64 levels, got more/, 400],
    [
      '__proto__',
      replaced('spec:', 'spec:\n  __proto__: {polluted: true}'),
      /:6 {2}spec.__proto__: expected another name/,
      400,
    ],
    ['a key twice', `${replaced('bad', 'twice')}spec: {}\n`, /:\d+ {2}expected each key once, got one twice/, 400],
    ['no YAML', 'a: [1\nb: }', /:\d {2}expected YAML: /, 400],
  ])('%s', async (_name, text, message, status) => {
    writeFileSync(file, text)
    const { code, stderr } = await qalam(['validate', '-f', file])
    expect({ code, stderr }).toEqual({ code: 7, stderr: expect.stringMatching(message) })
    const refused = await ask(kubernetes, 'POST', EXPERIMENTS, text, YAML)
    expect(refused).toMatchObject({ status, body: { kind: 'Status', code: status } })
    expect(await throughRest(text)).toMatchObject({ status, body: { status } })
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('a server that cannot start says why and what to do', () => {
  const other = join(directory.path, 'other')
  const port = () => new URL(kubernetes.server).port
  test.each([
    [
      'a port in use',
      () => ['--data-dir', other, '--port', port()],
      2,
      /--port \d+: the port is in use; choose another/,
    ],
    [
      'a port of REST in use',
      () => ['--data-dir', other, '--rest-port', port()],
      2,
      /--rest-port \d+: the port is in use/,
    ],
    ['no port', () => ['--data-dir', other, '--port', '99999'], 2, /expected a port from 0 to 65535, got "99999"/],
    ['a second server on it', () => ['--data-dir', data], 6, /is served by process \d+; stop it first, or use another/],
    [
      'a foreign directory',
      () => ['--data-dir', directory.path],
      2,
      /expected a Qalam data directory or an empty one, got/,
    ],
    [
      'a directory that cannot be made',
      () => ['--data-dir', join(file, 'x')],
      8,
      /expected a directory that can be written/,
    ],
  ])('%s', async (_name, flags, code, message) => {
    writeFileSync(file, '')
    expect(await qalam(['server', ...flags()])).toEqual({ code, stdout: '', stderr: expect.stringMatching(message) })
  })

  test('a corrupt database', async () => {
    const damaged = join(directory.path, 'damaged')
    expect((await qalam(['get', 'experiments', '--data-dir', damaged])).code).toBe(0)
    const cluster = join(damaged, 'postgres')
    writeFileSync(join(cluster, 'global/pg_control'), Buffer.alloc(8192))
    const { code, stdout, stderr } = await qalam(['server', '--data-dir', damaged])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(
      /postgres: Postgres does not start \(.*\); the data may be damaged: restore a backup, or move it/,
    )
  })
})

describe('a trial that', () => {
  /** Runs one trial; resolves when its experiment has ended. */
  async function run(name: string, command: unknown, more = {}): Promise<{ trial: Trial; experiment: Experiment }> {
    const object = experiment(name, command)
    await using informers = createInformers({ transport: kubernetes, clock: systemClock, log: () => {} })
    const experiments = informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' })
    const trials = informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' })
    const { promise: ended, resolve } = Promise.withResolvers<Experiment>()
    using _ = experiments.onChange(({ object: present }) => {
      if (present.metadata.name === name && present.status?.completionTime) resolve(present)
    })
    const spec = { ...object.spec, ...more }
    await createClient(kubernetes).create({ ...object, spec, metadata: { name, namespace: 'default' } })
    await ended
    const [trial] = trials.list().filter(({ metadata }) => metadata.labels?.[EXPERIMENT_LABEL] === name)
    return { trial, experiment: await ended }
  }
  const last = ({ trial }: { trial: Trial }) => trial.status?.conditions?.at(-1)

  test('cannot be started ends at its deadline and names the command', async () => {
    const outcome = await run('absent', ['no-such-tool', '${trialParameters.lr}'], {
      // Long enough for the slowest machine to have tried it.
      trialDeadlines: { pendingSeconds: 15 },
    })
    expect(last(outcome)).toMatchObject({ type: 'Failed', message: expect.stringContaining('no-such-tool') })
  })

  test('exits at once fails with its exit code and last words', async () => {
    const outcome = await run('exits', ['sh', '-c', 'echo "no data at ${trialParameters.lr}" >&2; exit 3'])
    expect(last(outcome)).toMatchObject({ type: 'Failed', message: expect.stringMatching(/exit code 3.*no data at/) })
  })

  test('prints nothing has no metric, and says so', async () => {
    const outcome = await run('silent', ['sh', '-c', ': ${trialParameters.lr}'])
    expect(last(outcome)).toMatchObject({
      type: 'MetricsUnavailable',
      message: expect.stringMatching(/before it wrote anything; have it write "loss=/),
    })
  })

  test('prints 20 MB on one line keeps the metric after it', async () => {
    const script = 'head -c 20000000 /dev/zero | tr "\\0" x; echo; echo loss=${trialParameters.lr}'
    const { trial } = await run('long', ['sh', '-c', script])
    expect(trial.status?.observation?.metrics?.[0]).toMatchObject({
      name: 'loss',
      latest: expect.stringMatching(/^0\.0/),
    })
  })

  test('forks and leaves children ends all the same, and its children with it', async () => {
    const note = join(directory.path, 'children')
    mkdirSync(note)
    const script = `sleep 300 & echo $! > ${note}/a; (sleep 301 & echo $! > ${note}/b); echo loss=\${trialParameters.lr}`
    const { experiment: ended } = await run('forks', ['sh', '-c', script])
    expect(ended.status?.phase).toBe('Succeeded')
    for (const name of ['a', 'b']) expect(processStart(Number(readFileSync(join(note, name), 'utf8')))).toBeUndefined()
  })
})
