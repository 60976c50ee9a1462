import { describe, expect, test } from 'vitest'
import { parseJson, type TrialTemplate } from '#api'
import { render } from '#controller'

const trial = { name: 'tune-bcdfghjk', namespace: 'lab' }
const p = (name: string) => `\${trialParameters.${name}}`

function aTemplate(spec: object, metadata?: object, parameters: [string, string][] = [['rate', 'lr']]): TrialTemplate {
  return {
    trialSpec: { apiVersion: 'batch/v1', kind: 'Job', ...(metadata && { metadata }), spec },
    trialParameters: parameters.map(([name, reference]) => ({ name, reference })),
  }
}
const assigned = (...values: [string, string][]) => values.map(([name, value]) => ({ name, value }))
const specOf = (template: TrialTemplate, ...values: [string, string][]) =>
  render(template, trial, assigned(...values)).spec

test('values go where their placeholders are, and the object is named like the trial', () => {
  const template = aTemplate({ args: ['--lr', p('rate'), `--x=${p('rate')}/${p('rate')}`] }, { labels: { a: 'b' } })
  expect(render(template, trial, assigned(['lr', '0.1']))).toEqual({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { labels: { a: 'b' }, name: 'tune-bcdfghjk', namespace: 'lab' },
    spec: { args: ['--lr', '0.1', '--x=0.1/0.1'] },
  })
})

describe('no value breaks out of its place', () => {
  test.each(['"', '\\', '\n', '{"a": 1}', 'a: b', '$(rm)', "'", '\u{1f600}', '\u2028', '$&', '$1', '__proto__'])(
    '%j',
    value => {
      expect(specOf(aTemplate({ args: [`x${p('rate')}y`] }), ['lr', value])).toEqual({ args: [`x${value}y`] })
    },
  )

  test('a value that looks like a placeholder stays as it is', () => {
    const template = aTemplate({ a: p('rate'), b: p('other') }, undefined, [
      ['rate', 'lr'],
      ['other', 'x'],
    ])
    expect(specOf(template, ['lr', p('other')], ['x', p('rate')])).toEqual({ a: p('other'), b: p('rate') })
  })

  test('the template is left as it was', () => {
    const template = aTemplate({ a: p('rate') })
    render(template, trial, assigned(['lr', '1']))
    expect(template.trialSpec?.spec).toEqual({ a: p('rate') })
  })
})

test('numbers stay digit by digit, and text stays text', () => {
  const template = {
    trialParameters: [{ name: 'rate', reference: 'lr' }],
    trialSpec: parseJson(`{"spec":{"big":9007199254740993,"a":"${p('rate')}"}}`),
  } as TrialTemplate
  expect(JSON.stringify(specOf(template, ['lr', '12']))).toBe('{"big":9007199254740993,"a":"12"}')
})

test('references to the trial', () => {
  const parameters: [string, string][] = [
    ['rate', 'lr'],
    ['name', `\${trialSpec.Name}`],
    ['namespace', `\${trialSpec.Namespace}`],
    ['kind', `\${trialSpec.Kind}`],
    ['version', `\${trialSpec.APIVersion}`],
    ['label', `\${trialSpec.Labels[team/name]}`],
    ['note', `\${trialSpec.Annotations[note]}`],
  ]
  const spec = Object.fromEntries(parameters.map(([name]) => [name, p(name)]))
  const metadata = { labels: { 'team/name': 'red' }, annotations: { note: 'n' } }
  expect(specOf(aTemplate(spec, metadata, parameters), ['lr', '1'])).toEqual({
    rate: '1',
    name: 'tune-bcdfghjk',
    namespace: 'lab',
    kind: 'Job',
    version: 'batch/v1',
    label: 'red',
    note: 'n',
  })
})

test.each([
  {
    name: 'no assignment',
    template: aTemplate({}),
    values: [],
    says: 'trial parameter rate refers to lr, which has no assignment',
  },
  {
    name: 'an assignment too many',
    template: aTemplate({}),
    values: [
      ['lr', '1'],
      ['x', '1'],
    ],
    says: 'no trial parameter refers to x',
  },
  {
    name: 'a placeholder that is not declared',
    template: aTemplate({ a: p('y') }),
    values: [['lr', '1']],
    says: 'which is not declared',
  },
  {
    name: 'a label that is not there',
    template: aTemplate({}, {}, [['l', `\${trialSpec.Labels[constructor]}`]]),
    values: [],
    says: 'the template has no label constructor',
  },
  { name: 'no ConfigMap', template: { configMap: {} }, values: [], says: 'has not been read' },
])('refuses: $name', ({ template, values, says }) => {
  expect(() => render(template, trial, assigned(...(values as [string, string][])))).toThrow(says)
})

test('values that would make the object large are refused before it is', () => {
  const template = aTemplate({ args: Array(8_000).fill(p('rate')) })
  expect(() => render(template, trial, assigned(['lr', 'x'.repeat(100_000)]))).toThrow('more than 32768 bytes')
})

describe('ConfigMap templates', () => {
  const template: TrialTemplate = {
    configMap: { configMapName: 'a', configMapNamespace: 'b', templatePath: 'c' },
    trialParameters: [{ name: 'x', reference: 'x' }],
  }
  const text = `apiVersion: batch/v1
kind: Job
spec:
  bare: ${p('x')}
  quoted: "${p('x')}"
  inside: a${p('x')}
  big: 9007199254740993
  merged: &m {a: 1}
  merge: {<<: *m, b: 2}
`
  test.each([
    ['0.1', '0.1'],
    ['1e-05', '0.00001'],
    ['3', '3'],
    ['9007199254740993', '9007199254740993'],
    ['true', 'true'],
    ['null', 'null'],
    ['adam', '"adam"'],
    ['[1, 2]', '"[1, 2]"'],
    ['{a: 1}', '"{a: 1}"'],
    ['a: b', '"a: b"'],
    ['"3"', '"\\"3\\""'],
    ['', '""'],
    ['&a x', '"&a x"'],
    ['# c', '"# c"'],
  ])('an unquoted placeholder takes the YAML type of %s', (value, json) => {
    const spec = JSON.stringify(render(template, trial, assigned(['x', value]), text).spec)
    const quoted = JSON.stringify(value)
    const inside = JSON.stringify(`a${value}`)
    expect(spec).toBe(
      `{"bare":${json},"quoted":${quoted},"inside":${inside},"big":9007199254740993,"merged":{"a":1},"merge":{"a":1,"b":2}}`,
    )
  })
})
