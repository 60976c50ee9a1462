import { expect, test } from 'vitest'
import { unknownFields } from '#api'

test('fields that nothing reads are named with what was probably meant', () => {
  const spec = {
    maxTrialcount: 3,
    objective: { type: 'minimize', objectivMetricName: 'loss' },
    parameters: [{ name: 'x', parameterType: 'double', feasibleSpace: { min: '0', maximum: '1' } }],
    trialTemplate: { trialSpec: { kind: 'Job', anything: { at: 'all' } } },
    wish: true,
  }
  const told = unknownFields(spec).map(({ path, message }) => `${path}: ${message}`)
  expect(told.slice(0, 2)).toEqual([
    'spec.maxTrialcount: nothing reads the field "maxTrialcount"; did you mean "maxTrialCount"?',
    'spec.objective.objectivMetricName: nothing reads the field "objectivMetricName"; did you mean "objectiveMetricName"?',
  ])
  expect(told[2]).toMatch(
    /^spec\.parameters\[0\]\.feasibleSpace\.maximum: nothing reads the field "maximum"; known are max, min, /,
  )
  expect(told[3]).toMatch(/^spec\.wish: nothing reads the field "wish"; known are parameters, objective, /)
  expect(told).toHaveLength(4)
})
