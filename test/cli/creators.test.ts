/** Who made an Experiment: signed at the webhook, and what follows of it there and for every trial. */
import { beforeEach, describe, expect, test } from 'vitest'
import { CREATOR_ANNOTATION, type Experiment, type Resource } from '#api'
import type { KubeRequest, Transport } from '#kube'
import { systemClock } from '#kube'
import { admissionPolicies } from '../../cli/cluster/admission-policies.ts'
import { Creators } from '../../cli/cluster/creators.ts'
import { kindPlaces } from '../../cli/cluster/kind-places.ts'
import { trialGuard } from '../../cli/cluster/trial-guard.ts'
import { knowledgeWith } from '../../cli/knowledge.ts'
import { aJob, anExperiment, aTemplate } from '../controller/admission/an-experiment.ts'

const JOB = { apiVersion: 'batch/v1', kind: 'Job' }
const RUN = { apiVersion: 'example.com/v1', kind: 'Run' }
const CLUSTER_RUN = { apiVersion: 'example.com/v1', kind: 'ClusterRun' }
const ALLOWED = [JOB, RUN, CLUSTER_RUN]
const ALICE = { username: 'alice', groups: ['system:authenticated'] }

let asked: string[] = []
let rights: ReadonlySet<string> = new Set()
beforeEach(() => {
  asked = []
  rights = new Set(['alice create jobs'])
})

/** An API server that serves two kinds of example.com and reviews access by `rights`. */
const transport: Transport = { send: async request => reply(answer(request)) }
const places = kindPlaces(transport)
const creators = () => new Creators({ transport, clock: systemClock, places, key: async () => 'key' })
const policies = (creatorMode: 'warn' | 'enforce') =>
  admissionPolicies({
    get: async () => undefined,
    knowledge: knowledgeWith(() => ALLOWED),
    creators: creators(),
    creatorMode,
    pods: () => ({}),
  })
const mutate = async (write: { object: Resource; old?: Resource }, username = 'alice') => {
  const verdict = await policies('warn').get('/mutate-experiment')?.({
    operation: write.old ? 'UPDATE' : 'CREATE',
    user: { ...ALICE, username },
    ...write,
  })
  return verdict?.object as Experiment
}

describe('the annotation', () => {
  test('a new experiment is signed for whoever creates it, and what he wrote himself is gone', async () => {
    const forged = annotated(anExperiment(), { [CREATOR_ANNOTATION]: 'mallory', mine: 'kept' })
    const { annotations } = (await mutate({ object: forged })).metadata
    expect(annotations).toEqual({ [CREATOR_ANNOTATION]: expect.stringMatching(/^[\w-]+\.[\w-]+$/), mine: 'kept' })
    expect(said(annotations?.[CREATOR_ANNOTATION])).toEqual(ALICE)
  })

  test.each(['', 'a forged one', undefined])('an update that writes %j restores it', async written => {
    const old = await mutate({ object: anExperiment() })
    const object = annotated(old, written === undefined ? {} : { [CREATOR_ANNOTATION]: written })
    expect((await mutate({ object, old }, 'bob')).metadata.annotations).toEqual(old.metadata.annotations)
  })

  test('one that nobody signed is not signed by whoever updates it', async () => {
    const old = anExperiment()
    const object = annotated(old, { [CREATOR_ANNOTATION]: 'copied' })
    expect((await mutate({ object, old }, 'bob')).metadata.annotations).toEqual({})
  })

  test('what cannot be read is signed all the same, and its spec is left to the schema', async () => {
    const object = { ...anExperiment(), spec: { parallelTrialCount: 'three' } } as Resource
    const { metadata, spec } = await mutate({ object })
    expect(metadata.annotations).toHaveProperty(CREATOR_ANNOTATION)
    expect(spec).toEqual({ parallelTrialCount: 'three' })
  })
})

describe('at the webhook', () => {
  const judge = (mode: 'warn' | 'enforce', object: Resource) =>
    policies(mode).get('/validate-experiment')?.({ operation: 'CREATE', object, user: ALICE })
  const sentence =
    'spec.trialTemplate: alice may not create runs.example.com in namespace lab, so trials may not be such; ask for that right'

  test('in mode enforce a kind that the creator may not create is refused', async () => {
    await expect(judge('enforce', ofKind(RUN))).rejects.toMatchObject({
      problems: [{ path: 'spec.trialTemplate', message: expect.stringContaining('alice may not create runs') }],
    })
  })
  test('in mode warn it is a warning', async () => {
    expect((await judge('warn', ofKind(RUN)))?.warnings).toContain(sentence)
  })
  test('who may create it hears nothing, and the API server is asked once', async () => {
    rights = new Set(['alice create runs'])
    const policy = policies('enforce').get('/validate-experiment')
    for (const _ of [1, 2]) {
      const verdict = await policy?.({ operation: 'CREATE', object: ofKind(RUN), user: ALICE })
      expect(verdict?.warnings?.filter(warning => warning.includes('may not create'))).toEqual([])
    }
    expect(asked.filter(path => path.includes('subjectaccessreviews'))).toHaveLength(1)
  })
  test('an update is not asked about: its template is the same', async () => {
    const old = ofKind(RUN)
    await policies('enforce').get('/validate-experiment')?.({ operation: 'UPDATE', object: old, old, user: ALICE })
    expect(asked).toEqual([])
  })
})

describe('for every trial', () => {
  const guard = (mode: 'warn' | 'enforce', allowed = ALLOWED) =>
    trialGuard({ allowedKinds: () => allowed, places, ...(mode === 'enforce' ? { creators: creators() } : {}) })
  const signed = async (kind: typeof JOB) => mutate({ object: ofKind(kind) })

  test.each([
    ['Jobs of one who may create them', JOB, ['alice create jobs'], undefined],
    ['Jobs of one who may not', JOB, [], 'alice may not create jobs.batch in namespace lab'],
    ['another kind of one who may create it', RUN, ['alice create runs'], undefined],
    ['another kind of one who may not', RUN, ['alice create jobs'], 'alice may not create runs.example.com'],
  ])('signed, %s', async (_, kind, has, refusal) => {
    rights = new Set(has)
    const found = await guard('enforce').refusal(await signed(kind), kind)
    expect(found).toEqual(refusal === undefined ? undefined : expect.stringContaining(refusal))
  })

  test('without a signature trials may be Jobs, and the sentence says why nothing else', async () => {
    expect(await guard('enforce').refusal(ofKind(JOB), JOB)).toBeUndefined()
    expect(await guard('enforce').refusal(ofKind(RUN), RUN)).toMatch(
      /^trials may only be Jobs: nobody signed who made it/,
    )
    const forged = annotated(ofKind(RUN), { [CREATOR_ANNOTATION]: 'e30.e30' })
    expect(await guard('enforce').refusal(forged, RUN)).toMatch(
      /^trials may only be Jobs: the annotation .* not signed/,
    )
  })

  test('in mode warn nobody is asked', async () => {
    expect(await guard('warn').refusal(ofKind(RUN), RUN)).toBeUndefined()
    expect(asked.filter(path => path.includes('subjectaccessreviews'))).toEqual([])
  })

  test('a kind that has left the list, one without namespaces and one that nobody serves', async () => {
    expect(await guard('warn', [JOB]).refusal(ofKind(RUN), RUN)).toContain('expected a kind that the operator allows')
    expect(await guard('warn').refusal(ofKind(CLUSTER_RUN), CLUSTER_RUN)).toContain('whose objects are in namespaces')
    const unserved = { apiVersion: 'nowhere.com/v1', kind: 'Run' }
    expect(await guard('warn', [unserved]).refusal(ofKind(unserved), unserved)).toBeUndefined()
  })
})

function answer({ path, body }: KubeRequest): { status: number; json: unknown } {
  asked.push(path)
  if (path === '/apis/example.com/v1') {
    const resources = [
      { name: 'runs', kind: 'Run', namespaced: true },
      { name: 'clusterruns', kind: 'ClusterRun', namespaced: false },
    ]
    return { status: 200, json: { resources } }
  }
  if (!path.endsWith('/subjectaccessreviews')) return { status: 404, json: {} }
  const { spec } = body as { spec: { user: string; resourceAttributes: { verb: string; resource: string } } }
  const { verb, resource } = spec.resourceAttributes
  return { status: 201, json: { status: { allowed: rights.has(`${spec.user} ${verb} ${resource}`) } } }
}

function reply({ status, json }: { status: number; json: unknown }) {
  return { status, headers: {}, text: async () => JSON.stringify(json), async *chunks() {} }
}

function ofKind({ apiVersion, kind }: typeof JOB): Experiment {
  const conditions = { successCondition: 'status.phase', failureCondition: 'status.error' }
  return anExperiment({ trialTemplate: aTemplate({ ...conditions, trialSpec: { ...aJob(), apiVersion, kind } }) })
}

function annotated<T extends Resource>(object: T, annotations: Readonly<Record<string, string>>): T {
  return { ...object, metadata: { ...object.metadata, annotations } }
}

const said = (signed = '') => JSON.parse(Buffer.from(signed.split('.')[0] ?? '', 'base64url').toString('utf8'))
