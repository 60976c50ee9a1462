/** Gradient descent on a bowl; a line of the log file for each step, nothing on standard output. */
import { appendFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { rate: { type: 'string' }, log: { type: 'string' } } })
let x = 5
for (let step = 1; step <= 10; step++) {
  x -= Number(values.rate) * 2 * x
  appendFileSync(values.log, `${new Date().toISOString()} step ${step}: loss=${x ** 2}\n`)
}
