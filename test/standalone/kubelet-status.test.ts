import { expect, test } from 'vitest'
import { podReady, podRestarts, podWord } from '../../standalone/apiserver/table/pod-columns.ts'
import { clockUntil } from '../../standalone/kubelet/closing-clock.ts'
import type { ContainerRun } from '../../standalone/kubelet/container-run.ts'
import { podStatus, type Verdict } from '../../standalone/kubelet/pod-status.ts'
import type { Container, ContainerState, Pod } from '../../standalone/kubelet/pod-types.ts'
import { createFakeClock } from '../support/fake-clock.ts'

const NOW = new Date('2026-01-01T00:01:00Z')
const waiting = (reason = 'PodInitializing'): ContainerState => ({ waiting: { reason } })
const running: ContainerState = { running: { startedAt: '2026-01-01T00:00:00Z' } }
const ended = (exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error'): ContainerState => ({
  terminated: { exitCode, reason, startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:40Z' },
})

/** A container as it stands; what the status reads of a run. */
function run(
  name: string,
  state: ContainerState,
  more: { restarts?: number; sidecar?: boolean; isInit?: boolean } = {},
) {
  const { restarts = 0, sidecar = false, isInit = false } = more
  const container: Container = { name, image: 'i', ...(sidecar ? { restartPolicy: 'Always' } : {}) }
  const isRunning = state.running !== undefined
  const code = state.terminated?.exitCode
  const end =
    code === undefined
      ? undefined
      : { how: 'exited' as const, code, startedAt: 0, finishedAt: 0, tail: '', message: '' }
  const status = {
    ...{ name, image: 'i', imageID: '', restartCount: restarts, state },
    lastState: restarts > 0 ? ended(1) : {},
    ready: isRunning || (isInit && !sidecar && code === 0),
    started: isRunning,
  }
  const hasStarted = state.waiting?.reason !== 'PodInitializing'
  // The parts of a run that a status is made of.
  return { container, isRunning, end, hasStarted, restartCount: restarts, status } as ContainerRun
}

interface Row {
  readonly name: string
  readonly init?: readonly ContainerRun[]
  readonly main: readonly ContainerRun[]
  readonly verdict?: Verdict
  readonly unscheduled?: string
  readonly isWaiting?: true
  /** Phase, then what a table shows: ready, word, restarts. */
  readonly shows: readonly [phase: string, ready: string, word: string, restarts: string]
  readonly conditions: string
}

const init = (name: string, state: ContainerState, restarts = 0) => run(name, state, { isInit: true, restarts })
const sidecar = (state: ContainerState) => run('side', state, { isInit: true, sidecar: true })
const rows: readonly Row[] = [
  {
    name: 'waiting for a slot',
    main: [run('a', waiting())],
    unscheduled: 'it waits for its turn',
    isWaiting: true,
    shows: ['Pending', '0/1', 'Pending', '0'],
    conditions: '-PodScheduled',
  },
  {
    name: 'the second init container runs',
    init: [init('i', ended(0)), init('j', running)],
    main: [run('a', waiting())],
    shows: ['Pending', '0/1', 'Init:1/2', '0'],
    conditions: '+PodScheduled -Initialized -Ready -ContainersReady',
  },
  {
    name: 'an init container fails again and again',
    init: [init('i', waiting('CrashLoopBackOff'), 3)],
    main: [run('a', waiting())],
    shows: ['Pending', '0/1', 'Init:CrashLoopBackOff', '3 (20s ago)'],
    conditions: '+PodScheduled -Initialized -Ready -ContainersReady',
  },
  {
    name: 'an init container failed for good',
    init: [init('i', ended(1))],
    main: [run('a', waiting())],
    verdict: { phase: 'Failed' },
    shows: ['Failed', '0/1', 'Init:Error', '0'],
    conditions: '+PodScheduled -Initialized -Ready -ContainersReady',
  },
  {
    name: 'a sidecar counts among those that are ready',
    init: [sidecar(running)],
    main: [run('a', running)],
    shows: ['Running', '2/2', 'Running', '0'],
    conditions: '+PodScheduled +Initialized +Ready +ContainersReady',
  },
  {
    name: 'a container that cannot start says why',
    main: [run('a', waiting('ErrImageNeverPull'))],
    shows: ['Pending', '0/1', 'ErrImageNeverPull', '0'],
    conditions: '+PodScheduled +Initialized -Ready -ContainersReady',
  },
  {
    name: 'one of two containers is done, the other runs on',
    main: [run('a', ended(0)), run('b', running)],
    shows: ['Running', '1/2', 'NotReady', '0'],
    conditions: '+PodScheduled +Initialized -Ready -ContainersReady',
  },
  {
    name: 'a container waits before it starts again',
    main: [run('a', waiting('CrashLoopBackOff'), { restarts: 2 })],
    shows: ['Running', '0/1', 'CrashLoopBackOff', '2 (20s ago)'],
    conditions: '+PodScheduled +Initialized -Ready -ContainersReady',
  },
  {
    name: 'all are done',
    init: [sidecar(ended(0))],
    main: [run('a', ended(0))],
    verdict: { phase: 'Succeeded' },
    shows: ['Succeeded', '0/2', 'Completed', '0'],
    conditions: '+PodScheduled +Initialized -Ready -ContainersReady',
  },
  {
    name: 'one failed',
    main: [run('a', ended(137, 'OOMKilled')), run('b', ended(0))],
    verdict: { phase: 'Failed' },
    shows: ['Failed', '0/2', 'OOMKilled', '0'],
    conditions: '+PodScheduled +Initialized -Ready -ContainersReady',
  },
  {
    name: 'its processes were lost',
    main: [run('a', ended(137, 'ContainerStatusUnknown'))],
    verdict: { phase: 'Failed', disrupted: true, message: 'gone' },
    shows: ['Failed', '0/1', 'ContainerStatusUnknown', '0'],
    conditions: '+PodScheduled +Initialized -Ready -ContainersReady +DisruptionTarget',
  },
]

test.each(rows)(
  'pod status: $name',
  ({ init: initial = [], main, verdict, unscheduled, isWaiting, shows, conditions }) => {
    const startedAt = isWaiting ? undefined : new Date('2026-01-01T00:00:00Z')
    const standing = {
      init: initial,
      main,
      startedAt,
      ...(verdict ? { verdict } : {}),
      ...(unscheduled ? { unscheduled } : {}),
    }
    const status = podStatus(standing, undefined, NOW)
    const spec = {
      containers: main.map(({ container }) => container),
      initContainers: initial.map(({ container }) => container),
    }
    const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec, status }
    expect([status.phase, podReady(pod), podWord(pod), podRestarts(pod, NOW)]).toEqual(shows)
    expect(status.conditions?.map(one => `${one.status === 'True' ? '+' : '-'}${one.type}`).join(' ')).toBe(conditions)
  },
)

test('a condition keeps the time of its last change', () => {
  const main = [run('a', running)]
  const startedAt = new Date('2026-01-01T00:00:00Z')
  const first = podStatus({ init: [], main, startedAt }, undefined, startedAt)
  const second = podStatus(
    { init: [], main: [run('a', ended(0))], startedAt, verdict: { phase: 'Succeeded' } },
    first,
    NOW,
  )
  const at = (type: string) => second.conditions?.find(one => one.type === type)?.lastTransitionTime
  expect([at('PodScheduled'), at('Ready')]).toEqual(['2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'])
})

test('no timer outlives its owner', async () => {
  const clock = createFakeClock()
  const closing = new AbortController()
  const own = clockUntil(clock, closing.signal)
  const ran: string[] = []
  own.after(10, () => ran.push('before'))
  own.after(20, () => ran.push('cancelled'))[Symbol.dispose]()
  own.after(300_000, () => ran.push('after'))
  await clock.advance(30)
  closing.abort()
  own.after(1, () => ran.push('late'))
  expect(clock.pending).toBe(0)
  await clock.advance(600_000)
  expect(ran).toEqual(['before'])
})
