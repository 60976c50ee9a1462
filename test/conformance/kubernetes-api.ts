/**
 * What a Kubernetes API owes its clients, as one list: run against the embedded server always, and against a real
 * kube-apiserver when one is at hand. A difference that is meant is waived by the behaviour's name, with its reason.
 */
import { expect } from 'vitest'
import type { Transport } from '#kube'
import { ask } from '../standalone/an-api-server.ts'
import { changesOf } from './kubernetes-api-watch.ts'

export interface World {
  readonly transport: Transport
  /** A namespace of this behaviour's own. */
  readonly namespace: string
}

export interface Behaviour {
  readonly name: string
  run(world: World): Promise<void>
}

const MERGE = { 'content-type': 'application/merge-patch+json' }
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' }
const JSON_PATCH = { 'content-type': 'application/json-patch+json' }
const APPLY = { 'content-type': 'application/apply-patch+yaml' }

const configMaps = ({ namespace }: World) => `/api/v1/namespaces/${namespace}/configmaps`
const trials = ({ namespace }: World) => `/apis/kubeflow.org/v1beta1/namespaces/${namespace}/trials`
const aConfigMap = (name: string, data: Record<string, string> = { a: '1' }, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
})
const aTrial = (name: string, more: object = {}) => ({
  apiVersion: 'kubeflow.org/v1beta1',
  kind: 'Trial',
  metadata: { name },
  spec: {
    objective: { type: 'minimize', objectiveMetricName: 'loss' },
    parameterAssignments: [{ name: 'x', value: '1' }],
    runSpec: { apiVersion: 'batch/v1', kind: 'Job', big: 1 },
  },
  ...more,
})

export const behaviours: readonly Behaviour[] = [
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
  {
    name: 'lists come in pages that show one moment',
    async run(world) {
      for (const name of ['a', 'b', 'c']) await ask(world.transport, 'POST', trials(world), aTrial(name))
      const first = await ask(world.transport, 'GET', `${trials(world)}?limit=2`)
      expect(first.body.items).toHaveLength(2)
      expect(first.body).toMatchObject({ kind: 'TrialList', metadata: { remainingItemCount: 1 } })
      await ask(world.transport, 'POST', trials(world), aTrial('d'))
      const token = encodeURIComponent(first.body.metadata.continue)
      const second = await ask(world.transport, 'GET', `${trials(world)}?limit=2&continue=${token}`)
      expect(second.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['c'])
      expect(second.body.metadata.continue ?? '').toBe('')
    },
  },
  {
    name: 'selectors: equality, sets, existence, metadata.name',
    async run(world) {
      for (const [name, labels] of [
        ['a', { tier: 'x' }],
        ['b', { tier: 'y' }],
        ['c', {}],
      ] as const)
        await ask(world.transport, 'POST', configMaps(world), aConfigMap(name, {}, { labels }))
      const names = async (query: string) => {
        const { body } = await ask(world.transport, 'GET', `${configMaps(world)}?${query}`)
        return body.items
          .map((item: { metadata: { name: string } }) => item.metadata.name)
          .filter((name: string) => name.length === 1)
      }
      const labels = (text: string) => names(`labelSelector=${encodeURIComponent(text)}`)
      expect(await labels('tier=x')).toEqual(['a'])
      expect(await labels('tier in (x,y)')).toEqual(['a', 'b'])
      expect(await labels('tier notin (x)')).toEqual(['b', 'c'])
      expect(await labels('!tier')).toEqual(['c'])
      expect(await names('fieldSelector=metadata.name%3Db')).toEqual(['b'])
      expect((await ask(world.transport, 'GET', `${configMaps(world)}?labelSelector=%3D%3D`)).status).toBe(400)
    },
  },
  {
    name: 'a watch replays from a version in order and follows what comes',
    async run(world) {
      const { body: list } = await ask(world.transport, 'GET', configMaps(world))
      await ask(world.transport, 'POST', configMaps(world), aConfigMap('one'))
      await ask(world.transport, 'PATCH', `${configMaps(world)}/one`, { data: { a: '2' } }, MERGE)
      const path = `${configMaps(world)}?watch=True&resourceVersion=${list.metadata.resourceVersion}&fieldSelector=metadata.name%3Done`
      const events = changesOf(world.transport, path)
      expect(await events.next()).toMatchObject({ type: 'ADDED', object: { data: { a: '1' } } })
      expect(await events.next()).toMatchObject({ type: 'MODIFIED', object: { data: { a: '2' } } })
      const pending = events.next()
      await ask(world.transport, 'DELETE', `${configMaps(world)}/one`)
      expect(await pending).toMatchObject({ type: 'DELETED', object: { kind: 'ConfigMap', metadata: { name: 'one' } } })
      await events.close()
    },
  },
  {
    name: 'a watch with a label sees an object come and go as its labels change',
    async run(world) {
      const path = `${configMaps(world)}?watch=1&labelSelector=on%3Dyes&resourceVersion=`
      const { body: list } = await ask(world.transport, 'GET', configMaps(world))
      const events = changesOf(world.transport, `${path}${list.metadata.resourceVersion}`)
      await ask(world.transport, 'POST', configMaps(world), aConfigMap('one'))
      await ask(world.transport, 'PATCH', `${configMaps(world)}/one`, { metadata: { labels: { on: 'yes' } } }, MERGE)
      await ask(world.transport, 'PATCH', `${configMaps(world)}/one`, { metadata: { labels: { on: 'no' } } }, MERGE)
      expect((await events.next())?.type).toBe('ADDED')
      expect((await events.next())?.type).toBe('DELETED')
      await events.close()
    },
  },
  {
    name: 'a watch without a version begins with what there is and ends after timeoutSeconds',
    async run(world) {
      await ask(world.transport, 'POST', configMaps(world), aConfigMap('one'))
      const events = changesOf(
        world.transport,
        `${configMaps(world)}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Done`,
      )
      expect(await events.next()).toMatchObject({ type: 'ADDED' })
      expect(await events.next()).toBeUndefined()
    },
  },
  {
    name: 'delete refuses wrong preconditions and answers a Status',
    async run(world) {
      const { body: made } = await ask(world.transport, 'POST', configMaps(world), aConfigMap('one'))
      const path = `${configMaps(world)}/one`
      const options = (preconditions: object) => ({ kind: 'DeleteOptions', apiVersion: 'v1', preconditions })
      expect((await ask(world.transport, 'DELETE', path, options({ uid: 'another' }))).status).toBe(409)
      expect((await ask(world.transport, 'DELETE', path, options({ resourceVersion: '1' }))).status).toBe(409)
      const gone = await ask(world.transport, 'DELETE', path, options({ uid: made.metadata.uid }))
      expect(gone.body).toMatchObject({
        kind: 'Status',
        status: 'Success',
        details: { name: 'one', kind: 'configmaps' },
      })
      expect((await ask(world.transport, 'DELETE', path)).status).toBe(404)
    },
  },
  {
    name: 'a finalizer holds an object; none may be added while it ends',
    async run(world) {
      await ask(
        world.transport,
        'POST',
        configMaps(world),
        aConfigMap('one', {}, { finalizers: ['test.qalam.dev/hold'] }),
      )
      const path = `${configMaps(world)}/one`
      const marked = await ask(world.transport, 'DELETE', path)
      expect(marked.body.metadata.deletionTimestamp).toBeDefined()
      const more = { metadata: { finalizers: ['test.qalam.dev/hold', 'test.qalam.dev/more'] } }
      expect((await ask(world.transport, 'PATCH', path, more, MERGE)).status).toBe(422)
      expect((await ask(world.transport, 'PATCH', path, { metadata: { finalizers: null } }, MERGE)).status).toBe(200)
      expect((await ask(world.transport, 'GET', path)).status).toBe(404)
    },
  },
  {
    name: 'deletecollection deletes what its selector shows',
    async run(world) {
      for (const name of ['a', 'b'])
        await ask(world.transport, 'POST', configMaps(world), aConfigMap(name, {}, { labels: { name } }))
      expect((await ask(world.transport, 'DELETE', `${configMaps(world)}?labelSelector=name%3Da`)).status).toBe(200)
      expect((await ask(world.transport, 'GET', `${configMaps(world)}/a`)).status).toBe(404)
      expect((await ask(world.transport, 'GET', `${configMaps(world)}/b`)).status).toBe(200)
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
  {
    name: 'a Job gets its selector and labels; its template is immutable while it may run',
    async run(world) {
      const jobs = `/apis/batch/v1/namespaces/${world.namespace}/jobs`
      const spec = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'x' }] } } }
      const made = await ask(world.transport, 'POST', jobs, { metadata: { name: 'j' }, spec })
      const { uid } = made.body.metadata
      expect(made.body.spec).toMatchObject({ parallelism: 1, completions: 1, backoffLimit: 6, suspend: false })
      expect(made.body.spec.selector.matchLabels).toEqual({ 'batch.kubernetes.io/controller-uid': uid })
      expect(made.body.spec.template.metadata.labels).toMatchObject({ 'job-name': 'j', 'controller-uid': uid })
      const image = { spec: { template: { spec: { containers: [{ name: 'a', image: 'y' }] } } } }
      const refused = await ask(world.transport, 'PATCH', `${jobs}/j`, image, STRATEGIC)
      expect(refused.body).toMatchObject({ code: 422, details: { causes: [{ field: 'spec.template' }] } })
      const suspended = await ask(world.transport, 'PATCH', `${jobs}/j`, { spec: { suspend: true } }, MERGE)
      expect(suspended.body.metadata.generation).toBe(2)
      const never = { ...spec, template: { spec: { ...spec.template.spec, restartPolicy: 'Always' } } }
      const wrong = await ask(world.transport, 'POST', jobs, { metadata: { name: 'k' }, spec: never })
      expect(wrong.body.details.causes[0].field).toBe('spec.template.spec.restartPolicy')
    },
  },
  {
    name: 'a Secret encodes stringData; an immutable ConfigMap stays',
    async run(world) {
      const secrets = `/api/v1/namespaces/${world.namespace}/secrets`
      const secret = await ask(world.transport, 'POST', secrets, { metadata: { name: 's' }, stringData: { k: 'v' } })
      expect(secret.body).toMatchObject({ data: { k: 'dg==' }, type: 'Opaque' })
      expect(secret.body.stringData).toBeUndefined()
      await ask(world.transport, 'POST', configMaps(world), { ...aConfigMap('fixed'), immutable: true })
      const refused = await ask(world.transport, 'PATCH', `${configMaps(world)}/fixed`, { data: { a: '2' } }, MERGE)
      expect(refused.body).toMatchObject({ code: 422, reason: 'Invalid' })
    },
  },
  {
    name: 'metadata alone is served where it is asked for',
    async run(world) {
      await ask(world.transport, 'POST', configMaps(world), aConfigMap('one'))
      const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
      const { body } = await ask(world.transport, 'GET', configMaps(world), undefined, { accept })
      expect(body.kind).toBe('PartialObjectMetadataList')
      expect(body.items.at(-1).metadata.name).toBe('one')
      expect(body.items.at(-1).data).toBeUndefined()
    },
  },
  {
    name: 'a new definition is served, prunes, fills in and judges; deleted, it goes with its objects',
    async run(world) {
      const group = `${world.namespace}.example.com`
      const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
      const size = { type: 'integer', minimum: 1, default: 2 }
      const spec = { type: 'object', properties: { size, mode: { type: 'string', enum: ['a', 'b'] } } }
      const made = await ask(world.transport, 'POST', definitions, {
        metadata: { name: `widgets.${group}` },
        spec: {
          group,
          scope: 'Namespaced',
          names: { kind: 'Widget', plural: 'widgets' },
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
            },
          ],
        },
      })
      expect(made.status).toBe(201)
      const widgets = `/apis/${group}/v1/namespaces/${world.namespace}/widgets`
      for (let status = 404; status === 404; ) ({ status } = await ask(world.transport, 'GET', widgets))
      const aWidget = { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'w' } }
      const widget = await ask(world.transport, 'POST', widgets, { ...aWidget, spec: { mode: 'a', extra: 1 }, more: 1 })
      expect(widget.body.spec).toEqual({ mode: 'a', size: 2 })
      expect(widget.body.more).toBeUndefined()
      for (const [patch, field] of [
        [{ spec: { size: 0 } }, 'spec.size'],
        [{ spec: { mode: 'c' } }, 'spec.mode'],
        [{ spec: { size: 'x' } }, 'spec.size'],
      ] as const) {
        const refused = await ask(world.transport, 'PATCH', `${widgets}/w`, patch, MERGE)
        expect(refused.body).toMatchObject({ code: 422, details: { causes: [{ field }] } })
      }
      expect((await ask(world.transport, 'DELETE', `${definitions}/widgets.${group}`)).status).toBe(200)
      for (let status = 200; status !== 404; ) ({ status } = await ask(world.transport, 'GET', `${widgets}/w`))
    },
  },
  {
    name: 'a Table has the columns of its definition',
    async run(world) {
      const conditions = [
        { type: 'Created', status: 'True' },
        { type: 'Running', status: 'True' },
      ]
      await ask(world.transport, 'POST', trials(world), aTrial('t'))
      await ask(world.transport, 'PATCH', `${trials(world)}/t/status`, { status: { conditions } }, MERGE)
      const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
      const table = await ask(world.transport, 'GET', trials(world), undefined, { accept })
      expect(table.body.kind).toBe('Table')
      expect(table.body.columnDefinitions.slice(0, 4).map(({ name }: { name: string }) => name)).toEqual([
        'Name',
        'Type',
        'Status',
        'Age',
      ])
      expect(table.body.rows[0].cells.slice(0, 3)).toEqual(['t', 'Running', 'True'])
      expect(table.body.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 't' } })
    },
  },
  {
    name: 'discovery names our kinds, with their categories and subresources',
    async run(world) {
      const { body } = await ask(world.transport, 'GET', '/apis/kubeflow.org/v1beta1')
      expect(body.kind).toBe('APIResourceList')
      const experiments = body.resources.find(({ name }: { name: string }) => name === 'experiments')
      expect(experiments).toMatchObject({
        kind: 'Experiment',
        namespaced: true,
        categories: ['all', 'kubeflow', 'katib'],
      })
      expect(body.resources.map(({ name }: { name: string }) => name)).toContain('trials/status')
      const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
      const aggregated = await ask(world.transport, 'GET', '/apis', undefined, { accept })
      expect(aggregated.body).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' })
      const { body: schemas } = await ask(world.transport, 'GET', '/openapi/v3')
      expect(schemas.paths['apis/kubeflow.org/v1beta1'].serverRelativeURL).toContain('hash=')
    },
  },
]
