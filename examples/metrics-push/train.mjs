/** Gradient descent on a bowl; each step is pushed to the server, no line of output is read. */
import { params, report } from './qalam.mjs'

const { rate } = params({ rate: 0.1 })
let x = 5
for (let step = 1; step <= 10; step++) {
  x -= rate * 2 * x
  if (await report({ loss: x ** 2 }, { step })) break
}
