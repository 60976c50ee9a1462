import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { INDEX_LABEL } from '#api'
import { openSuggestionPort, type SearchCall } from '#server'
import { GENERATION_LABEL, PARENT_LABEL, type SuggestAnswer } from '#suggestion'
import { aPeer } from './grpc-client.ts'

let opened = new AsyncDisposableStack()
afterEach(async () => {
  await opened.disposeAsync()
  opened = new AsyncDisposableStack()
})

/** A service whose search notes what it is asked and gives `labels` to what it answers. */
async function serving(
  labels: Readonly<Record<string, string>> = {},
  more: { directory?: string; algorithmName?: string } = {},
) {
  const calls: SearchCall[] = []
  const { directory, algorithmName } = more
  const port = opened.use(
    await openSuggestionPort({
      search: async (call): Promise<SuggestAnswer> => {
        calls.push(call)
        const parameterAssignments = [{ name: 'x', value: '0.5' }]
        const assignments = Array.from({ length: call.count }, (_, i) => ({
          index: call.firstIndex + i,
          parameterAssignments,
          labels,
        }))
        return { assignments, searchEnded: false }
      },
      checkpoints: { suffix: () => 'abcd1234', ...(directory === undefined ? {} : { directory }) },
      ...(algorithmName === undefined ? {} : { algorithmName }),
      log: () => {},
    }),
  )
  const peer = opened.use(aPeer(await port.listen('127.0.0.1', 0), 'api.v1.beta1.Suggestion'))
  return { peer, calls }
}

const experiment = (spec: object = {}, name = 'wire') => ({
  name,
  spec: {
    parameterSpecs: {
      parameters: [
        { name: 'x', parameterType: 'DOUBLE', feasibleSpace: { min: '0.1', max: '1', distribution: 'LOG_UNIFORM' } },
        { name: 'n', parameterType: 'INT', feasibleSpace: { min: '1', max: '9', step: '2' } },
        { name: 'c', parameterType: 'CATEGORICAL', feasibleSpace: { list: ['a', 'b'] } },
      ],
    },
    objective: { type: 'MAXIMIZE', objectiveMetricName: 'acc' },
    algorithm: { algorithmName: 'random', algorithmSettings: [{ name: 'random_state', value: '7' }] },
    parallelTrialCount: 2,
    ...spec,
  },
})
const trial = (name: string, condition: string, more: { label?: string; start?: string; value?: string } = {}) => ({
  name,
  spec: {
    parameterAssignments: { assignments: [{ name: 'x', value: '0.2' }] },
    labels: more.label === undefined ? {} : { [INDEX_LABEL]: more.label },
  },
  status: {
    condition,
    startTime: more.start ?? '',
    ...(more.value === undefined ? {} : { observation: { metrics: [{ name: 'acc', value: more.value }] } }),
  },
})

test('an Experiment of the wire is the search that it asks for', async () => {
  const { peer, calls } = await serving()
  await peer.ask('GetSuggestions', {
    experiment: experiment({ maxTrialCount: 8 }),
    currentRequestNumber: 2,
    totalRequestNumber: 6,
  })
  expect(calls).toEqual([
    {
      problem: {
        parameters: [
          { name: 'x', parameterType: 'double', feasibleSpace: { min: '0.1', max: '1', distribution: 'logUniform' } },
          {
            name: 'n',
            parameterType: 'int',
            feasibleSpace: { min: '1', max: '9', step: '2', distribution: 'uniform' },
          },
          { name: 'c', parameterType: 'categorical', feasibleSpace: { list: ['a', 'b'], distribution: 'uniform' } },
        ],
        objectiveCount: 1,
        parallelTrialCount: 2,
        maxTrialCount: 8,
      },
      algorithm: { algorithmName: 'random', algorithmSettings: [{ name: 'random_state', value: '7' }] },
      objective: { type: 'maximize', objectiveMetricName: 'acc' },
      seed: 'wire',
      trials: [],
      firstIndex: 4,
      count: 2,
    },
  ])
})

test('the operator’s algorithm wins over the name in the Experiment', async () => {
  const { peer, calls } = await serving({}, { algorithmName: 'sobol' })
  await peer.ask('GetSuggestions', {
    experiment: experiment({ algorithm: { algorithmName: 'ours' } }),
    currentRequestNumber: 1,
    totalRequestNumber: 1,
  })
  expect(calls[0].algorithm.algorithmName).toBe('sobol')
})

test('trials keep the index they were suggested under; others get the free ones by their start', async () => {
  const { peer, calls } = await serving()
  const trials = [
    trial('late', 'RUNNING', { start: '2026-01-01T00:05:00Z' }),
    trial('early', 'CREATED', { start: '2026-01-01T00:01:00Z' }),
    trial('labelled', 'SUCCEEDED', { label: '1', value: '0.9' }),
    trial('same label', 'FAILED', { label: '1', start: '2026-01-01T00:03:00Z' }),
    trial('seventh', 'EARLYSTOPPED', { label: '7', value: '0.1' }),
    trial('odd', 'UNKNOWN', { label: '-3', start: '2026-01-01T00:09:00Z' }),
  ]
  const reply = await peer.ask('GetSuggestions', {
    experiment: experiment(),
    trials,
    currentRequestNumber: 1,
    totalRequestNumber: 7,
  })
  expect(calls[0].trials.map(({ index, phase }) => `${index} ${phase}`)).toEqual([
    '3 Running',
    '0 Pending',
    '1 Succeeded',
    '2 Failed',
    '7 EarlyStopped',
    '4 Pending',
  ])
  expect(calls[0].trials[2].metrics).toEqual([{ name: 'acc', min: '0.9', max: '0.9', latest: '0.9' }])
  // Six of seven were asked for before, but index 7 is taken.
  expect(reply).toEqual({
    parameterAssignments: [
      { assignments: [{ name: 'x', value: '0.5' }], trialName: '', labels: { [INDEX_LABEL]: '8' } },
    ],
    algorithm: null,
    earlyStoppingRules: [],
  })
})

describe('a generation', () => {
  const KATIB_PARENT_LABEL = 'pbt.suggestion.katib.kubeflow.org/parent'
  const labels = { [GENERATION_LABEL]: '1', [PARENT_LABEL]: '3' }
  const request = {
    trials: [trial('wire-parent', 'SUCCEEDED', { label: '3' })],
    currentRequestNumber: 1,
    totalRequestNumber: 5,
  }

  test('has a name of its own and names its parent', async () => {
    const { peer } = await serving(labels)
    expect(await peer.ask('GetSuggestions', { experiment: experiment(), ...request })).toMatchObject({
      parameterAssignments: [
        { trialName: 'wire-abcd1234', labels: { ...labels, [KATIB_PARENT_LABEL]: 'wire-parent' } },
      ],
    })
  })

  test('whose parent left no files begins with an empty directory', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'checkpoints-'))
    opened.defer(() => rmSync(directory, { recursive: true }))
    const { peer } = await serving(labels, { directory })
    await peer.ask('GetSuggestions', { experiment: experiment(), ...request })
    expect(existsSync(join(directory, 'wire', 'wire-abcd1234'))).toBe(true)
  })

  test.each([
    ['an experiment', experiment({}, '../../etc'), request],
    ['a parent', experiment(), { ...request, trials: [trial('../secret', 'SUCCEEDED', { label: '3' })] }],
  ])('of %s whose name is no name is refused before a directory is made of it', async (_, asked, more) => {
    const directory = mkdtempSync(join(tmpdir(), 'checkpoints-'))
    opened.defer(() => rmSync(directory, { recursive: true }))
    const { peer } = await serving(labels, { directory })
    expect(await peer.ask('GetSuggestions', { experiment: asked, ...more })).toMatch(
      /^INVALID_ARGUMENT: expected a Kubernetes name, got/,
    )
  })
})

test.each([
  ['no experiment', {}, 'INVALID_ARGUMENT: experiment.spec is missing'],
  [
    'no number',
    { experiment: experiment(), currentRequestNumber: 0 },
    { parameterAssignments: [], algorithm: null, earlyStoppingRules: [] },
  ],
  [
    'a number beyond reason',
    { experiment: experiment(), currentRequestNumber: 2_000_000_000 },
    'INVALID_ARGUMENT: current_request_number: expected at most 10000, got 2000000000',
  ],
  [
    'an empty space',
    { experiment: experiment({ parameterSpecs: null }), currentRequestNumber: 1 },
    'INVALID_ARGUMENT: experiment.spec.parameter_specs: nothing to search',
  ],
])('%s', async (_, request, says) => {
  const { peer } = await serving()
  expect(await peer.ask('GetSuggestions', request)).toEqual(says)
})
