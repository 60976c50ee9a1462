/** Where `qalam run` runs: the server that holds the data directory, or one started for this run alone. */
import type { Informers } from '#kube'
import { openMachineData } from '../machine/data.ts'
import { holderOf } from '../machine/data-directory.ts'
import type { MachineFlags } from '../machine/flags.ts'
import type { BackEnd } from './back-end.ts'
import { connect } from './connect.ts'
import type { Place } from './place.ts'

export interface Runner extends BackEnd {
  readonly informers: Informers
  /** For the first line of a run. */
  readonly description: string
  /** Running trials are killed when the runner closes, instead of going on. */
  kill(): void
}

export async function openRunner(options: Place & MachineFlags, note: (text: string) => void): Promise<Runner> {
  const foreign = options.server ?? options.kubeconfig ?? options.cluster
  if (foreign !== undefined || holderOf(options.dataDir) !== undefined) {
    const place = await connect(options)
    return { ...place, description: place.name, kill: () => {}, informers: place.informers }
  }
  const data = openMachineData(options.dataDir, note)
  const { startMachine } = await import('../machine/machine.ts')
  const machine = await startMachine(data, { ...options, port: 0, restPort: 0 })
  const cpus = `${machine.cpus} cpu${machine.cpus === 1 ? '' : 's'}`
  return {
    ...machine.backEnd(options.namespace),
    description: `local, ${cpus}, ${options.dataDir}`,
    kill: () => machine.stopTrialsOnClose(),
    [Symbol.asyncDispose]: () => machine[Symbol.asyncDispose](),
  }
}
