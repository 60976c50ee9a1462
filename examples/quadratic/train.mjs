/** A bowl whose lowest point, loss 0, is x = 3, z = -1. */
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { x: { type: 'string' }, z: { type: 'string' } } })
const [x, z] = [Number(values.x), Number(values.z)]

console.log(`loss=${(x - 3) ** 2 + (z + 1) ** 2}`)
