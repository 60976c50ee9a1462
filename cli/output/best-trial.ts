/** The best trial of an Experiment, read from its status. */
import { API_VERSION, type Experiment } from '#api'
import type { ReadingClient } from '#kube'
import { CommandError, EXIT } from '../exit.ts'
import type { BestTrial } from './result-format.ts'

export async function experimentNamed(client: ReadingClient, namespace: string, name: string): Promise<Experiment> {
  const found = await client.get<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment', namespace, name })
  if (found) return found
  throw new CommandError(
    EXIT.notFound,
    `no experiment "${name}" in namespace ${namespace}; see \`qalam get experiments -A\``,
  )
}

/** `undefined`: no trial has a usable objective. */
export function bestTrialOf(experiment: Experiment): BestTrial | undefined {
  const { status, spec } = experiment
  const optimal = status?.currentOptimalTrial
  if (optimal?.bestTrialName === undefined || optimal.bestTrialName === '') return undefined
  const assignments = optimal.parameterAssignments ?? []
  const isNumeric = (name: string) =>
    spec.parameters?.some(parameter => parameter.name === name && parameter.parameterType !== 'categorical') ?? false
  const typed = ({ name, value }: { name: string; value: string }): [string, string | number] => [
    name,
    isNumeric(name) && Number.isFinite(Number(value)) ? Number(value) : value,
  ]
  const parameters = Object.fromEntries(assignments.map(typed))
  return { name: optimal.bestTrialName, objective: objectiveOf(experiment), parameters, assignments }
}

/** By the strategy of the objective metric, from the optimal trial's observation. */
function objectiveOf({ spec, status }: Experiment): number {
  if (status?.bestObjective !== undefined) return status.bestObjective
  const name = spec.objective?.objectiveMetricName
  const metric = status?.currentOptimalTrial?.observation?.metrics?.find(candidate => candidate.name === name)
  const strategy = spec.objective?.metricStrategies?.find(candidate => candidate.name === name)?.value ?? 'latest'
  return Number(metric?.[strategy] ?? Number.NaN)
}
