/**
 * What is sound and still probably leaves trials without a metric: told before anything runs, and never a refusal.
 * Collector and template are held against each other; what the program prints cannot be known here.
 */
import { posix } from 'node:path'
import { type CollectorKind, type Experiment, METRICS_VOLUME, type Resource, type SpecProblem } from '#api'
import { kindOf } from '#kinds'
import { readTemplate, type TemplateTree } from '../experiment/render-template.ts'
import { filterWarnings } from './filter-warnings.ts'
import { invalid } from './problem.ts'

const PATH = 'spec.metricsCollectorSpec'

interface Container {
  readonly name?: string
  readonly command?: readonly unknown[]
  readonly args?: readonly unknown[]
  readonly ports?: readonly { readonly containerPort?: unknown }[]
  readonly volumeMounts?: readonly { readonly mountPath?: unknown }[]
}

/** Of an Experiment that was admitted, defaulted; `configMapText` as for a ConfigMap template. Pure. */
export function metricWarnings(experiment: Experiment, configMapText?: string): readonly SpecProblem[] {
  const { trialTemplate, metricsCollectorSpec: spec = {}, objective } = experiment.spec
  const kind = spec.collector?.kind ?? 'StdOut'
  const names = [objective?.objectiveMetricName ?? '', ...(objective?.additionalMetricNames ?? [])]
  const found = [...unread(spec.source ?? {}, kind), ...filterWarnings(spec.source?.filter?.metricsFormat ?? [], names)]
  if (trialTemplate === undefined) return found
  const tree = readTemplate(trialTemplate, configMapText)
  const containers = primaryContainers(tree)
  if (containers === undefined) return [...found, ...notInjected(kind, tree)]
  const primary = containers.find(({ name }) => name === trialTemplate.primaryContainerName)
  if (primary === undefined) return found
  return [...found, ...place(kind, experiment, primary), ...page(kind, experiment, primary)]
}

/** Fields that the kind does not read. */
function unread(source: Readonly<Record<string, unknown>>, kind: CollectorKind): readonly SpecProblem[] {
  return Object.keys(source)
    .filter(field => !(field in READERS && READERS[field as keyof typeof READERS].includes(kind)))
    .map(field => {
      const readers = READERS[field as keyof typeof READERS]?.join(' or ')
      const advice = readers ? `it is read with kind ${readers}` : 'remove it'
      return invalid(`${PATH}.source.${field}`, `kind ${kind} does not read it; ${advice}`)
    })
}

const READERS: Readonly<Record<'fileSystemPath' | 'httpGet' | 'filter', readonly CollectorKind[]>> = {
  fileSystemPath: ['File', 'TensorFlowEvent', 'Custom'],
  httpGet: ['PrometheusMetric', 'Custom'],
  filter: ['StdOut', 'File', 'Custom'],
}

function notInjected(kind: CollectorKind, { apiVersion, kind: job }: TemplateTree): readonly SpecProblem[] {
  if (kind === 'Push' || kind === 'None') return []
  const message = `no collector can be put into a ${job} of ${apiVersion}, whose pods are not known; use kind Push`
  return [invalid(`${PATH}.collector.kind`, message)]
}

/** Where file and event files are looked for, against the container's own mounts and what its command names. */
function place(kind: CollectorKind, experiment: Experiment, container: Container): readonly SpecProblem[] {
  const path = experiment.spec.metricsCollectorSpec?.source?.fileSystemPath?.path
  if ((kind !== 'File' && kind !== 'TensorFlowEvent') || path === undefined) return []
  const field = `${PATH}.source.fileSystemPath.path`
  const directory = plainPath(kind === 'File' ? posix.dirname(path) : path)
  if (directory === '/')
    return [invalid(field, `volume ${METRICS_VOLUME} would be mounted over the whole container; choose a directory`)]
  const taken = container.volumeMounts?.find(({ mountPath }) => plainPath(String(mountPath)) === directory)
  if (taken !== undefined) {
    const message = `the template mounts something at ${directory} already, where the collector's volume goes; choose another directory`
    return [invalid(field, message)]
  }
  if (kind !== 'File') return []
  const words = [...(container.command ?? []), ...(container.args ?? [])].join(' ')
  const named = [...words.matchAll(/\/[\w./-]+/g)].map(([word]) => word)
  const other = named.find(each => posix.dirname(each) === directory && /\.\w+$/.test(each))
  if (other === undefined || named.includes(path)) return []
  return [invalid(field, `the command names ${other}, and ${path} is read; name the same file in both`)]
}

const plainPath = (path: string) => posix.normalize(path).replace(/(.)\/$/, '$1')

function page(kind: CollectorKind, experiment: Experiment, { ports = [] }: Container): readonly SpecProblem[] {
  const { httpGet } = experiment.spec.metricsCollectorSpec?.source ?? {}
  if (kind !== 'PrometheusMetric' || httpGet === undefined) return []
  const field = `${PATH}.source.httpGet`
  const declared = ports.map(({ containerPort }) => String(containerPort))
  const isOther = declared.length > 0 && !declared.includes(String(httpGet.port))
  const elsewhere = httpGet.host !== undefined || (httpGet.scheme ?? 'HTTP').toUpperCase() !== 'HTTP'
  return [
    ...(isOther
      ? [invalid(`${field}.port`, `the container declares port ${declared.join(', ')}; name one of them`)]
      : []),
    ...(elsewhere ? [invalid(field, 'only http on the pod itself is asked; remove host and scheme')] : []),
  ]
}

/** Undefined: where the pods of this kind are is not known. */
function primaryContainers(tree: TemplateTree): readonly Container[] | undefined {
  // Admission made sure that the template says apiVersion and kind.
  const job = { metadata: {}, ...tree } as unknown as Resource
  const places = kindOf(job)
    .podTemplates(job)
    .filter(({ primary }) => primary)
  if (places.length === 0) return undefined
  return places.flatMap(({ path }) => {
    const pod = [...path, 'spec', 'containers'].reduce<unknown>(fieldOf, tree)
    return Array.isArray(pod) ? (pod as readonly Container[]) : []
  })
}

function fieldOf(object: unknown, key: string): unknown {
  return typeof object === 'object' && object !== null ? (object as Record<string, unknown>)[key] : undefined
}
