/**
 * KatibConfig (`config.kubeflow.org/v1beta1`): what a cluster's administrator says of collectors, algorithms and kinds of trials.
 *
 * Only the spelling: what each part means here is said in `controller/katib-settings.ts`. Fields that are not known stay, since
 * an entry of `suggestions` holds a whole core/v1 Container.
 */
import { z } from 'zod'
import type { SpecProblem } from './error.ts'
import { spellingProblems } from './parse.ts'
import { asMeant } from './tolerance.ts'

export const KATIB_CONFIG = { apiVersion: 'config.kubeflow.org/v1beta1', kind: 'KatibConfig' } as const

const QUANTITY = /^[+-]?(\d+\.?\d*|\.\d+)(([eE][+-]?\d+)|[numkMGTPE]|[KMGTPE]i)?$/
const isQuantity = (value: unknown): value is string | number =>
  typeof value === 'number' || (typeof value === 'string' && QUANTITY.test(value))
const Amounts = z.record(z.string(), z.custom<string | number>(isQuantity, 'a quantity such as 500m or 1Gi'))

/** Of a container. A negative amount removes the entry. */
export const ResourceRequirements = z.looseObject({ limits: Amounts.optional(), requests: Amounts.optional() })
export type ResourceRequirements = z.output<typeof ResourceRequirements>

const image = z.string().trim().regex(/./, 'the name of an image')
const word = (what: string) => z.string().regex(/./, what)

export const CollectorEntry = z.looseObject({
  /** The collector's kind: StdOut, File, TensorFlowEvent, ... */
  kind: word("a collector's kind"),
  image,
  imagePullPolicy: z.string().optional(),
  resources: ResourceRequirements.optional(),
  /** Absent: the collector's own default, which is true. */
  waitAllProcesses: z.boolean().optional(),
})
export type CollectorEntry = z.output<typeof CollectorEntry>

export const SuggestionEntry = z.looseObject({
  algorithmName: word("an algorithm's name"),
  image,
  imagePullPolicy: z.string().optional(),
  resources: ResourceRequirements.optional(),
  serviceAccountName: z.string().optional(),
  /** Where a volume is mounted in the service. Default /opt/katib/data. */
  volumeMountPath: z.string().optional(),
  /** Of core/v1; Katib's default is 1Gi, ReadWriteOnce. */
  persistentVolumeClaimSpec: z.looseObject({}).optional(),
  persistentVolumeSpec: z.looseObject({}).optional(),
  persistentVolumeLabels: z.record(z.string(), z.string()).optional(),
})
export type SuggestionEntry = z.output<typeof SuggestionEntry>

export const EarlyStoppingEntry = z.looseObject({
  algorithmName: word("a rule's name"),
  image,
  imagePullPolicy: z.string().optional(),
  resources: ResourceRequirements.optional(),
})
export type EarlyStoppingEntry = z.output<typeof EarlyStoppingEntry>

/** `Kind.version.group`, such as `TFJob.v1.kubeflow.org`. */
const TRIAL_KIND = /^([A-Za-z][A-Za-z0-9]*)\.(v\d+(?:(?:alpha|beta)\d+)?)\.([a-z0-9.-]+)$/

const ControllerConfig = z.looseObject({
  experimentSuggestionName: z.string().optional(),
  metricsAddr: z.string().optional(),
  healthzAddr: z.string().optional(),
  injectSecurityContext: z.boolean().optional(),
  enableGRPCProbeInSuggestion: z.boolean().optional(),
  trialResources: z.array(z.string().regex(TRIAL_KIND, 'Kind.version.group such as Job.v1.batch')).optional(),
  webhookPort: z.int().min(1).max(65_535).optional(),
  enableLeaderElection: z.boolean().optional(),
  leaderElectionID: z.string().optional(),
})

export const KatibConfig = z.looseObject({
  apiVersion: z.literal(KATIB_CONFIG.apiVersion),
  kind: z.literal(KATIB_CONFIG.kind),
  /** Ours: `literal` runs Katib's own images as they are named; otherwise they mean what is built in. */
  images: z.enum(['built-in', 'literal']).optional(),
  init: z
    .looseObject({ controller: ControllerConfig.optional(), certGenerator: z.looseObject({}).optional() })
    .optional(),
  runtime: z
    .looseObject({
      metricsCollectors: z.array(CollectorEntry).optional(),
      suggestions: z.array(SuggestionEntry).optional(),
      earlyStoppings: z.array(EarlyStoppingEntry).optional(),
    })
    .optional(),
})
export type KatibConfig = z.output<typeof KatibConfig>

/** Every problem at once; then there is no `config`. Null counts as absent, as everywhere. */
export function parseKatibConfig(
  value: unknown,
): { readonly config: KatibConfig } | { readonly problems: readonly SpecProblem[] } {
  const meant = asMeant(value)
  const parsed = KatibConfig.safeParse(meant)
  return parsed.success ? { config: parsed.data } : { problems: spellingProblems(parsed.error, meant) }
}

/** What `Kind.version.group` names; of any other text a kind without a name. */
export function trialKindOf(text: string): { readonly apiVersion: string; readonly kind: string } {
  const [, kind = '', version = '', group = ''] = TRIAL_KIND.exec(text) ?? []
  return { apiVersion: `${group}/${version}`, kind }
}
