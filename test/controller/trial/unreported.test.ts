import { expect, test } from 'vitest'
import { type CollectorKind, TRIAL_LABEL, type Trial } from '#api'
import type { ReadingClient } from '#kube'
import type { ObservationSummary } from '#store'
import { printedObjective, whyUnreported } from '../../../controller/trial/unreported.ts'
import { aTrial } from '../../support/builders.ts'

function of(kind: CollectorKind): Trial {
  const trial = aTrial(0, 'Running')
  return { ...trial, spec: { ...trial.spec, metricsCollector: { collector: { kind } } } }
}
const reported = (names: readonly string[], diagnosis?: string): ObservationSummary => ({
  attempt: 0,
  final: true,
  metrics: Object.fromEntries(names.map(name => [name, { latest: '1', count: 1 }])),
  ...(diagnosis !== undefined && { diagnosis }),
})

test.each<[string, Trial, ObservationSummary | undefined, string | undefined, string]>([
  ['the collector said why', of('StdOut'), reported([], 'x is empty; print'), undefined, 'x is empty; print'],
  ['nothing was pushed', of('Push'), undefined, undefined, '"loss" was not pushed: the program ended without a report'],
  [
    'others were pushed',
    of('Push'),
    reported(['val']),
    undefined,
    'but other metrics were; set objectiveMetricName to "val"',
  ],
  ['None', of('None'), undefined, undefined, 'collector kind None reads nothing'],
  ['Custom', of('Custom'), undefined, undefined, 'the custom collector reported no "loss"'],
  ['Custom over gRPC', of('Custom'), undefined, undefined, 'it needs a server that was started with --grpc-port'],
  ['the collector is gone', of('File'), undefined, undefined, 'the collector of "loss" ended without a word'],
  [
    'printed, but pushed was wanted',
    of('Push'),
    undefined,
    'loss=1',
    'it is printed instead, "loss=1": set metricsCollectorSpec.collector.kind to StdOut',
  ],
])('%s', (_, trial, summary, printed, says) => {
  expect(whyUnreported(trial, summary, printed)).toContain(says)
})

/** Pods of the trial, and what the primary container of each printed. */
function reading(...logs: readonly string[]): ReadingClient {
  const pods = logs.map((_, i) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${i}`, namespace: 'default', labels: { [TRIAL_LABEL]: 'e-0' } },
  }))
  return {
    get: async () => undefined,
    list: async <T>() => ({ items: pods as unknown as T[], resourceVersion: '1' }),
    async *logs({ name }) {
      yield logs[Number(name.slice('pod-'.length))]
    },
  }
}

test('the first line with the objective, of any of its pods', async () => {
  expect(await printedObjective(reading('start\n', 'a=1\nloss=0.5 x\nloss=0.25\n'), of('Push'))).toBe('loss=0.5 x')
  expect(await printedObjective(reading('val_loss=1\n'), of('Push'))).toBeUndefined()
})

test('without the right to read logs the sentence goes without', async () => {
  const refusing: ReadingClient = { ...reading(''), list: () => Promise.reject(new Error('forbidden')) }
  expect(await printedObjective(refusing, of('Push'))).toBeUndefined()
})
