import { expect, test } from 'vitest'
import { systemClock } from '#kube'

test('a wait of more days than a timer of Node holds does not run at once', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  try {
    let hasRun = false
    using _timer = systemClock.after(2 ** 31, () => {
      hasRun = true
    })
    // A timer that is set later and runs shows that the first one had its chance.
    await new Promise<void>(resolve => systemClock.after(5, resolve))
    expect([hasRun, warnings]).toEqual([false, []])
  } finally {
    process.off('warning', onWarning)
  }
})
