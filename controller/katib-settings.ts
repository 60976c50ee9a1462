/**
 * What a KatibConfig means here. Pure.
 *
 * Images of Katib's own repositories mean what is built in, whatever their tag: their resources, pull policies and volume claims
 * count, their arguments and probes do not. Any other image of an algorithm is foreign. Of entries with one name the last counts,
 * as in Katib.
 */
import {
  CollectorKind,
  type EarlyStoppingEntry,
  type KatibConfig,
  type ResourceRequirements,
  type SuggestionEntry,
  trialKindOf,
} from '#api'
import type { TrialKind } from './admission/knowledge.ts'

export interface KatibSettings {
  /** What trials may be; absent: whatever the cluster serves. */
  readonly allowedKinds?: readonly TrialKind[]
  /** By kind of collector. */
  readonly collectors: ReadonlyMap<string, CollectorSettings>
  /** Specs of the claims that checkpoints are kept on, by algorithm. */
  readonly claims: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  /** Services that are not ours, by the name that Experiments give. */
  readonly foreignAlgorithms: ReadonlyMap<string, SuggestionEntry>
  readonly foreignStoppers: ReadonlyMap<string, EarlyStoppingEntry>
  /** One sentence each: what of the config means something else here, or nothing. */
  readonly notes: readonly string[]
}

/** Of the built-in collector's container. */
export interface CollectorSettings {
  readonly imagePullPolicy?: string
  readonly resources?: ResourceRequirements
  readonly waitAllProcesses?: boolean
  /** The container gets the security context of the pod's first one. */
  readonly copiesSecurityContext?: boolean
}

export interface BuiltIn {
  readonly algorithms: readonly string[]
  readonly earlyStoppers: readonly string[]
}

export function katibSettings(config: KatibConfig, builtIn: BuiltIn): KatibSettings {
  const { init = {}, runtime = {} } = config
  const [collectors, suggestions, stoppers] = [
    lastOf(runtime.metricsCollectors ?? [], ({ kind }) => kind),
    lastOf(runtime.suggestions ?? [], ({ algorithmName }) => algorithmName),
    lastOf(runtime.earlyStoppings ?? [], ({ algorithmName }) => algorithmName),
  ]
  const isLiteral = config.images === 'literal'
  const foreign = <T extends { image: string }>(entries: ReadonlyMap<string, T>, known: readonly string[]) =>
    new Map([...entries].filter(([name, { image }]) => isLiteral || !isKatibs(image) || !known.includes(name)))
  const foreignAlgorithms = foreign(suggestions, builtIn.algorithms)
  const foreignStoppers = foreign(stoppers, builtIn.earlyStoppers)
  const copiesSecurityContext = init.controller?.injectSecurityContext === true
  return {
    allowedKinds: (init.controller?.trialResources ?? KATIBS_TRIAL_RESOURCES).map(trialKindOf),
    collectors: mapped(collectors, ({ imagePullPolicy, resources, waitAllProcesses }) => ({
      ...(isPullPolicy(imagePullPolicy) ? { imagePullPolicy } : {}),
      ...(resources ? { resources } : {}),
      ...(waitAllProcesses === undefined ? {} : { waitAllProcesses }),
      ...(copiesSecurityContext ? { copiesSecurityContext } : {}),
    })),
    claims: new Map(
      [...suggestions].flatMap(([name, { persistentVolumeClaimSpec: spec }]) =>
        spec ? [[name, claimSpec(spec)]] : [],
      ),
    ),
    foreignAlgorithms,
    foreignStoppers,
    notes: [
      ...builtInNote([
        ...[...collectors].filter(([, { image }]) => isKatibs(image)).map(([name]) => name),
        ...[...suggestions.keys()].filter(name => !foreignAlgorithms.has(name)),
        ...[...stoppers.keys()].filter(name => !foreignStoppers.has(name)),
      ]),
      ...[...collectors].flatMap(([kind, entry]) => collectorNotes(kind, entry)),
      ...[...foreignAlgorithms].map(([name, { image }]) => `algorithm ${name} is not built in: ${image}`),
      ...[...foreignStoppers].map(([name, { image }]) => `early stopping ${name} is not built in: ${image}`),
      ...[...suggestions].flatMap(([name, entry]) => suggestionNotes(name, entry)),
      ...initNotes(init),
    ],
  }
}

const KATIBS_TRIAL_RESOURCES = ['Job.v1.batch']

/** Both homes of Katib's images, and the short name of the second. */
export const isKatibs = (image: string) => /^(ghcr\.io\/kubeflow\/katib|(docker\.io\/)?kubeflowkatib)\//.test(image)

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never']
const isPullPolicy = (text: string | undefined): text is string => text !== undefined && PULL_POLICIES.includes(text)

function lastOf<T>(entries: readonly T[], nameOf: (entry: T) => string): ReadonlyMap<string, T> {
  return new Map(entries.map(entry => [nameOf(entry), entry]))
}

function mapped<T, U>(entries: ReadonlyMap<string, T>, change: (entry: T) => U): ReadonlyMap<string, U> {
  return new Map([...entries].map(([name, entry]) => [name, change(entry)]))
}

/** With Katib's defaults. */
function claimSpec(spec: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { accessModes, resources, ...rest } = spec
  const isEmpty = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0)
  return {
    ...rest,
    accessModes: isEmpty(accessModes) ? ['ReadWriteOnce'] : accessModes,
    resources: resources ?? { requests: { storage: '1Gi' } },
  }
}

function builtInNote(names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`Katib's own images mean what is built in: ${names.join(', ')}`]
}

function collectorNotes(kind: string, { image, imagePullPolicy }: { image: string; imagePullPolicy?: string }) {
  const notes: string[] = []
  if (!COLLECTED.has(kind)) notes.push(`collector ${kind}: there is no such kind, so nothing uses it`)
  else if (!isKatibs(image)) notes.push(`collector ${kind}: the built-in one is used, not ${image}`)
  if (imagePullPolicy && !isPullPolicy(imagePullPolicy))
    notes.push(
      `collector ${kind}: expected imagePullPolicy ${PULL_POLICIES.join(', ')}, got ${imagePullPolicy}; ignored`,
    )
  return notes
}

const COLLECTED: ReadonlySet<string> = new Set(
  CollectorKind.options.filter(kind => kind !== 'Custom' && kind !== 'Push' && kind !== 'None'),
)

function suggestionNotes(name: string, { persistentVolumeSpec }: SuggestionEntry): readonly string[] {
  if (!persistentVolumeSpec || Object.keys(persistentVolumeSpec).length === 0) return []
  return [`algorithm ${name}: volumes are not made here; make the PersistentVolume, its claim is made`]
}

/** What the program's own flags say on every start; a value that is not Katib's default was meant to matter. */
function initNotes({ controller = {}, certGenerator }: NonNullable<KatibConfig['init']>): readonly string[] {
  const defaults: readonly (readonly [string, unknown, unknown, string])[] = [
    ['controller.experimentSuggestionName', controller.experimentSuggestionName, 'default', 'there is one kind'],
    ['controller.metricsAddr', controller.metricsAddr, ':8080', '--metrics-port says it'],
    ['controller.healthzAddr', controller.healthzAddr, ':18080', '--health-port says it'],
    ['controller.webhookPort', controller.webhookPort, 8443, '--webhook-port says it'],
    [
      'controller.leaderElectionID',
      controller.leaderElectionID,
      '3fbc96e9.katib.kubeflow.org',
      'the lease has its own name',
    ],
    [
      'certGenerator.webhookServiceName',
      certGenerator?.webhookServiceName,
      'katib-controller',
      '--webhook-service says it',
    ],
    [
      'certGenerator.webhookSecretName',
      certGenerator?.webhookSecretName,
      'katib-webhook-cert',
      'the Secret keeps its name',
    ],
  ]
  return defaults
    .filter(([, value, usual]) => value !== undefined && value !== usual)
    .map(([path, value, , why]) => `init.${path}: ${JSON.stringify(value)} is not read; ${why}`)
}
