import { expect, test } from 'vitest'
import { CREATOR_ANNOTATION, type Experiment } from '#api'
import { readCreator, signCreator } from '#controller'
import { aJob, anExperiment, aTemplate } from './an-experiment.ts'

const KEY = 'a key'
const ALICE = { username: 'alice', groups: ['team-a', 'system:authenticated'], extra: { scopes: ['x'] } }

const withCreator = (experiment: Experiment, signed: string): Experiment => ({
  ...experiment,
  metadata: { ...experiment.metadata, annotations: { [CREATOR_ANNOTATION]: signed } },
})
const signed = (experiment: Experiment) => withCreator(experiment, signCreator(KEY, experiment, ALICE))

test('a signed creator is read as he was written, with groups and extra', () => {
  expect(readCreator(KEY, signed(anExperiment()))).toEqual({ creator: ALICE })
})

test('the order of keys in the template does not matter, as stores change it', () => {
  const experiment = signed(anExperiment())
  const trialSpec = reversed(experiment.spec.trialTemplate?.trialSpec)
  const stored = {
    ...experiment,
    spec: { ...experiment.spec, trialTemplate: { ...experiment.spec.trialTemplate, trialSpec } },
  }
  expect(readCreator(KEY, stored as Experiment)).toEqual({ creator: ALICE })
})

const annotation = signCreator(KEY, anExperiment(), ALICE)
const [said = '', proof = ''] = annotation.split('.')
const mallory = Buffer.from(JSON.stringify({ ...ALICE, username: 'mallory' })).toString('base64url')

test.each([
  { name: 'of another experiment', experiment: anExperiment({}, { name: 'other' }), annotation },
  { name: 'of another namespace', experiment: inNamespace(anExperiment(), 'team-b'), annotation },
  {
    name: 'beside another template',
    experiment: anExperiment({ trialTemplate: aTemplate({ trialSpec: aJob({ image: 'miner' }) }) }),
    annotation,
  },
  { name: 'with another name in it', experiment: anExperiment(), annotation: `${mallory}.${proof}` },
  { name: 'without a proof', experiment: anExperiment(), annotation: said },
  { name: 'that is no text of ours', experiment: anExperiment(), annotation: 'alice' },
  { name: 'that is empty', experiment: anExperiment(), annotation: '' },
])('an annotation $name names nobody', ({ experiment, annotation: written }) => {
  expect(readCreator(KEY, withCreator(experiment, written))).toEqual({
    missing: expect.stringContaining('is not signed for this experiment'),
  })
})

test('a signature by another key names nobody', () => {
  expect(readCreator('another key', signed(anExperiment()))).toHaveProperty('missing')
})

test('without an annotation it is said that nobody signed', () => {
  expect(readCreator(KEY, anExperiment())).toEqual({ missing: expect.stringContaining('nobody signed') })
})

test('a name that the API server makes up later is signed by its beginning', () => {
  const asked = withName(anExperiment(), '', 'tune-')
  const annotation = signCreator(KEY, asked, ALICE)
  expect(readCreator(KEY, withCreator(withName(asked, 'tune-x7k2p', 'tune-'), annotation))).toEqual({ creator: ALICE })
  expect(readCreator(KEY, withCreator(withName(asked, 'other-x7k2p', 'tune-'), annotation))).toHaveProperty('missing')
})

function inNamespace(experiment: Experiment, namespace: string): Experiment {
  return { ...experiment, metadata: { ...experiment.metadata, namespace } }
}

function withName(experiment: Experiment, name: string, generateName: string): Experiment {
  return { ...experiment, metadata: { ...experiment.metadata, name, generateName } }
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, each]) => [key, reversed(each)]),
  )
}
