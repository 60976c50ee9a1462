/** `qalam validate`: every problem of a manifest with its line, before anything runs. */
import { InvalidSpec, type Resource } from '#api'
import { admitExperiment } from '#controller'
import { CommandError, EXIT } from './exit.ts'
import { knowledge } from './knowledge.ts'
import { type Manifest, problemLines, readManifests } from './manifest.ts'

export async function validate(files: readonly string[]): Promise<void> {
  const manifests = files.flatMap(readManifests)
  const experiments = manifests.filter(manifest => manifest.resource.kind === 'Experiment')
  if (experiments.length === 0)
    throw new CommandError(EXIT.usage, `${files.join(', ')}: expected an Experiment, got none`)
  const problems = (await Promise.all(experiments.map(experiment => problemsOf(experiment, manifests)))).filter(
    text => text !== '',
  )
  if (problems.length > 0) throw new CommandError(EXIT.invalidSpec, problems.join('\n'))
  for (const { resource } of experiments) process.stdout.write(`experiment/${resource.metadata.name} is valid\n`)
}

async function problemsOf(manifest: Manifest, all: readonly Manifest[]): Promise<string> {
  const { metadata } = manifest.resource
  const object = { ...manifest.resource, metadata: { ...metadata, namespace: metadata.namespace ?? 'default' } }
  try {
    await admitExperiment({ operation: 'CREATE', object }, ref => Promise.resolve(companion(all, ref)), knowledge)
    return ''
  } catch (error) {
    if (!(error instanceof InvalidSpec)) throw error
    return problemLines(manifest, error.problems)
  }
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
