/**
 * How a wrapped program hears that its pod is to end. The shell around it is process 1 of the container, which ignores
 * SIGTERM, and passes nothing on: without help the program runs until it is killed, and writes no checkpoint.
 *
 * A preStop of ours signals every process but the shell, gives them the time that the user's pod would have had, and kills
 * what is left; then the shell goes on to its end by itself. It does so only where process 1 is of this very trial: in a pod
 * that shares processes, or on a machine without containers, it would reach strangers. The pod's own grace is longer, for the
 * collector ends after the program and may have metrics to send.
 */
import type { Container, PodSpec } from './pod-template.ts'

/** Kubernetes' default, and that of pods that say nothing. */
const DEFAULT_SECONDS = 30
/** What a collector may take to hand over what is in its spool. */
const COLLECTOR_SECONDS = 300

interface Graceful extends PodSpec {
  readonly terminationGracePeriodSeconds?: number
}
interface WithLifecycle extends Container {
  readonly lifecycle?: { readonly preStop?: object }
}

/** `change` applies it to the primary container. A preStop of the user's stays, and so does the grace of its pod. */
export function stopWrapped(
  spec: PodSpec,
  primary: Container | undefined,
  change: (spec: PodSpec, change: (container: Container) => Container) => PodSpec,
): PodSpec {
  const { lifecycle } = (primary ?? {}) as WithLifecycle
  if (primary?.command === undefined || lifecycle?.preStop || spec.shareProcessNamespace) return spec
  const { terminationGracePeriodSeconds: ownSeconds = DEFAULT_SECONDS } = spec as Graceful
  const preStop = { exec: { command: ['sh', '-c', stopScript(ownSeconds)] } }
  const changed = change(spec, container => ({ ...container, lifecycle: { ...lifecycle, preStop } }))
  return { ...changed, terminationGracePeriodSeconds: Math.max(ownSeconds, COLLECTOR_SECONDS) } as PodSpec
}

/** For any POSIX shell. `kill -1` spares process 1 and the shell that says it. */
export function stopScript(graceSeconds: number): string {
  return [
    `tr '\\0' '\\n' </proc/1/environ | grep -qx "KATIB_TRIAL_NAME=$KATIB_TRIAL_NAME" || exit 0`,
    'kill -TERM -1',
    `left=${graceSeconds}`,
    'while kill -0 -1 2>/dev/null && [ "$left" -gt 0 ]; do sleep 1; left=$((left - 1)); done',
    'kill -KILL -1 2>/dev/null',
    'exit 0',
  ].join('\n')
}
