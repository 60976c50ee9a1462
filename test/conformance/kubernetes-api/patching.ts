/** The four kinds of patches. */
import { expect } from 'vitest'
import { ask } from '../../standalone/an-api-server.ts'
import {
  APPLY,
  aConfigMap,
  aTrial,
  type Behaviour,
  configMaps,
  JSON_PATCH,
  MERGE,
  STRATEGIC,
  trials,
} from './behaviour.ts'

export const patching: readonly Behaviour[] = [
  {
    name: 'a patch or an apply for another uid is refused and changes nothing; for the own one it is done',
    async run(world) {
      const { uid } = (await ask(world.transport, 'POST', configMaps(world), aConfigMap('one'))).body.metadata
      const path = `${configMaps(world)}/one`
      const patches = [
        { path, headers: MERGE },
        { path, headers: STRATEGIC },
        { path: `${path}?fieldManager=me&force=true`, headers: APPLY },
      ]
      for (const [i, { path, headers }] of patches.entries()) {
        const patch = (uid: string) => aConfigMap('one', { a: `changed-${i}` }, { uid })
        const other = patch('00000000-0000-0000-0000-000000000000')
        const refused = await ask(world.transport, 'PATCH', path, other, headers)
        expect(refused.body).toMatchObject({ code: 422, reason: 'Invalid' })
        expect(refused.body.details.causes[0]).toMatchObject({ field: 'metadata.uid' })
        expect((await ask(world.transport, 'PATCH', path, patch(uid), headers)).body.data).toEqual({
          a: `changed-${i}`,
        })
      }
      const gone = `${configMaps(world)}/gone?fieldManager=me&force=true`
      const late = await ask(world.transport, 'PATCH', gone, aConfigMap('gone', {}, { uid }), APPLY)
      expect(late.body).toMatchObject({ code: 409, reason: 'Conflict' })
    },
  },
  {
    name: 'a merge patch removes by null; a stale version in it is 409',
    async run(world) {
      const { body: made } = await ask(
        world.transport,
        'POST',
        configMaps(world),
        aConfigMap('one', { a: '1', b: '2' }),
      )
      const path = `${configMaps(world)}/one`
      expect((await ask(world.transport, 'PATCH', path, { data: { a: null } }, MERGE)).body.data).toEqual({ b: '2' })
      const stale = { metadata: { resourceVersion: made.metadata.resourceVersion }, data: { b: '3' } }
      expect((await ask(world.transport, 'PATCH', path, stale, MERGE)).status).toBe(409)
    },
  },
  {
    name: 'a JSON patch tests, adds and removes',
    async run(world) {
      await ask(world.transport, 'POST', configMaps(world), aConfigMap('one'))
      const path = `${configMaps(world)}/one`
      const operations = [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'add', path: '/metadata/annotations', value: { 'b/c': '2' } },
        { op: 'replace', path: '/metadata/annotations/b~1c', value: '3' },
        { op: 'remove', path: '/data/a' },
      ]
      const { body } = await ask(world.transport, 'PATCH', path, operations, JSON_PATCH)
      expect(body.metadata.annotations).toEqual({ 'b/c': '3' })
      expect(body.data?.a).toBeUndefined()
      expect((await ask(world.transport, 'PATCH', path, operations, JSON_PATCH)).status).toBe(422)
    },
  },
  {
    name: 'a strategic merge patch merges containers by name, and is 415 for custom resources',
    async run(world) {
      const pods = `/api/v1/namespaces/${world.namespace}/pods`
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p' },
        spec: {
          automountServiceAccountToken: false,
          containers: [
            { name: 'a', image: 'x' },
            { name: 'b', image: 'y' },
          ],
        },
      }
      expect((await ask(world.transport, 'POST', pods, pod)).status).toBe(201)
      const patch = { spec: { containers: [{ name: 'b', image: 'z' }] } }
      const patched = await ask(world.transport, 'PATCH', `${pods}/p`, patch, STRATEGIC)
      const images = patched.body.spec.containers.map(({ name, image }: { name: string; image: string }) => [
        name,
        image,
      ])
      expect(images.sort()).toEqual([
        ['a', 'x'],
        ['b', 'z'],
      ])
      await ask(world.transport, 'POST', trials(world), aTrial('t'))
      expect((await ask(world.transport, 'PATCH', `${trials(world)}/t`, {}, STRATEGIC)).status).toBe(415)
    },
  },
  {
    name: 'server-side apply creates, refuses another manager, and removes what is no longer applied',
    async run(world) {
      const path = `${configMaps(world)}/ssa`
      const as = (manager: string, data: Record<string, string>, query = '') =>
        ask(world.transport, 'PATCH', `${path}?fieldManager=${manager}${query}`, aConfigMap('ssa', data), APPLY)
      expect((await as('one', { a: '1', b: '2' })).status).toBe(201)
      const refused = await as('two', { a: 'other' })
      expect(refused.body).toMatchObject({ code: 409, reason: 'Conflict' })
      expect(refused.body.details.causes[0]).toMatchObject({ reason: 'FieldManagerConflict', field: '.data.a' })
      expect((await as('two', { a: 'other' }, '&force=true')).body.data).toEqual({ a: 'other', b: '2' })
      expect((await as('one', {})).body.data).toEqual({ a: 'other' })
      expect((await ask(world.transport, 'PATCH', path, aConfigMap('ssa'), APPLY)).status).toBe(422)
    },
  },
]
