/** An Experiment from a command line: `qalam run --minimize loss -p lr=1e-4..1:log -- node train.mjs --lr={lr}`. */
import { API_VERSION, type Experiment, type ObjectiveType, type Parameter } from '#api'
import { CommandError, EXIT } from '../exit.ts'

export interface InlineRun {
  readonly name: string
  readonly namespace: string
  readonly direction: ObjectiveType
  readonly metricName: string
  readonly goal?: number
  readonly algorithm?: string
  readonly parameters: readonly Parameter[]
  /** argv of the program; `{name}` of a declared parameter is replaced, other braces survive. */
  readonly command: readonly string[]
  /** `NAME=VALUE` with the same placeholders. */
  readonly env: readonly string[]
  readonly workingDirectory: string
}

/**
 * The Experiment that runs `command` once a trial. A parameter that neither the command nor the environment mentions
 * is appended as `--name=value`. It can be resumed by running the same line again: resumePolicy is LongRunning.
 */
export function inlineExperiment(run: InlineRun): Experiment {
  if (run.parameters.length === 0)
    throw new CommandError(EXIT.usage, 'nothing to search: give at least one -p name=SPACE')
  if (run.command.length === 0) throw new CommandError(EXIT.usage, 'nothing to run: put the program after `--`')
  const unquotable = run.parameters
    .flatMap(parameter => parameter.feasibleSpace.list ?? [])
    .find(value => value.includes("'"))
  if (unquotable !== undefined)
    throw new CommandError(EXIT.usage, `the value ${unquotable} holds a quote; write a manifest for it`)
  const texts = [...run.command, ...run.env]
  const silent = run.parameters.filter(parameter => !texts.some(text => text.includes(`{${parameter.name}}`)))
  const command = [...run.command, ...silent.map(parameter => `--${parameter.name}={${parameter.name}}`)]
  const placed = (text: string) => place(text, run.parameters)
  return {
    apiVersion: API_VERSION,
    kind: 'Experiment',
    metadata: { name: run.name, namespace: run.namespace },
    spec: {
      objective: {
        type: run.direction,
        objectiveMetricName: run.metricName,
        ...(run.goal === undefined ? {} : { goal: run.goal }),
      },
      ...(run.algorithm === undefined ? {} : { algorithm: { algorithmName: run.algorithm } }),
      resumePolicy: 'LongRunning',
      parameters: [...run.parameters],
      trialTemplate: {
        primaryContainerName: 'trial',
        trialParameters: run.parameters.map(({ name }) => ({ name, reference: name })),
        trialSpec: {
          apiVersion: 'batch/v1',
          kind: 'Job',
          spec: {
            backoffLimit: 0,
            template: {
              spec: {
                restartPolicy: 'Never',
                containers: [
                  {
                    name: 'trial',
                    image: 'local',
                    command: ['sh', '-c', command.map(word => shellWord(placed(word))).join(' ')],
                    workingDir: run.workingDirectory,
                    ...(run.env.length === 0 ? {} : { env: run.env.map(entry => environment(placed(entry))) }),
                  },
                ],
              },
            },
          },
        },
      },
    },
  }
}

/** One word for a shell. A value that a placeholder stands for is put between the quotes: values hold none (`quotable`). */
const shellWord = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

/** `{name}` becomes Katib's placeholder where `name` is declared. `$` is doubled: a pod would expand `$(NAME)`. */
function place(text: string, parameters: readonly Parameter[]): string {
  return text
    .replaceAll('$', '$$$$')
    .replaceAll(/\{([A-Za-z_][\w.-]*)\}/g, (brace, name) =>
      parameters.some(parameter => parameter.name === name) ? `\${trialParameters.${name}}` : brace,
    )
}

function environment(entry: string): { name: string; value: string } {
  const equals = entry.indexOf('=')
  if (equals < 1) throw new CommandError(EXIT.usage, `--env ${entry}: expected NAME=VALUE`)
  return { name: entry.slice(0, equals), value: entry.slice(equals + 1) }
}
