/** `qalam validate`: every problem of a manifest with its line, before anything runs. */
import { type Experiment, InvalidSpec, type Resource, type SpecProblem, unknownFields } from '#api'
import { admitExperiment, metricWarnings, readConfigMap, templateKind } from '#controller'
import { CommandError, EXIT } from './exit.ts'
import { calledIn, type Manifest, problemLines, readManifests } from './input/manifest.ts'
import { knowledge } from './knowledge.ts'

export async function validate(files: readonly string[]): Promise<void> {
  const manifests = files.flatMap(readManifests)
  const experiments = manifests.filter(manifest => manifest.resource.kind === 'Experiment')
  if (experiments.length === 0)
    throw new CommandError(EXIT.usage, `${files.join(', ')}: expected an Experiment, got none`)
  const judged = await Promise.all(experiments.map(experiment => judge(experiment, manifests)))
  const problems = judged.flatMap(({ problems }) => problems)
  if (problems.length > 0) throw new CommandError(EXIT.invalidSpec, problems.join('\n'))
  for (const { warnings } of judged) for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
  for (const experiment of experiments) process.stdout.write(`experiment/${calledIn(experiment)} is valid\n`)
}

interface Judgement {
  /** Lines; empty: it would be admitted. */
  readonly problems: readonly string[]
  /** What would be admitted: fields that nothing reads, and what probably leaves trials without a metric. */
  readonly warnings: readonly string[]
}

async function judge(manifest: Manifest, all: readonly Manifest[]): Promise<Judgement> {
  const { metadata } = manifest.resource
  const object = { ...manifest.resource, metadata: { ...metadata, namespace: metadata.namespace ?? 'default' } }
  const get = (ref: Parameters<typeof companion>[1]) => Promise.resolve(companion(all, ref))
  try {
    // What admission lets through is an Experiment.
    const admitted = (await admitExperiment({ operation: 'CREATE', object }, get, knowledge)) as Experiment
    const template = await readConfigMap(admitted, get)
    const text = template && 'text' in template ? template.text : undefined
    const warnings = [
      ...unknownFields(manifest.resource.spec),
      ...otherKind(admitted, text),
      ...metricWarnings(admitted, text),
    ]
    return { problems: [], warnings: warnings.map(warning => problemLines(manifest, [warning])) }
  } catch (error) {
    if (!(error instanceof InvalidSpec)) throw error
    return { problems: [problemLines(manifest, error.problems)], warnings: [] }
  }
}

/** It is not known here where it will run. */
function otherKind({ spec }: Experiment, configMapText: string | undefined): readonly SpecProblem[] {
  const type = templateKind(spec.trialTemplate, configMapText)
  if (type === undefined || (type.apiVersion === 'batch/v1' && type.kind === 'Job')) return []
  const message = `trials are of ${type.kind} of ${type.apiVersion}, which one machine does not run; a cluster does, with its controller`
  const path = `spec.trialTemplate.${spec.trialTemplate?.trialSpec ? 'trialSpec' : 'configMap'}.kind`
  return [{ path, reason: 'Invalid', message }]
}

/** A ConfigMap template may stand in the same manifests. */
export function companion(
  all: readonly Manifest[],
  ref: { kind: string; namespace?: string; name: string },
): Resource | undefined {
  return all
    .map(manifest => manifest.resource)
    .find(
      ({ kind, metadata }) =>
        kind === ref.kind && metadata.name === ref.name && (metadata.namespace ?? 'default') === ref.namespace,
    )
}
