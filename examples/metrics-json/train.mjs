/** Gradient descent on a bowl; a JSON object for each step. Numbers are taken as well as texts. */
import { appendFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { rate: { type: 'string' }, log: { type: 'string' } } })
let x = 5
for (let step = 1; step <= 10; step++) {
  x -= Number(values.rate) * 2 * x
  appendFileSync(values.log, `${JSON.stringify({ timestamp: new Date().toISOString(), step, loss: x ** 2 })}\n`)
}
