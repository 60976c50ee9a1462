/** Gradient descent on a bowl, in a format of its own that no collector knows: one line a step, "done" at the end. */
import { appendFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { rate: { type: 'string' }, log: { type: 'string' } } })
let x = 5
for (let step = 1; step <= 10; step++) {
  x -= Number(values.rate) * 2 * x
  appendFileSync(values.log, `${step}|${x ** 2}\n`)
}
appendFileSync(values.log, 'done\n')
