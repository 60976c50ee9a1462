/**
 * Stochastic gradient descent on a valley, with a checkpoint to go on from: weights w, 8 of them, curvatures from 1 to 40,
 *
 *     loss = sum c_i w_i^2        w_i <- w_i - lr * (c_i w_i + noise)
 *
 * A large rate is fast at first and then jumps about in the noise; a small one never arrives. No single rate does as well as
 * one that falls, which is what a population finds. Flags: --lr, --steps, --checkpoint DIR.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const text = { type: 'string' }
const { values } = parseArgs({ options: { lr: text, steps: text, checkpoint: text } })
const [lr, steps] = [Number(values.lr), Number(values.steps)]
const file = join(values.checkpoint, 'weights.json')

const { step: first, weights } = load()
let last = first
for (; last < first + steps; last++) {
  for (const [i, w] of weights.entries()) weights[i] = w - lr * (curvature(i) * w + noise(last, i))
  if (!weights.every(w => Math.abs(w) < 1e6)) throw new Error(`diverged at step ${last}: lr=${lr} is too large`)
  if (last % 10 === 9) console.log(`step=${last + 1} loss=${loss()}`)
}
mkdirSync(values.checkpoint, { recursive: true })
// Whole or not at all: a run that is stopped here leaves the checkpoint before.
writeFileSync(`${file}.part`, JSON.stringify({ step: last, weights }))
renameSync(`${file}.part`, file)

function load() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return { step: 0, weights: Array.from({ length: 8 }, () => 3) }
  }
}

function loss() {
  return weights.reduce((sum, w, i) => sum + curvature(i) * w * w, 0)
}

function curvature(i) {
  return 40 ** (i / 7)
}

/** The same for the same step and weight, about even in [-2, 2). */
function noise(step, i) {
  const x = Math.sin(step * 12.9898 + i * 78.233) * 43758.5453
  return 4 * (x - Math.floor(x)) - 2
}
