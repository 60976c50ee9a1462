/** `qalam render`: the object that a trial would run, with its collector, without running it. */
import { stringify } from 'yaml'
import { API_VERSION, EXPERIMENT_LABEL, type Experiment, InvalidSpec, type ParameterAssignment, type Trial } from '#api'
import {
  admitExperiment,
  injectCheckpoint,
  injectCollector,
  problemOf,
  render as renderTemplate,
  templateText,
} from '#controller'
import { compileConstraints, suggestFor } from '#suggestion'
import { CommandError, EXIT } from './exit.ts'
import { type Manifest, problemLines, readManifests } from './input/manifest.ts'
import { knowledge } from './knowledge.ts'
import { companion } from './validate.ts'

interface RenderOptions {
  readonly file: string
  readonly trial: number
  readonly set: readonly string[]
}

export async function render(options: RenderOptions): Promise<void> {
  const manifests = readManifests(options.file)
  const manifest = manifests.find(candidate => candidate.resource.kind === 'Experiment')
  if (manifest === undefined) throw new CommandError(EXIT.usage, `${options.file}: expected an Experiment, got none`)
  const experiment = await admitted(manifest, manifests)
  const assignments = options.set.length > 0 ? given(options.set) : await suggested(experiment, options.trial)
  process.stdout.write(
    stringify(jobOf(experiment, assignments, manifests, options.trial), { aliasDuplicateObjects: false }),
  )
}

async function admitted(manifest: Manifest, all: readonly Manifest[]): Promise<Experiment> {
  const { metadata } = manifest.resource
  const object = { ...manifest.resource, metadata: { ...metadata, namespace: metadata.namespace ?? 'default' } }
  try {
    const admitted = await admitExperiment(
      { operation: 'CREATE', object },
      ref => Promise.resolve(companion(all, ref)),
      knowledge,
    )
    // Admission returns what it was given, parsed and defaulted: an Experiment.
    return admitted as Experiment
  } catch (error) {
    if (!(error instanceof InvalidSpec)) throw error
    throw new CommandError(EXIT.invalidSpec, problemLines(manifest, error.problems))
  }
}

/** What the algorithm would suggest for `index` before any trial has ended. */
async function suggested(experiment: Experiment, index: number): Promise<readonly ParameterAssignment[]> {
  const problem = problemOf(experiment)
  const answer = suggestFor({
    problem,
    algorithm: experiment.spec.algorithm ?? { algorithmName: '' },
    seed: experiment.spec.seed ?? experiment.metadata.name,
    history: { finished: [], pending: [] },
    firstIndex: 0,
    count: index + 1,
    feasible: await compileConstraints(problem),
  })
  const found = answer.assignments[index]
  if (found) return found.parameterAssignments
  throw new CommandError(
    EXIT.usage,
    `--trial ${index}: the algorithm suggests ${answer.assignments.length} trials before it waits for one`,
  )
}

function given(entries: readonly string[]): readonly ParameterAssignment[] {
  return entries.map(entry => {
    const equals = entry.indexOf('=')
    if (equals < 1) throw new CommandError(EXIT.usage, `--set ${entry}: expected NAME=VALUE`)
    return { name: entry.slice(0, equals), value: entry.slice(equals + 1) }
  })
}

function jobOf(
  experiment: Experiment,
  assignments: readonly ParameterAssignment[],
  all: readonly Manifest[],
  index: number,
): object {
  const { metadata, spec } = experiment
  const template = spec.trialTemplate ?? {}
  const namespace = metadata.namespace ?? 'default'
  const name = `${metadata.name}-${index}`
  const runSpec = renderTemplate(template, { name, namespace }, assignments, configMapText(template.configMap, all))
  const trial: Trial = {
    apiVersion: API_VERSION,
    kind: 'Trial',
    metadata: { name, namespace, labels: { ...metadata.labels, [EXPERIMENT_LABEL]: metadata.name } },
    spec: {
      objective: spec.objective,
      parameterAssignments: [...assignments],
      metricsCollector: spec.metricsCollectorSpec,
      primaryPodLabels: template.primaryPodLabels,
      primaryContainerName: template.primaryContainerName,
    },
  }
  return injectCollector(injectCheckpoint(runSpec, trial, spec.algorithm), trial, spec.algorithm?.algorithmName)
}

function configMapText(
  place: NonNullable<Experiment['spec']['trialTemplate']>['configMap'],
  all: readonly Manifest[],
): string | undefined {
  const { configMapName: name = '', configMapNamespace: namespace = '', templatePath = '' } = place ?? {}
  if (place === undefined) return undefined
  const found = templateText(companion(all, { kind: 'ConfigMap', namespace, name }), { name, namespace, templatePath })
  return 'text' in found ? found.text : undefined
}
