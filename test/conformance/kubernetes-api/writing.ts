/** Creating and replacing: names, versions, generations, what is judged before it is stored. */
import { expect } from 'vitest'
import { ask } from '../../standalone/an-api-server.ts'
import { aConfigMap, aTrial, type Behaviour, configMaps, MERGE, trials } from './behaviour.ts'

export const writing: readonly Behaviour[] = [
  {
    name: 'create answers 201 with uid, version and time; get finds the same object',
    async run(world) {
      const made = await ask(world.transport, 'POST', configMaps(world), aConfigMap('one'))
      expect(made.status).toBe(201)
      expect(made.body.metadata).toMatchObject({ name: 'one', namespace: world.namespace })
      expect(made.body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
      expect(made.body.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      const found = await ask(world.transport, 'GET', `${configMaps(world)}/one`)
      expect(found.body.metadata.resourceVersion).toBe(made.body.metadata.resourceVersion)
      expect(found.body.data).toEqual({ a: '1' })
    },
  },
  {
    name: 'a name that is taken is 409 AlreadyExists, an unknown one 404 NotFound with details',
    async run(world) {
      await ask(world.transport, 'POST', configMaps(world), aConfigMap('one'))
      const again = await ask(world.transport, 'POST', configMaps(world), aConfigMap('one'))
      expect(again.body).toMatchObject({ kind: 'Status', status: 'Failure', reason: 'AlreadyExists', code: 409 })
      const missing = await ask(world.transport, 'GET', `${configMaps(world)}/two`)
      expect(missing.body).toMatchObject({
        reason: 'NotFound',
        code: 404,
        message: 'configmaps "two" not found',
        details: { name: 'two', kind: 'configmaps' },
      })
    },
  },
  {
    name: 'generateName gives every object its own name',
    async run(world) {
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'g-' } }
      const [first, second] = [
        await ask(world.transport, 'POST', configMaps(world), body),
        await ask(world.transport, 'POST', configMaps(world), body),
      ]
      expect(first.body.metadata.name).toMatch(/^g-[a-z0-9]{5}$/)
      expect(second.body.metadata.name).not.toBe(first.body.metadata.name)
    },
  },
  {
    name: 'dryRun=All answers as if and stores nothing',
    async run(world) {
      const dry = await ask(world.transport, 'POST', `${configMaps(world)}?dryRun=All`, aConfigMap('dry'))
      expect(dry.status).toBe(201)
      expect((await ask(world.transport, 'GET', `${configMaps(world)}/dry`)).status).toBe(404)
    },
  },
  {
    name: 'bad names are 422 Invalid with the cause metadata.name',
    async run(world) {
      const refused = await ask(world.transport, 'POST', configMaps(world), aConfigMap('Not_A_Name'))
      expect(refused.body).toMatchObject({ code: 422, reason: 'Invalid' })
      expect(refused.body.details.causes[0]).toMatchObject({ field: 'metadata.name', reason: 'FieldValueInvalid' })
    },
  },
  {
    name: 'an object in a namespace that does not exist is 404',
    async run(world) {
      const path = '/api/v1/namespaces/there-is-none/configmaps'
      const refused = await ask(world.transport, 'POST', path, aConfigMap('one'))
      expect(refused.body).toMatchObject({ code: 404, message: 'namespaces "there-is-none" not found' })
    },
  },
  {
    name: 'a body of another kind or namespace is 400',
    async run(world) {
      const kind = await ask(world.transport, 'POST', configMaps(world), { ...aConfigMap('one'), kind: 'Secret' })
      expect(kind.body).toMatchObject({ code: 400, reason: 'BadRequest' })
      const elsewhere = aConfigMap('one', {}, { namespace: 'default' })
      expect((await ask(world.transport, 'POST', configMaps(world), elsewhere)).status).toBe(400)
    },
  },
  {
    name: 'a put with a stale version is 409 Conflict, one without a version overwrites a ConfigMap',
    async run(world) {
      const { body: first } = await ask(world.transport, 'POST', configMaps(world), aConfigMap('one'))
      const path = `${configMaps(world)}/one`
      expect((await ask(world.transport, 'PUT', path, { ...first, data: { a: '2' } })).status).toBe(200)
      const stale = await ask(world.transport, 'PUT', path, { ...first, data: { a: '3' } })
      expect(stale.body).toMatchObject({ code: 409, reason: 'Conflict' })
      expect((await ask(world.transport, 'PUT', path, aConfigMap('one', { a: '4' }))).body.data).toEqual({ a: '4' })
    },
  },
  {
    name: 'a put on a custom resource without a version is 422',
    async run(world) {
      await ask(world.transport, 'POST', trials(world), aTrial('t'))
      const refused = await ask(world.transport, 'PUT', `${trials(world)}/t`, aTrial('t'))
      expect(refused.body).toMatchObject({ code: 422, reason: 'Invalid' })
    },
  },
  {
    name: 'a write that changes nothing keeps the version',
    async run(world) {
      const { body: first } = await ask(world.transport, 'POST', configMaps(world), aConfigMap('one'))
      const path = `${configMaps(world)}/one`
      const put = await ask(world.transport, 'PUT', path, first)
      expect(put.body.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
      const patched = await ask(world.transport, 'PATCH', path, { data: { a: '1' } }, MERGE)
      expect(patched.body.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
    },
  },
  {
    name: 'generation counts changes of the spec, not of metadata or status',
    async run(world) {
      const { body: made } = await ask(
        world.transport,
        'POST',
        trials(world),
        aTrial('t', { status: { phase: 'Ignored' } }),
      )
      expect(made.metadata.generation).toBe(1)
      expect(made.status).toBeUndefined()
      const path = `${trials(world)}/t`
      const label = { metadata: { labels: { a: 'b' } } }
      expect((await ask(world.transport, 'PATCH', path, label, MERGE)).body.metadata.generation).toBe(1)
      const status = { status: { conditions: [] }, spec: { retainRun: true } }
      const marked = await ask(world.transport, 'PATCH', `${path}/status`, status, MERGE)
      expect(marked.body).toMatchObject({ status: { conditions: [] }, metadata: { generation: 1 } })
      expect(marked.body.spec.retainRun).toBeUndefined()
      const changed = await ask(
        world.transport,
        'PATCH',
        path,
        { spec: { retainRun: true }, status: { phase: 'No' } },
        MERGE,
      )
      expect(changed.body).toMatchObject({ metadata: { generation: 2 }, status: { conditions: [] } })
      expect(changed.body.status.phase).toBeUndefined()
    },
  },
  {
    name: 'unknown fields of open schemas and 64-bit integers survive',
    async run(world) {
      const text = JSON.stringify(aTrial('t')).replace('"big":1', '"big":9007199254740993')
      const response = await world.transport.send({ method: 'POST', path: trials(world), body: text })
      expect(response.status).toBe(201)
      expect(await response.text()).toMatch(/"big":\s*9007199254740993/)
    },
  },
  {
    name: 'a value of the wrong type is 422 with its path',
    async run(world) {
      const wrong = aTrial('t')
      const refused = await ask(world.transport, 'POST', trials(world), {
        ...wrong,
        spec: { ...wrong.spec, retainRun: 'yes' },
      })
      expect(refused.body).toMatchObject({ code: 422, reason: 'Invalid' })
      expect(refused.body.details.causes.map((cause: { field: string }) => cause.field)).toContain('spec.retainRun')
    },
  },
  {
    name: 'fieldValidation=Strict refuses unknown fields, Warn says so in a header',
    async run(world) {
      const body = { ...aConfigMap('one'), dtaa: {} }
      const refused = await ask(world.transport, 'POST', `${configMaps(world)}?fieldValidation=Strict`, body)
      expect(refused.body).toMatchObject({ code: 400, reason: 'BadRequest' })
      expect(refused.body.message).toContain('unknown field "dtaa"')
      const warned = await ask(world.transport, 'POST', `${configMaps(world)}?fieldValidation=Warn`, body)
      expect(warned.status).toBe(201)
      expect(warned.headers.warning).toContain('unknown field')
      expect(warned.body.dtaa).toBeUndefined()
    },
  },
]
