/** Experiments whose trials run a program of this machine: a test or a bench says only what matters to it. */
import { API_VERSION, type Experiment } from '#api'

export interface ProgramExperiment {
  readonly name: string
  /** Of the container `main`; `X` stands somewhere in it. */
  readonly command: readonly string[]
  /** Over one trial of one parameter `x` from 0 to 1, `loss` minimized, at random. */
  readonly spec?: object
  readonly jobSpec?: object
  readonly podSpec?: object
  readonly container?: object
}

/** Where the value of the parameter `x` is put. */
export const X = '$' + '{trialParameters.x}'

/** A script that has no use for the value of `x`, or has it by its own `X`. */
export const shell = (script: string): readonly string[] => ['sh', '-c', `: ${X}; ${script}`]

export function programExperiment(wanted: ProgramExperiment): Experiment & { readonly status?: never } {
  const { name, command, spec, jobSpec, podSpec, container } = wanted
  return {
    apiVersion: API_VERSION,
    kind: 'Experiment',
    metadata: { name, namespace: 'default' },
    spec: {
      objective: { type: 'minimize', objectiveMetricName: 'loss' },
      algorithm: { algorithmName: 'random' },
      parallelTrialCount: 1,
      maxTrialCount: 1,
      parameters: [{ name: 'x', parameterType: 'double', feasibleSpace: { min: '0', max: '1' } }],
      trialTemplate: {
        primaryContainerName: 'main',
        trialParameters: [{ name: 'x', reference: 'x' }],
        trialSpec: {
          apiVersion: 'batch/v1',
          kind: 'Job',
          spec: {
            backoffLimit: 0,
            template: {
              spec: {
                restartPolicy: 'Never',
                containers: [{ name: 'main', image: 'local', command, ...container }],
                ...podSpec,
              },
            },
            ...jobSpec,
          },
        },
      },
      ...spec,
    },
  } as Experiment & { readonly status?: never }
}
