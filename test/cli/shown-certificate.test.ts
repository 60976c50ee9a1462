import { expect, test } from 'vitest'
import { renewed } from '../../cli/cluster/certificates.ts'
import { keepRenewing } from '../../cli/cluster/shown-certificate.ts'
import { createFakeClock } from '../support/fake-clock.ts'

const START = new Date('2026-03-01T00:00:00Z')
const DAY_MS = 86_400_000
const madeOn = async (day: number) => {
  const made = await renewed({}, ['katib-controller.kubeflow.svc'], new Date(START.getTime() + day * DAY_MS))
  return { cert: made['tls.crt'], key: made['tls.key'] }
}

/** Files that hold `held.now`, looked at from the day on that the first of them was made. */
async function looking() {
  const clock = createFakeClock(START)
  const held = { now: await madeOn(0) }
  const lines: string[] = []
  const handed: string[] = []
  const source = async () => held.now
  const shown = keepRenewing(source, {
    shown: held.now.cert,
    renew: ({ cert }) => void handed.push(cert),
    clock,
    log: line => void lines.push(line),
  })
  return { clock, held, lines, handed, shown }
}

test('one that is renewed in its file is shown a minute later, without a restart', async () => {
  const { clock, held, handed, shown } = await looking()
  await clock.advance(1_000)
  held.now = await madeOn(1)
  await clock.advance(60_000)
  expect(handed).toEqual([held.now.cert])
  await shown[Symbol.asyncDispose]()
})

test('one that has ended is said once, is not good, and is looked at every five seconds until there is another', async () => {
  const { clock, held, lines, handed, shown } = await looking()
  clock.setWallBy(91 * DAY_MS)
  await clock.advance(120_000)
  expect([shown.isGood, lines]).toEqual([false, [expect.stringMatching(/^certificate: it ended 2026-05-30T/)]])
  held.now = await madeOn(91)
  await clock.advance(5_000)
  expect([shown.isGood, handed]).toEqual([true, [held.now.cert]])
  await shown[Symbol.asyncDispose]()
})

test('a file that is half written changes nothing, and is looked at again', async () => {
  const { clock, held, lines, handed, shown } = await looking()
  const { cert } = held.now
  await clock.flush()
  held.now = { ...held.now, cert: cert.slice(0, 100) }
  await clock.advance(60_000)
  expect(lines.length).toBeGreaterThan(0)
  held.now = await madeOn(1)
  await clock.advance(5_000)
  expect(handed.at(-1)).toBe(held.now.cert)
  await shown[Symbol.asyncDispose]()
})
