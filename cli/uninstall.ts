/**
 * `qalam uninstall`: what the manifests made goes, in an order in which nothing is left behind that nobody can end: finalizers
 * of Trials, webhooks, processes, rights. Experiments and what they found stay, and so do the volume of the database and
 * ConfigMaps that somebody has edited.
 */
import { API_VERSION, customResourceDefinitions, type Resource, refOf, TRIAL_FINALIZER, type Trial } from '#api'
import { createClient, kubeconfigTransport, systemClock, type WritingClient } from '#kube'
import { leading } from './cluster/leading.ts'
import { CommandError, EXIT } from './exit.ts'

export interface UninstallOptions {
  readonly kubeconfig?: string
  readonly namespace: string
  /** Only says what would be done. */
  readonly dryRun?: boolean
  /** The definitions go too, and with them every Experiment, Suggestion and Trial. */
  readonly crds?: boolean
}

/** On everything in `manifests/`. */
const OURS = 'app.kubernetes.io/part-of=qalam'

/** In the order in which they go; the last are the rights of those that went before. */
const KINDS: readonly { readonly apiVersion: string; readonly kinds: readonly string[]; readonly isCluster?: true }[] =
  [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kinds: ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
      isCluster: true,
    },
    { apiVersion: 'apps/v1', kinds: ['Deployment'] },
    { apiVersion: 'policy/v1', kinds: ['PodDisruptionBudget'] },
    { apiVersion: 'networking.k8s.io/v1', kinds: ['NetworkPolicy'] },
    { apiVersion: 'networking.istio.io/v1beta1', kinds: ['VirtualService'] },
    { apiVersion: 'security.istio.io/v1beta1', kinds: ['AuthorizationPolicy'] },
    { apiVersion: 'v1', kinds: ['Service', 'ConfigMap', 'Secret'] },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kinds: ['RoleBinding', 'Role'] },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kinds: ['ClusterRoleBinding', 'ClusterRole'], isCluster: true },
    { apiVersion: 'v1', kinds: ['ServiceAccount'] },
  ]

/** A second call finds nothing and says so. Refuses while a controller leads, which would put finalizers on new Trials. */
export async function uninstall(options: UninstallOptions): Promise<void> {
  const { namespace, dryRun } = options
  await using transport = await kubeconfigTransport(options.kubeconfig)
  const client = createClient(transport)
  if (!dryRun && (await leading(client, systemClock.now(), namespace)) === 'yes')
    throw new CommandError(
      EXIT.conflict,
      `a controller leads in namespace ${namespace}: end it first (kubectl -n ${namespace} scale deployment qalam-controller --replicas=0), then come again`,
    )
  const finalized = await releaseTrials(client, options)
  const all = await ours(client, options)
  const edited = all.filter(isEdited)
  const found = all.filter(object => !edited.includes(object))
  for (const object of found) {
    if (!dryRun) await client.delete(refOf(object), { propagation: 'Background' })
    say(object, dryRun ? 'would be deleted' : 'deleted')
  }
  for (const object of edited)
    say(object, `${dryRun ? 'would be kept' : 'is kept'}: it was edited; delete it where that is not wanted`)
  if (finalized + found.length === 0) process.stderr.write(`nothing of ours is in namespace ${namespace}\n`)
  if (!options.crds) process.stderr.write('experiments and their definitions are kept; --crds deletes them too\n')
}

/** Without us nobody would take the finalizer away, and a deleted Trial would stay for ever. Resolves with their number. */
async function releaseTrials(client: WritingClient, { dryRun }: UninstallOptions): Promise<number> {
  const trials = await allOf<Trial>(client, { apiVersion: API_VERSION, kind: 'Trial' })
  const held = trials.filter(({ metadata }) => metadata.finalizers?.includes(TRIAL_FINALIZER))
  for (const trial of held) {
    const { resourceVersion, finalizers } = trial.metadata
    const others = (finalizers ?? []).filter(name => name !== TRIAL_FINALIZER)
    const patch = { metadata: { resourceVersion, finalizers: others.length > 0 ? others : null } }
    if (!dryRun) await client.patch(refOf(trial), patch)
    say(trial, dryRun ? 'would lose its finalizer' : 'lost its finalizer')
  }
  return held.length
}

async function ours(client: WritingClient, { namespace, crds }: UninstallOptions): Promise<readonly Resource[]> {
  const found: Resource[] = []
  for (const { apiVersion, kinds, isCluster } of KINDS) {
    for (const kind of kinds) {
      const place = { labelSelector: OURS, ...(isCluster ? {} : { namespace }) }
      found.push(...(await allOf(client, { apiVersion, kind }, place)))
    }
  }
  const definitions = await allOf(client, { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' })
  const names = new Set(customResourceDefinitions().map(({ metadata }) => metadata.name))
  return crds ? [...found, ...definitions.filter(({ metadata }) => names.has(metadata.name))] : found
}

interface ManagedFields {
  readonly manager?: string
  readonly operation?: string
  readonly fieldsV1?: object
}

/** A ConfigMap in which somebody wrote after it was applied: with `kubectl edit`, a patch, or the routes of Katib's UI. */
function isEdited({ kind, metadata }: Resource): boolean {
  if (kind !== 'ConfigMap') return false
  const { managedFields = [] } = metadata as { readonly managedFields?: readonly ManagedFields[] }
  return managedFields.some(
    ({ manager, operation, fieldsV1 = {} }) =>
      operation === 'Update' && manager !== 'kubectl-client-side-apply' && 'f:data' in fieldsV1,
  )
}

/** Items of a list carry no kind of their own; none where the kind is not installed. */
async function allOf<T extends Resource>(
  client: WritingClient,
  type: { readonly apiVersion: string; readonly kind: string },
  place: { readonly namespace?: string; readonly labelSelector?: string } = {},
): Promise<readonly T[]> {
  try {
    return (await client.list<T>(type, place)).items.map(item => ({ ...item, ...type }))
  } catch (error) {
    if ((error as { code?: number }).code === 404) return []
    throw error
  }
}

function say({ kind, metadata }: Resource, what: string): void {
  const place = metadata.namespace === undefined ? '' : ` in namespace ${metadata.namespace}`
  process.stdout.write(`${kind} ${metadata.name}${place} ${what}\n`)
}
