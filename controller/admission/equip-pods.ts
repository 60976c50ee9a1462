/**
 * What the pods of a cluster get besides: the image that our containers really are, a token that is bound to the pod and made
 * for the store alone, the store's address and authority. On one machine nothing of it is needed.
 *
 * A wrapped program also hears when its pod is to end (`stop-wrapped.ts`).
 * Only the collector sees the token; where a trial reports by itself, its program does.
 */
import { COLLECTOR_IMAGE, type Resource, STORE_AUDIENCE, type Trial, WRAP_ANNOTATION } from '#api'
import { kindOf } from '#kinds'
import type { CollectorSettings } from '../katib-settings.ts'
import { collectorResources } from './collector-resources.ts'
import {
  type Container,
  changeAt,
  changePrimary,
  isPrimaryPod,
  type PodSpec,
  type PodTemplate,
  primaryContainer,
  withMount,
} from './pod-template.ts'
import { stopWrapped } from './stop-wrapped.ts'

export interface PodEquipment {
  /** Of this program. */
  readonly image: string
  /** Of the store, without a path. */
  readonly serverUrl: string
  /** PEM of the authority of the store's certificate. */
  readonly ca?: string
  /** What the administrator says of collectors, by kind. */
  readonly collectors?: ReadonlyMap<string, CollectorSettings>
}

/** The job with its pods equipped; after the collector is injected. Pure. */
export function equipPods(job: Resource, trial: Trial, equipment: PodEquipment): Resource {
  const change = (template: unknown) => equipPod(template as PodTemplate, trial, equipment)
  return (
    kindOf(job)
      .podTemplates(job)
      // A change below the path leaves an object an object.
      .reduce((current, { path }) => changeAt(current, path, change) as Resource, job)
  )
}

function equipPod(template: PodTemplate, trial: Trial, equipment: PodEquipment): PodTemplate {
  const { spec } = template
  if (spec === undefined) return template
  const settings = equipment.collectors?.get(kindOfCollector(trial))
  const first = spec.containers?.[0]
  const initContainers = spec.initContainers?.map(each => ourContainer(each, equipment, asSaid(settings, first)))
  const ours = { ...spec, ...(initContainers ? { initContainers } : {}) }
  if (!isPrimaryPod(template, trial)) return { ...template, spec: withVolumes(ours) }
  const isRelayed = kindOfCollector(trial) === 'StdOut' && primaryContainer(spec, trial)?.command === undefined
  const equipped = primarySpec(isRelayed ? relayed(ours, equipment) : ours, trial, equipment)
  return { ...(isRelayed ? withoutWrap(template) : template), spec: withVolumes(equipped) }
}

/** What only the image knows cannot be wrapped here: the collector asks the store for the log and prints it. */
function relayed(spec: PodSpec, { image }: PodEquipment): PodSpec {
  const isCollector = (each: Container) => each.image === image && each.command === undefined
  const env = (each: Container) => [...(each.env ?? []), { name: 'QALAM_RELAY', value: 'log' }]
  const change = (each: Container) => (isCollector(each) ? { ...each, env: env(each) } : each)
  return { ...spec, ...(spec.initContainers ? { initContainers: spec.initContainers.map(change) } : {}) }
}

function withoutWrap(template: PodTemplate): PodTemplate {
  const { [WRAP_ANNOTATION]: _, ...annotations } = template.metadata?.annotations ?? {}
  return { ...template, metadata: { ...template.metadata, annotations } }
}

function primarySpec(spec: PodSpec, trial: Trial, equipment: PodEquipment): PodSpec {
  const kind = kindOfCollector(trial)
  const change = (each: PodSpec, how: (container: Container) => Container) => changePrimary(each, trial, how)
  if (WRAPPED.has(kind)) return stopWrapped(spec, primaryContainer(spec, trial), change)
  return kind === 'Push' ? change(spec, container => withAccess(container, equipment)) : spec
}

/** Their program runs in a shell that writes down how it ended. */
const WRAPPED: ReadonlySet<string> = new Set(['StdOut', 'File', 'TensorFlowEvent'])

const kindOfCollector = (trial: Trial) => trial.spec.metricsCollector?.collector?.kind ?? 'StdOut'

/** A collector has no command, as in Katib: the image knows one by its arguments. The copy of a checkpoint brings its own. */
function ourContainer(
  container: Container,
  equipment: PodEquipment,
  said: (collector: Container) => Container,
): Container {
  if (container.image !== COLLECTOR_IMAGE) return container
  const own = {
    ...container,
    image: equipment.image,
    securityContext: RESTRICTED,
    resources: collectorResources(),
  }
  if (container.command !== undefined) return own
  const spool = { name: SPOOL_VOLUME, mountPath: SPOOL_DIRECTORY }
  return said(withMount(withAccess(own, equipment, [{ name: 'QALAM_SPOOL_DIR', value: SPOOL_DIRECTORY }]), spool))
}

/** Katib's `-w` stands before the stopping rules. */
function asSaid(settings: CollectorSettings | undefined, first: Container | undefined) {
  if (settings === undefined) return (collector: Container) => collector
  const { imagePullPolicy, resources, waitAllProcesses, copiesSecurityContext } = settings
  return (collector: Container): Container => {
    const args = collector.args ?? []
    const at = args.indexOf('-stop-rule')
    const waits = waitAllProcesses === undefined ? [] : ['-w', String(waitAllProcesses)]
    return {
      ...collector,
      args: at < 0 ? [...args, ...waits] : args.toSpliced(at, 0, ...waits),
      resources: collectorResources(resources),
      ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
      ...(copiesSecurityContext && first?.securityContext ? { securityContext: first.securityContext } : {}),
    }
  }
}

function withAccess(
  container: Container,
  { serverUrl, ca }: PodEquipment,
  more: readonly { readonly name: string; readonly value: string }[] = [],
): Container {
  const access = [
    { name: 'QALAM_SERVER_URL', value: serverUrl },
    ...(ca === undefined ? [] : [{ name: 'QALAM_SERVER_CA', value: ca }]),
    { name: 'QALAM_TOKEN_FILE', value: `${TOKEN_DIRECTORY}/token` },
    { name: 'QALAM_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
    ...more,
  ]
  const own = new Set(container.env?.map(({ name }) => name))
  const env = [...(container.env ?? []), ...access.filter(({ name }) => !own.has(name))]
  return withMount({ ...container, env }, { name: TOKEN_VOLUME, mountPath: TOKEN_DIRECTORY, readOnly: true })
}

function withVolumes(spec: PodSpec): PodSpec {
  const mounted = new Set(
    [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ volumeMounts = [] }) =>
      volumeMounts.map(mount => (mount as { name?: string }).name),
    ),
  )
  const wanted = VOLUMES.filter(({ name }) => mounted.has(name))
  return wanted.length === 0 ? spec : { ...spec, volumes: [...(spec.volumes ?? []), ...wanted] }
}

const TOKEN_VOLUME = 'qalam-token'
const TOKEN_DIRECTORY = '/var/run/secrets/qalam.dev'
const SPOOL_VOLUME = 'qalam-spool'
const SPOOL_DIRECTORY = '/var/spool/qalam'
/** The kubelet renews a token when four fifths of its time are over. */
const TOKEN_SECONDS = 3_600

const VOLUMES = [
  {
    name: TOKEN_VOLUME,
    projected: {
      sources: [{ serviceAccountToken: { audience: STORE_AUDIENCE, expirationSeconds: TOKEN_SECONDS, path: 'token' } }],
    },
  },
  { name: SPOOL_VOLUME, emptyDir: { sizeLimit: '1Gi' } },
]

/** PodSecurity `restricted`; the user and group are those of the image. */
const RESTRICTED = {
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
}
