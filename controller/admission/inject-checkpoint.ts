/**
 * Checkpoints: a directory per trial on one volume of the experiment, as Katib mounts it for pbt (volume, claim and subPath
 * have its names), and an init container that copies the parent's into it before the trial starts.
 *
 * The same pod everywhere: on one machine a claim is a directory, and the init container a process. The copy is whole or
 * absent; a pod that takes the place of a lost one finds what its trial has saved, and copies nothing.
 */
import {
  type AlgorithmSpec,
  CHECKPOINT_SETTING,
  CHECKPOINT_VOLUME,
  COLLECTOR_IMAGE,
  EXPERIMENT_LABEL,
  PARENT_TRIAL_LABEL,
  type Resource,
  type Trial,
} from '#api'
import { kindOf } from '#kinds'
import { changeAt, changePrimary, isPrimaryPod, type PodTemplate, primaryContainer, withMount } from './pod-template.ts'

/** The init container; its termination message is the sentence that the Trial keeps. */
export const CHECKPOINT_CONTAINER = 'checkpoint'

/** Where trials find their checkpoints; `undefined`: this search has none. */
export function checkpointDirectory(algorithm: AlgorithmSpec | undefined): string | undefined {
  return algorithm?.algorithmSettings?.find(({ name }) => name === CHECKPOINT_SETTING)?.value || undefined
}

/** Katib's name: that of the Suggestion and of the algorithm. */
export function checkpointClaim(experiment: string, { algorithmName }: AlgorithmSpec): string {
  return `${experiment}-${algorithmName}`
}

/** The job with its trial's checkpoint directory; as it is where the search has none. Before the collector is injected. */
export function injectCheckpoint(job: Resource, trial: Trial, algorithm: AlgorithmSpec | undefined): Resource {
  const mountPath = checkpointDirectory(algorithm)
  const experiment = trial.metadata.labels?.[EXPERIMENT_LABEL]
  if (!algorithm || mountPath === undefined || experiment === undefined) return job
  const change = (template: unknown) => {
    const pod = template as PodTemplate
    return isPrimaryPod(pod, trial) ? withCheckpoint(pod, trial, { experiment, algorithm, mountPath }) : pod
  }
  return (
    kindOf(job)
      .podTemplates(job)
      .filter(({ primary }) => primary)
      // A change below the path leaves an object an object.
      .reduce((current, { path }) => changeAt(current, path, change) as Resource, job)
  )
}

interface Place {
  readonly experiment: string
  readonly algorithm: AlgorithmSpec
  readonly mountPath: string
}

function withCheckpoint(template: PodTemplate, trial: Trial, { experiment, algorithm, mountPath }: Place): PodTemplate {
  const { spec = {} } = template
  const hasVolume = spec.volumes?.some(({ name }) => name === CHECKPOINT_VOLUME)
  if (!primaryContainer(spec, trial) || hasVolume) return template
  const { name } = trial.metadata
  const parent = trial.metadata.labels?.[PARENT_TRIAL_LABEL]
  const claim = {
    name: CHECKPOINT_VOLUME,
    persistentVolumeClaim: { claimName: checkpointClaim(experiment, algorithm) },
  }
  const mount = { name: CHECKPOINT_VOLUME, mountPath, subPath: `${experiment}/${name}` }
  const mounted = changePrimary(spec, trial, container => withMount(container, mount))
  const copies = parent === undefined ? [] : [copying(experiment, parent, name)]
  return {
    ...template,
    spec: {
      ...mounted,
      initContainers: [...copies, ...(spec.initContainers ?? [])],
      volumes: [...(spec.volumes ?? []), claim],
    },
  }
}

function copying(experiment: string, parent: string, child: string) {
  return {
    name: CHECKPOINT_CONTAINER,
    image: COLLECTOR_IMAGE,
    command: ['sh', '-c', COPY, 'checkpoint', parent, child],
    volumeMounts: [{ name: CHECKPOINT_VOLUME, mountPath: COPIES_AT, subPath: experiment }],
  }
}

const COPIES_AT = '/qalam/checkpoints'

/** $1 parent, $2 child. Backquotes, since Kubernetes reads `$(` itself; `cp -p` keeps the times that programs compare. */
const COPY = `cd ${COPIES_AT} || exit 1
say() { echo "$1"; echo "$1" > /dev/termination-log; }
if [ -n "\`ls -A $2 2>/dev/null\`" ]; then say "goes on from its own checkpoint"; exit 0; fi
if [ -z "\`ls -A $1 2>/dev/null\`" ]; then say "starts fresh: trial $1 has left no checkpoint"; exit 0; fi
rm -rf .$2.part
if cp -Rp $1 .$2.part && rm -rf $2 && mv .$2.part $2; then say "starts from the checkpoint of trial $1"; exit 0; fi
rm -rf .$2.part
say "the checkpoint of trial $1 could not be copied"
exit 1`
