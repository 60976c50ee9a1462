/**
 * A cluster of two tenants as access sees it: trials, pods that run at addresses, tokens as the API server reviews them, and
 * rights. `team-a` and `team-b` both have a trial `tune-0`; `team-a` has `tune-1` too.
 */
import { type Resource, STORE_AUDIENCE } from '#api'
import type { KubeRequest, ReadingClient, Transport } from '#kube'
import { aTrial } from '../cluster.ts'

export const CONTROLLER = 'system:serviceaccount:kubeflow:qalam-controller'

/** The trials that there are. */
export const trials = [
  { namespace: 'team-a', name: 'tune-0' },
  { namespace: 'team-a', name: 'tune-1' },
  { namespace: 'team-b', name: 'tune-0' },
].map(({ namespace, name }) => {
  const trial = aTrial('tune', Number(name.at(-1)))
  return { ...trial, metadata: { ...trial.metadata, namespace, name, uid: uidOf(namespace, name) } }
})

export function uidOf(namespace: string, name: string): string {
  return `uid-${namespace}-${name}`
}

interface PodClaims {
  readonly namespace?: string
  readonly trial?: string
  /** What its annotation says; whoever creates a pod may write there what he likes. */
  readonly trialUid?: string
  readonly hostNetwork?: boolean
  readonly phase?: string
}

function aPod(name: string, claims: PodClaims = {}): Resource {
  const { namespace = 'team-a', trial = 'tune-0', hostNetwork = false, phase = 'Running' } = claims
  const { trialUid = uidOf(namespace, trial) } = claims
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: `pod-${name}`,
      creationTimestamp: '2026-01-01T00:00:07Z',
      ...(trial === '' ? {} : { labels: { 'katib.kubeflow.org/trial': trial } }),
      ...(trialUid === '' ? {} : { annotations: { 'qalam.dev/trial-uid': trialUid } }),
    },
    spec: { hostNetwork },
    status: { phase },
  }
}

const pods = [
  aPod('own'),
  aPod('sibling', { trial: 'tune-1' }),
  aPod('neighbour', { namespace: 'team-b' }),
  aPod('earlier', { trialUid: 'uid-of-a-trial-that-is-gone' }),
  // Of team-b, and says that it is of team-a's trial.
  aPod('liar', { namespace: 'team-b', trialUid: uidOf('team-a', 'tune-0') }),
  aPod('renamed', { trial: 'tune-1', trialUid: uidOf('team-a', 'tune-0') }),
  aPod('stranger', { trial: '', trialUid: '' }),
  aPod('unmarked', { trialUid: '' }),
  aPod('on-node-network', { hostNetwork: true }),
  aPod('ended', { phase: 'Succeeded' }),
  aPod('starting', { phase: 'Pending' }),
]

/** The pods at the address that the test calls from. */
export type At = readonly string[]

export function readerOf(at: At): ReadingClient {
  return {
    get: async <T extends Resource>({ namespace, name }: { namespace?: string; name: string }) =>
      pods.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace) as T | undefined,
    list: async <T extends Resource>(_: object, { fieldSelector }: { fieldSelector?: string } = {}) => ({
      items: (fieldSelector === 'status.podIP=127.0.0.1'
        ? pods.filter(({ metadata }) => at.includes(metadata.name))
        : []) as readonly unknown[] as readonly T[],
      resourceVersion: '1',
    }),
    async *logs() {
      yield 'loss=0.5\n'
    },
  }
}

/** Whom the API server finds behind a token. `audience` absent: made for the API server; `isDead`: expired or its pod deleted. */
interface Bearer {
  readonly user: { readonly username: string; readonly extra?: object }
  readonly audience?: string
  readonly isDead?: true
}

const boundTo = (pod: string, namespace = 'team-a', uid = `pod-${pod}`): Bearer => ({
  audience: STORE_AUDIENCE,
  user: {
    username: `system:serviceaccount:${namespace}:default`,
    extra: { 'authentication.kubernetes.io/pod-name': [pod], 'authentication.kubernetes.io/pod-uid': [uid] },
  },
})
const person = (username: string): Bearer => ({ user: { username } })

const bearers: Readonly<Record<string, Bearer>> = {
  own: boundTo('own'),
  sibling: boundTo('sibling'),
  neighbour: boundTo('neighbour', 'team-b'),
  earlier: boundTo('earlier'),
  liar: boundTo('liar', 'team-b'),
  renamed: boundTo('renamed'),
  stranger: boundTo('stranger'),
  unmarked: boundTo('unmarked'),
  'on-node-network': boundTo('on-node-network'),
  // A token of an earlier pod of that name.
  replaced: boundTo('own', 'team-a', 'pod-of-yesterday'),
  // The account of another namespace, whose token names a pod of ours.
  'wrong-namespace': boundTo('own', 'team-b'),
  unbound: { audience: STORE_AUDIENCE, user: { username: 'system:serviceaccount:team-a:default' } },
  deleted: { ...boundTo('own'), isDead: true },
  expired: { ...boundTo('own'), isDead: true },
  'for-the-api': { ...boundTo('own'), audience: undefined } as Bearer,
  'for-a-vault': { ...boundTo('own'), audience: 'vault' },
  reader: person('reader'),
  editor: person('editor'),
  'editor-of-team-b': person('editor-of-team-b'),
  admin: person('admin'),
  controller: { audience: STORE_AUDIENCE, user: { username: CONTROLLER } },
  'controller-for-the-api': person(CONTROLLER),
}

const rights: Readonly<Record<string, RegExp>> = {
  reader: /^(get|list) (experiments|trials|suggestions) team-a$/,
  editor: /^\w+ (experiments|trials|suggestions) team-a$/,
  'editor-of-team-b': /^\w+ (experiments|trials|suggestions|pods\/log) team-b$/,
  admin: /./,
}

/** `nobody`: text that is no token. Others look as the API server would have made them. */
export function tokenOf(name: string): string {
  const { audience = 'https://kubernetes.default.svc' } = bearers[name] ?? {}
  return name === 'nobody'
    ? 'garbage'
    : `x.${Buffer.from(JSON.stringify({ aud: [audience] })).toString('base64url')}.${name}`
}

/** The API server's reviews; `isAway` while it does not answer. */
export function reviewer(state: { isAway: boolean }): Transport {
  return {
    async send({ path, body }: KubeRequest) {
      if (state.isAway) throw new Error('no answer')
      const { spec } = body as { spec: TokenSpec & RightSpec }
      const status = path.endsWith('/tokenreviews') ? tokenReview(spec) : { allowed: isAllowed(spec) }
      return { status: 201, headers: {}, text: async () => JSON.stringify({ status }), async *chunks() {} }
    },
  }
}

interface TokenSpec {
  readonly token: string
  readonly audiences?: readonly string[]
}
interface RightSpec {
  readonly user: string
  readonly resourceAttributes: Readonly<Record<'verb' | 'resource', string>> & {
    readonly subresource?: string
    readonly namespace?: string
  }
}

/** As the API server does: without audiences it asks for its own. */
function tokenReview({ token, audiences = [API_AUDIENCE] }: TokenSpec): object {
  const bearer = bearers[token.split('.')[2] ?? '']
  const good = audiences.filter(audience => audience === (bearer?.audience ?? API_AUDIENCE))
  if (!bearer || bearer.isDead || good.length === 0) return { authenticated: false }
  return { authenticated: true, user: bearer.user, audiences: good }
}

const API_AUDIENCE = 'https://kubernetes.default.svc'

function isAllowed({ user, resourceAttributes }: RightSpec): boolean {
  const { verb, resource, subresource, namespace = '*' } = resourceAttributes
  const right = `${verb} ${[resource, subresource].filter(Boolean).join('/')} ${namespace}`
  return rights[user]?.test(right) ?? false
}
