/** Gradient descent on a bowl; its loss is a gauge. The page stays until the last value was read, as a server's would. */
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { rate: { type: 'string' } } })
let x = 5
for (let step = 1; step <= 10; step++) x -= Number(values.rate) * 2 * x

const server = createServer((_, reply) => {
  reply.setHeader('content-type', 'text/plain; version=0.0.4')
  reply.end(`# TYPE loss gauge\nloss ${x ** 2}\n`, () => server.close())
})
server.listen(18491, '127.0.0.1')
// Nobody looks: the trial ends all the same.
setTimeout(() => server.close(), 10_000).unref()
