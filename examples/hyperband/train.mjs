/**
 * Logistic regression by gradient descent on points that two lines of code make, with a checkpoint to go on from. A promoted
 * trial trains only the epochs that its parent has not. Flags: --lr, --decay, --epochs (in all), --checkpoint DIR.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const text = { type: 'string' }
const { values } = parseArgs({ options: { lr: text, decay: text, epochs: text, checkpoint: text } })
const [lr, decay, epochs] = [values.lr, values.decay, values.epochs].map(Number)
const file = join(values.checkpoint, 'weights.json')

const points = Array.from({ length: 200 }, (_, i) => ({
  x: [1, Math.sin(i * 1.7) * 3, Math.cos(i * 2.3) * 3],
  label: i,
}))
for (const point of points) point.label = point.x[1] - 0.5 * point.x[2] + Math.sin(point.label * 9.1) > 0.3 ? 1 : 0
const [training, held] = [points.filter((_, i) => i % 4 > 0), points.filter((_, i) => i % 4 === 0)]

const { epoch: first, weights } = load()
console.log(first === 0 ? 'starting' : `going on after epoch ${first}`)
for (let epoch = first + 1; epoch <= epochs; epoch++) {
  for (const { x, label } of training) {
    const error = predicted(x) - label
    for (const [i, w] of weights.entries()) weights[i] = w - lr * (error * x[i] + decay * w)
  }
  console.log(`epoch=${epoch} loss=${loss()}`)
}
if (first >= epochs) console.log(`epoch=${first} loss=${loss()}`)
mkdirSync(values.checkpoint, { recursive: true })
// Whole or not at all: a run that is stopped here leaves the checkpoint before.
writeFileSync(`${file}.part`, JSON.stringify({ epoch: Math.max(first, epochs), weights }))
renameSync(`${file}.part`, file)

function load() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return { epoch: 0, weights: [0, 0, 0] }
  }
}

function predicted(x) {
  return 1 / (1 + Math.exp(-weights.reduce((sum, w, i) => sum + w * x[i], 0)))
}

/** Mean log loss of the points that were held back. */
function loss() {
  const losses = held.map(({ x, label }) => -Math.log(Math.max(1e-9, label ? predicted(x) : 1 - predicted(x))))
  return losses.reduce((sum, each) => sum + each, 0) / losses.length
}
