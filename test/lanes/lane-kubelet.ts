/** Our kubelet as the node of a lane's cluster: pods are real processes, and end with `running`. */
import { join } from 'node:path'
import { createInformers, systemClock } from '#kube'
import { type KubeletOptions, startKubelet, startStarter } from '#standalone'
import { root } from '../support/qalam.ts'

type Given = Pick<KubeletOptions, 'transport' | 'dataDir' | 'builtIns' | 'log'> & Partial<KubeletOptions>

/** It has the image of the quadratic example and two slots, unless it is told otherwise. */
export function runPods(running: AsyncDisposableStack, given: Given): void {
  const { transport, log } = given
  const kubelet = running.use(
    startKubelet({
      informers: running.use(createInformers({ transport, clock: systemClock, log })),
      clock: systemClock,
      starter: running.use(startStarter({ log })),
      images: { 'qalam/examples/quadratic': join(root, 'examples/quadratic') },
      slots: { cpus: 2 },
      environment: process.env,
      ...given,
    }),
  )
  running.defer(() => kubelet.stopPods(0))
}
