import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { builtInKinds } from '../../standalone/apiserver/kinds/built-in-kinds.ts'
import { builtInSchema } from '../../standalone/apiserver/kinds/built-in-schemas.ts'
import { pruned } from '../../standalone/apiserver/kinds/structural.ts'
import { humanDuration } from '../../standalone/apiserver/table/human-duration.ts'
import { jsonPath } from '../../standalone/apiserver/table/json-path.ts'
import { anApiServer, ask } from './an-api-server.ts'
import { builtInSchemasText, path } from './apiserver-schemas.ts'

test('the generated file is what the generator makes', () => {
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(JSON.parse(builtInSchemasText()))
})

test.each(builtInKinds.map(kind => [kind.kind, kind] as const))('%s has a schema with metadata', (_name, kind) => {
  const schema = builtInSchema(kind)
  const unknown: string[] = []
  const object = { apiVersion: 'v1', kind: kind.kind, metadata: { name: 'a' }, nonsense: 1 }
  expect(pruned(object, schema, '', path => unknown.push(path))).not.toHaveProperty('nonsense')
  expect(unknown).toEqual(['nonsense'])
})

test.each([
  ['.a.b', [1]],
  ['{.list[-1:].name}', ['c']],
  ['.list[0].name', ['a']],
  ['.list[1:3].name', ['b', 'c']],
  ['.list[*].name', ['a', 'b', 'c']],
  [`.list[?(@.name=="b")].value`, [2]],
  [`.list[?(@.name!='b')].name`, ['a', 'c']],
  [`.labels['x.y/z']`, ['dotted']],
  [String.raw`.labels.x\.y/z`, ['dotted']],
  ['.absent.deep', []],
  ['.__proto__.x', []],
])('JSON path %s', (text, expected) => {
  const list = [{ name: 'a' }, { name: 'b', value: 2 }, { name: 'c' }]
  expect(jsonPath(text)({ a: { b: 1 }, list, labels: { 'x.y/z': 'dotted' } })).toEqual(expected)
})

test('what is no JSON path is refused with a sentence', () => {
  expect(() => jsonPath('.a[?(@.b=~/c/)]')).toThrow(/expected \.field/)
})

test.each([
  [-5, '0s'],
  [119, '119s'],
  [120, '2m'],
  [150, '2m30s'],
  [601, '10m'],
  [3 * 3_600 + 1_200, '3h20m'],
  [30 * 3_600, '30h'],
  [3 * 86_400 + 3_600, '3d1h'],
  [400 * 86_400, '400d'],
])('%s seconds are %s', (seconds, text) => {
  expect(humanDuration(seconds * 1_000)).toBe(text)
})

describe('server-side apply of pod templates', () => {
  const deployments = '/apis/apps/v1/namespaces/default/deployments'
  const APPLY = { 'content-type': 'application/apply-patch+yaml' }
  const aDeployment = (containers: object[], metadata: object = {}) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', ...metadata },
    spec: { template: { spec: { containers } } },
  })

  test('containers merge by name, each manager keeps its own', async () => {
    await using own = await anApiServer()
    const as = (manager: string, body: object) =>
      ask(own.transport, 'PATCH', `${deployments}/d?fieldManager=${manager}`, body, APPLY)
    const containers = (body: { spec: { template: { spec: { containers: object[] } } } }) =>
      body.spec.template.spec.containers
    await as('one', aDeployment([{ name: 'a', image: 'x' }]))
    await as('two', aDeployment([{ name: 'b', image: 'y' }], { labels: { two: 'yes' } }))
    const { body } = await as('one', aDeployment([{ name: 'a', image: 'z', args: ['1'] }]))
    expect(containers(body)).toEqual([
      { name: 'a', image: 'z', args: ['1'] },
      { name: 'b', image: 'y' },
    ])
    const without = await as('one', aDeployment([{ name: 'a', image: 'z' }]))
    expect(containers(without.body)[0]).toEqual({ name: 'a', image: 'z' })
    expect(containers((await as('two', aDeployment([]))).body)).toEqual([{ name: 'a', image: 'z' }])
    expect((await ask(own.transport, 'GET', `${deployments}/d`)).body.metadata.labels).toBeUndefined()
  })

  test('an ordinary update takes its fields from appliers', async () => {
    await using own = await anApiServer()
    const path = `${deployments}/d?fieldManager=one`
    await ask(own.transport, 'PATCH', path, aDeployment([{ name: 'a', image: 'x' }], { labels: { l: '1' } }), APPLY)
    const label = { metadata: { labels: { l: '2' } } }
    await ask(own.transport, 'PATCH', `${deployments}/d?fieldManager=hand`, label, MERGE)
    const refused = await ask(own.transport, 'PATCH', path, aDeployment([{ name: 'a' }], { labels: { l: '1' } }), APPLY)
    expect(refused.body.message).toContain('conflict with "hand" using apps/v1: .metadata.labels.l')
  })
})

const MERGE = { 'content-type': 'application/merge-patch+json' }
