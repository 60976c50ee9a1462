/** What a role grants against what its account asked for, as the API server's audit log has it. */
import type { Resource } from '#api'

interface AuditEvent {
  readonly verb: string
  readonly requestURI: string
  readonly user?: { readonly username?: string }
  readonly objectRef?: { readonly apiGroup?: string; readonly resource?: string; readonly subresource?: string }
  readonly responseStatus?: { readonly code?: number }
}
interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}
interface Role extends Resource {
  readonly rules?: readonly Rule[]
}

/** All that the roles grant; objects that are no roles grant nothing. */
export function rulesOf(roles: readonly Resource[]): readonly Rule[] {
  return (roles as readonly Role[]).flatMap(({ rules = [] }) => rules)
}

export function requestsOf(account: string, auditLog: string): readonly AuditEvent[] {
  return auditLog
    .split('\n')
    .flatMap(line => (line.includes(account) ? [JSON.parse(line) as AuditEvent] : []))
    .filter(({ user }) => user?.username === account)
}

/** `VERB URI` of each request that was refused. */
export function deniedOf(requests: readonly AuditEvent[]): readonly string[] {
  return requests
    .filter(({ responseStatus }) => responseStatus?.code === 403)
    .map(({ verb, requestURI }) => `${verb} ${requestURI}`)
}

/** `VERB RESOURCE` that the roles grant and nobody has used. */
export function unusedOf(roles: readonly Resource[], requests: readonly AuditEvent[]): readonly string[] {
  const used = new Set(
    requests.map(({ verb, objectRef = {} }) => {
      const { apiGroup = '', resource = '', subresource } = objectRef
      return `${verb} ${apiGroup} ${subresource ? `${resource}/${subresource}` : resource}`
    }),
  )
  const granted = rulesOf(roles).flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap(group => resources.flatMap(resource => verbs.map(verb => `${verb} ${group} ${resource}`))),
  )
  return granted.filter(right => !used.has(right)).map(right => right.replace(/ \S* /, ' '))
}

/** What an experiment that goes well has no use for, and what has; in `rights.test.ts` and `store-process.test.ts` all are used. */
export const OTHERWISE_USED: Readonly<Record<'controller' | 'store', Readonly<Record<string, string>>>> = {
  controller: {
    'patch experiments': 'an experiment that stays silent suspends itself',
    'get suggestions': 'a name that is taken, and conflicts',
    'get trials': 'a name that is taken, and conflicts',
    'patch trials': 'finalizers of Trials that are deleted before their experiment',
    'delete trials': 'a removed Trial that an outdated controller made again',
    'update experiments/finalizers': 'asked by an admission plugin, not by us',
    'update suggestions/finalizers': 'asked by an admission plugin, not by us',
    'update trials/finalizers': 'asked by an admission plugin, not by us',
    'get jobs': 'a trial that is looked at after its deadline',
    'watch jobs': 'in the log when a watch ends',
    'patch jobs': 'a trial that is stopped',
    'get pods': '--collector-image own',
    'list events': 'a job whose pods are refused, for a quota for example',
    'create subjectaccessreviews': 'creators of Experiments, at the webhooks',
    'get pods/log': 'a trial that ended without its metric',
    'get persistentvolumeclaims': 'checkpoints, when their claim is there already',
    'create persistentvolumeclaims': 'checkpoints',
  },
  store: {
    'list events': 'why a job has no pod',
    'list jobs': 'why a trial does not start',
    'patch trials': 'a collector that stops its trial early',
  },
}
