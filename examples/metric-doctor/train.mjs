/** Trains nothing, best at a learning rate of 0.01, and calls its result by a name that the Experiment does not know. */
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { lr: { type: 'string' } } })
const distance = Math.log10(Number(values.lr)) + 2

console.log('loading data')
console.log(`training with a learning rate of ${values.lr}`)
console.log(`Test-Accuracy=${(0.95 - 0.1 * distance ** 2).toFixed(4)}`)
