/** Pod.status, written from how the containers stand. */
import { rfc3339 } from '#api'
import type { ContainerRun } from './container-run.ts'
import type { PodCondition, PodStatus } from './pod-types.ts'

export interface PodStanding {
  readonly init: readonly ContainerRun[]
  readonly main: readonly ContainerRun[]
  readonly startedAt: Date | undefined
  /** Set when the pod is over. */
  readonly verdict?: Verdict
  /** Set while it waits for slots. */
  readonly unscheduled?: string
}

export interface Verdict {
  readonly phase: 'Succeeded' | 'Failed'
  readonly reason?: string
  readonly message?: string
  /** Its processes were lost through no fault of the program. */
  readonly disrupted?: boolean
}

/** `old` keeps transition times. */
export function podStatus(standing: PodStanding, old: PodStatus | undefined, now: Date): PodStatus {
  const { init, main, startedAt, verdict, unscheduled } = standing
  const isUp = main.length > 0 && main.every(({ isRunning }) => isRunning)
  const hasRun = main.some(({ isRunning, end, restartCount }) => isRunning || end !== undefined || restartCount > 0)
  const phase = verdict?.phase ?? (hasRun && main.every(({ hasStarted }) => hasStarted) ? 'Running' : 'Pending')
  const isInitialised = init.every(({ container, isRunning, end }) =>
    container.restartPolicy === 'Always' ? isRunning || end !== undefined : end?.code === 0,
  )
  const because = verdict?.phase === 'Succeeded' ? { reason: 'PodCompleted' } : { reason: 'ContainersNotReady' }
  const scheduled: Omit<PodCondition, 'lastTransitionTime'> =
    unscheduled === undefined
      ? { type: 'PodScheduled', status: 'True' }
      : { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: unscheduled }
  const conditions: readonly Omit<PodCondition, 'lastTransitionTime'>[] = [
    scheduled,
    ...(startedAt === undefined
      ? []
      : [
          { type: 'Initialized', status: isInitialised ? ('True' as const) : ('False' as const) },
          ...(isUp
            ? [
                { type: 'Ready', status: 'True' as const },
                { type: 'ContainersReady', status: 'True' as const },
              ]
            : [
                { type: 'Ready', status: 'False' as const, ...because },
                { type: 'ContainersReady', status: 'False' as const, ...because },
              ]),
        ]),
    ...(verdict?.disrupted
      ? [
          {
            type: 'DisruptionTarget',
            status: 'True' as const,
            reason: 'TerminationByKubelet',
            message: verdict.message ?? '',
          },
        ]
      : []),
  ]
  return {
    phase,
    ...(verdict?.reason === undefined ? {} : { reason: verdict.reason }),
    ...(verdict?.message === undefined ? {} : { message: verdict.message }),
    conditions: conditions.map(condition => dated(condition, old, now)),
    ...(startedAt === undefined
      ? {}
      : {
          startTime: rfc3339(startedAt),
          hostIP: '127.0.0.1',
          podIP: '127.0.0.1',
          hostIPs: [{ ip: '127.0.0.1' }],
          podIPs: [{ ip: '127.0.0.1' }],
          ...(init.length > 0 ? { initContainerStatuses: init.map(({ status }) => status) } : {}),
          containerStatuses: main.map(({ status }) => status),
        }),
  }
}

function dated(
  condition: Omit<PodCondition, 'lastTransitionTime'>,
  old: PodStatus | undefined,
  now: Date,
): PodCondition {
  const before = old?.conditions?.find(({ type }) => type === condition.type)
  const lastTransitionTime = before?.status === condition.status ? before.lastTransitionTime : undefined
  return { ...condition, lastTransitionTime: lastTransitionTime ?? rfc3339(now) }
}
