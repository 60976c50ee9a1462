/** The Experiment that a `qalam run` command line asks for: a manifest or an inline search, with overrides. */
import { readFileSync } from 'node:fs'
import { basename, extname, resolve } from 'node:path'
import { parse } from 'yaml'
import { type Experiment, parseExperiment, type Resource } from '#api'
import { CommandError, EXIT } from '../exit.ts'
import { inlineExperiment } from './inline-experiment.ts'
import { parseParameter, type Searched } from './inline-space.ts'
import { type Manifest, readManifests } from './manifest.ts'

export interface RequestOptions {
  readonly file?: string
  readonly parameter: readonly string[]
  readonly minimize?: string
  readonly maximize?: string
  readonly goal?: number
  readonly algorithm?: string
  readonly name?: string
  readonly namespace?: string
  readonly env: readonly string[]
  readonly trials?: number
  readonly parallel?: number
  readonly seed?: number
  readonly command: readonly string[]
}

export interface Request {
  readonly experiment: Experiment
  /** Other objects of the manifest, applied first. */
  readonly companions: readonly Resource[]
  /** Absent for a command-line experiment. */
  readonly manifest?: Manifest
}

export function requestedExperiment(options: RequestOptions): Request {
  const request = options.file === undefined ? fromCommandLine(options) : fromFile(options.file, options)
  return { ...request, experiment: overridden(request.experiment, options) }
}

function fromFile(file: string, options: RequestOptions): Request {
  if (options.parameter.length > 0 || options.command.length > 0 || options.minimize || options.maximize) {
    throw new CommandError(EXIT.usage, 'give either -f FILE or an inline search (-p, --minimize, -- PROGRAM), not both')
  }
  const manifests = readManifests(file)
  const found = manifests.filter(manifest => manifest.resource.kind === 'Experiment')
  if (found.length !== 1) throw new CommandError(EXIT.usage, `${file}: expected one Experiment, got ${found.length}`)
  const [manifest] = found
  const { experiment, problems } = parseExperiment(manifest.resource)
  if (experiment === undefined || problems.length > 0) {
    const lines = problems.map(({ path, message }) => `${file}:${manifest.lineOf(path)}  ${path}: ${message}`)
    throw new CommandError(EXIT.invalidSpec, lines.join('\n'))
  }
  const { metadata: given } = experiment
  const metadata = { ...given, namespace: options.namespace ?? given.namespace ?? 'default' }
  const companions = manifests.filter(other => other !== manifest).map(other => other.resource)
  return { experiment: { ...experiment, metadata }, companions, manifest }
}

function fromCommandLine(options: RequestOptions): Request {
  const metric = options.minimize ?? options.maximize
  if (metric === undefined || (options.minimize && options.maximize)) {
    throw new CommandError(EXIT.usage, 'say what to search: -f FILE, or one of --minimize METRIC and --maximize METRIC')
  }
  const experiment = inlineExperiment({
    name: options.name ?? nameOf(options.command),
    namespace: options.namespace ?? 'default',
    direction: options.minimize ? 'minimize' : 'maximize',
    metricName: metric,
    goal: options.goal,
    algorithm: options.algorithm,
    parameters: options.parameter.map(text => parseParameter(text, readSpace)),
    command: options.command,
    env: options.env.filter(entry => entry.includes('=')),
    workingDirectory: process.cwd(),
  })
  return { experiment, companions: [] }
}

/** `node train.mjs` is called train; what has no file is called run. */
function nameOf(command: readonly string[]): string {
  const script = command.find(word => /\.(m?[jt]s|py|sh|rb|R|jl)$/.test(word))
  const name = script === undefined ? 'run' : basename(script, extname(script))
  return (
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^[^a-z]+|-+$/g, '')
      .slice(0, 40) || 'run'
  )
}

function readSpace(path: string): Searched {
  try {
    const { parameterType, feasibleSpace, ...rest } = parse(readFileSync(resolve(path), 'utf8')) as Searched
    if (feasibleSpace !== undefined) return { parameterType, feasibleSpace }
    return { parameterType: parameterType ?? 'double', feasibleSpace: rest as Searched['feasibleSpace'] }
  } catch (cause) {
    throw new CommandError(
      EXIT.usage,
      `${path}: expected YAML with parameterType and feasibleSpace, got: ${(cause as Error).message}`,
      { cause },
    )
  }
}

function overridden(experiment: Experiment, options: RequestOptions): Experiment {
  const spec = {
    ...experiment.spec,
    ...(options.trials === undefined ? {} : { maxTrialCount: options.trials }),
    ...(options.parallel === undefined ? {} : { parallelTrialCount: options.parallel }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.file !== undefined && options.algorithm !== undefined
      ? { algorithm: { algorithmName: options.algorithm } }
      : {}),
  }
  const { maxTrialCount, maxFailedTrialCount, parallelTrialCount = 3 } = spec
  if (maxTrialCount === undefined) return { ...experiment, spec }
  // Katib refuses more parallel or failed trials than trials; a smaller budget on the command line means them too.
  return {
    ...experiment,
    spec: {
      ...spec,
      ...(parallelTrialCount > maxTrialCount ? { parallelTrialCount: maxTrialCount } : {}),
      ...((maxFailedTrialCount ?? 0) > maxTrialCount && options.trials !== undefined
        ? { maxFailedTrialCount: maxTrialCount }
        : {}),
    },
  }
}
