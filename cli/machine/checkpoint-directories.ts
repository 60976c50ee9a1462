/**
 * The checkpoints of trials on one machine, and which of them must stay: those that a later trial may start from. The others
 * follow `--keep-trials` as the directories of their trials do.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Experiment, PARENT_TRIAL_LABEL, type Suggestion, type Trial } from '#api'
import { checkpointClaim, checkpointDirectory, factsOf, isTerminal, objectiveOf, problemOf } from '#controller'
import { createSpace, mayContinueFrom, searchedProblem, toHistory } from '#suggestion'

/** Of all trials of an experiment; `undefined`: it has none. */
function checkpointsOf(dataDir: string, { metadata, spec }: Experiment): string | undefined {
  if (!spec.algorithm || checkpointDirectory(spec.algorithm) === undefined) return undefined
  const claim = checkpointClaim(metadata.name, spec.algorithm)
  return join(dataDir, 'volumes', metadata.namespace ?? 'default', claim, metadata.name)
}

/** Removes the checkpoints of ended trials that are neither kept nor needed. A trial that does not say its phase is running. */
export async function removeCheckpoints(
  dataDir: string,
  experiment: Experiment,
  suggestion: Suggestion | undefined,
  trials: readonly Trial[],
  kept: readonly Trial[],
): Promise<void> {
  const root = checkpointsOf(dataDir, experiment)
  if (root === undefined) return
  const needed = neededCheckpoints(experiment, suggestion, trials)
  for (const trial of trials) {
    const { name } = trial.metadata
    if (!isTerminal(trial) || kept.includes(trial) || needed.has(name)) continue
    await rm(join(root, name), { recursive: true, force: true })
  }
}

/** Names of trials: parents of what has not ended or not begun, and whatever the algorithm may still go back to. */
export function neededCheckpoints(
  experiment: Experiment,
  suggestion: Suggestion | undefined,
  trials: readonly Trial[],
): ReadonlySet<string> {
  const names = new Set<string>()
  const waiting = suggestion?.status?.suggestions ?? []
  const unfinished = trials.filter(trial => !isTerminal(trial))
  for (const labels of [...unfinished.map(({ spec }) => spec.labels), ...waiting.map(({ labels }) => labels)]) {
    const parent = labels?.[PARENT_TRIAL_LABEL]
    if (parent !== undefined) names.add(parent)
  }
  const { algorithm } = experiment.spec
  if (!algorithm || experiment.status?.completionTime) return names
  const problem = problemOf(experiment)
  const facts = trials.map(factsOf).filter(fact => fact !== undefined)
  const space = createSpace(searchedProblem(problem, algorithm))
  const history = toHistory(space, facts, objectiveOf(experiment))
  const indexes = mayContinueFrom(problem, algorithm, {
    ...history,
    pending: [
      ...history.pending,
      ...waiting.flatMap(({ index = -1, labels = {} }) => ({ index, labels, point: NOWHERE })),
    ],
  })
  for (const { index, name } of facts) if (name !== undefined && indexes.has(index)) names.add(name)
  return names
}

/** Of a trial that waits only the labels count. */
const NOWHERE = new Float64Array(0)
