import { beforeAll, describe, expect, test } from 'vitest'
import { InvalidSpec, parseJson, type Resource } from '#api'
import { admitExperiment, builtInKnowledge, DEFAULT_ALGORITHM } from '#controller'
import { aDouble, aJob, aList, anExperiment, aSpec, aTemplate, knowledge } from './an-experiment.ts'

const nothing = async () => undefined
const create = (object: Resource) => admitExperiment({ operation: 'CREATE', object }, nothing, knowledge)
const anObject = (spec: object): Resource => ({ ...anExperiment(), spec: { ...aSpec(), ...spec } })

async function problemsOf(admission: Promise<unknown>): Promise<readonly string[]> {
  try {
    await admission
    return []
  } catch (reason) {
    if (!(reason instanceof InvalidSpec)) throw reason
    return reason.problems.map(({ path, message }) => `${path}: ${message}`)
  }
}

test('a sound Experiment comes back defaulted', async () => {
  const admitted = await create(anObject({ algorithm: undefined }))
  expect(admitted).toMatchObject({
    metadata: { name: 'tune' },
    spec: { algorithm: { algorithmName: DEFAULT_ALGORITHM } },
  })
})

test('numbers of the template stay digit by digit', async () => {
  const trialSpec = parseJson(
    JSON.stringify(aJob({ securityContext: { runAsUser: 7 } })).replace(
      '"runAsUser":7',
      '"runAsUser":9007199254740993',
    ),
  )
  const admitted = await create(anObject({ trialTemplate: aTemplate({ trialSpec }) }))
  expect(JSON.stringify(admitted)).toContain('"runAsUser":9007199254740993')
})

test('mistakes of spelling and of meaning come together', async () => {
  const object = anObject({
    objective: { type: 'minimise', objectiveMetricName: 'loss' },
    maxTrialCount: 'many',
    maxFailedTrialCount: -1,
    algorithm: { algorithmName: 'random', algorithmSettings: [{ name: 'random_state', value: 7 }] },
    parameters: [{ name: 'lr', feasibleSpace: { min: 0.1, max: '0.01' } }, aList('optimizer', [])],
  })
  expect(await problemsOf(create(object))).toEqual([
    'spec.parameters[0].parameterType: expected double, int, discrete, categorical or unknown, got nothing',
    'spec.parameters[0].feasibleSpace.min: expected a string, got 0.1; put it in quotes',
    'spec.objective.type: expected minimize or maximize, got "minimise"',
    'spec.algorithm.algorithmSettings[0].value: expected a string, got 7; put it in quotes',
    'spec.maxTrialCount: expected a number, got "many"',
    'spec.maxFailedTrialCount: expected 0 or more, got -1',
    'spec.parameters[1].feasibleSpace.list: expected the values of type categorical, got an empty list; list at least one',
  ])
})

test.each([
  [
    'a Job that is no object',
    { trialTemplate: aTemplate({ trialSpec: 'job' }) },
    'spec.trialTemplate.trialSpec: expected an object, got "job"',
  ],
  ['a spec that is no object', 'x', 'spec: expected an object, got "x"'],
  ['parameters that are no list', { parameters: {} }, 'spec.parameters: expected a list, got an object'],
  ['a parameter that is no object', { parameters: ['lr'] }, 'spec.parameters[0]: expected an object, got "lr"'],
  [
    'a count beyond 32 bits',
    { parallelTrialCount: 2 ** 31 },
    'spec.parallelTrialCount: expected a number of at most 2147483647, got 2147483648',
  ],
  ['half a trial', { maxTrialCount: 1.5 }, 'spec.maxTrialCount: expected an integer, got 1.5'],
])('%s', async (_, spec, problem) => {
  const object = typeof spec === 'string' ? ({ ...anExperiment(), spec } as unknown as Resource) : anObject(spec)
  expect(await problemsOf(create(object))).toContain(problem)
})

test('null fields and empty words count as absent', async () => {
  const object = anObject({
    seed: null,
    resumePolicy: '',
    parameters: [aDouble('lr', '0.01', '0.1', { step: null, list: null, distribution: '' }), aList('optimizer', ['a'])],
  })
  expect(await problemsOf(create(object))).toEqual([])
})

describe('ConfigMap templates', () => {
  const spec = {
    trialTemplate: aTemplate({
      trialSpec: undefined,
      configMap: { configMapName: 'templates', configMapNamespace: 'lab', templatePath: 'job.yaml' },
      successCondition: 'a',
      failureCondition: 'b',
    }),
  }
  const request = { operation: 'CREATE', object: anObject(spec) } as const

  test('are read through the request', async () => {
    const asked: unknown[] = []
    const get = async (ref: object) => {
      asked.push(ref)
      return {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'templates' },
        data: { 'job.yaml': JSON.stringify(aJob()) },
      }
    }
    expect(await problemsOf(admitExperiment(request, get, knowledge))).toEqual([])
    expect(asked).toEqual([{ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'lab', name: 'templates' }])
  })

  test('that are not there are named', async () => {
    const empty = async () => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'templates' } })
    expect(await problemsOf(admitExperiment(request, nothing, knowledge))).toEqual([
      'spec.trialTemplate: expected a template in the ConfigMap, got no ConfigMap lab/templates; create it first',
    ])
    expect(await problemsOf(admitExperiment(request, empty, knowledge))).toEqual([
      'spec.trialTemplate: expected a template in the ConfigMap, got no key job.yaml in ConfigMap lab/templates',
    ])
  })
})

describe('updates', () => {
  const old = { ...anExperiment({ maxTrialCount: -1 }) } as Resource

  test('of metadata pass even where the stored spec is invalid', async () => {
    const object = { ...old, metadata: { ...old.metadata, finalizers: [] } }
    expect(await admitExperiment({ operation: 'UPDATE', object, old }, nothing, knowledge)).toBe(object)
  })

  test('of the spec are judged', async () => {
    const object = { ...old, spec: { ...(old.spec as object), seed: 1 } }
    expect(await problemsOf(admitExperiment({ operation: 'UPDATE', object, old }, nothing, knowledge))).not.toEqual([])
  })

  test('deletions pass', async () => {
    expect(await admitExperiment({ operation: 'DELETE', object: old }, nothing, knowledge)).toBe(old)
  })
})

describe('with what is built in', () => {
  const builtIn = builtInKnowledge({ collectors: ['StdOut', 'Push'], earlyStoppers: [] })
  const admit = (spec: object) => admitExperiment({ operation: 'CREATE', object: anObject(spec) }, nothing, builtIn)

  // The first constraint loads the parser, which takes longer than a unit test may.
  beforeAll(async () => {
    expect(await builtIn.constraintProblems?.(anExperiment({ parameterConstraints: ['lr < 1'] }))).toEqual([])
  })

  test('the default algorithm is one of them', async () => {
    expect(builtIn.algorithms).toContain(DEFAULT_ALGORITHM)
    expect(await problemsOf(admit({ algorithm: undefined }))).toEqual([])
  })

  test('the example is admitted', async () => {
    expect(await problemsOf(admit({}))).toEqual([])
  })

  test.each([
    [
      'a setting that the algorithm does not have',
      { algorithm: { algorithmName: 'random', algorithmSettings: [{ name: 'random_stat', value: '1' }] } },
      'spec.algorithm.algorithmSettings[0]',
    ],
    ['a grid without a step', { algorithm: { algorithmName: 'grid' } }, 'spec.algorithm'],
    [
      'a first trial outside the space',
      { initialTrials: [{ lr: '7', optimizer: 'sgd' }] },
      'spec.initialTrials[0]["lr"]',
    ],
    ['a constraint that is none', { parameterConstraints: ['lr <'] }, 'spec.parameterConstraints[0]'],
    ['architectures', { nasConfig: {}, parameters: undefined, trialTemplate: aTemplate() }, 'spec.nasConfig'],
    [
      'a collector that is not there',
      { metricsCollectorSpec: { collector: { kind: 'TensorFlowEvent' } } },
      'spec.metricsCollectorSpec.collector.kind',
    ],
  ])('%s', async (_, spec, path) => {
    const problems = await problemsOf(admit(spec))
    expect(problems.map(problem => problem.slice(0, problem.indexOf(': ')))).toEqual([path])
  })
})

describe('hostile specs are refused at once', () => {
  const many = Array.from({ length: 20_000 }, (_, i) => `n${i}`)
  const deep = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)
  test.each([
    ['parameters without end', { parameters: many.map(name => aDouble(name, '1', '0')) }],
    [
      'trial parameters without end',
      { trialTemplate: aTemplate({ trialParameters: many.map(name => ({ name, reference: name })) }) },
    ],
    [
      'placeholders without end',
      { trialTemplate: aTemplate({ trialSpec: aJob({ args: many.map(name => `\${trialParameters.${name}}`) }) }) },
    ],
    [
      'settings without end',
      { algorithm: { algorithmName: 'random', algorithmSettings: many.map(() => ({ name: 'n' })) } },
    ],
    ['nesting without end', { trialTemplate: aTemplate({ trialSpec: { a: deep(5_000) } }) }],
    ['a prototype', JSON.parse('{"objective":{"__proto__":{"type":"minimize"}}}')],
    [
      'a prototype in the template',
      { trialTemplate: aTemplate({ trialSpec: JSON.parse('{"__proto__":{"kind":"Job"}}') }) },
    ],
    ['a long name of an algorithm', { algorithm: { algorithmName: 'random'.repeat(20_000) } }],
    ['a long condition', { trialTemplate: aTemplate({ successCondition: '['.repeat(5_000) }) }],
  ])('%s', async (name, spec) => {
    const problems = await problemsOf(
      admitExperiment({ operation: 'CREATE', object: anObject(spec) }, nothing, knowledge),
    )
    expect(problems.length, name).toBeGreaterThan(0)
    expect(problems.length).toBeLessThanOrEqual(201)
    expect(problems.join('\n').length).toBeLessThan(100_000)
  })
})
