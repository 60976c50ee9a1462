/** `qalam server` */
import { EXIT } from './exit.ts'
import { katibConfigIn } from './katib-config.ts'
import { openMachineData } from './machine/data.ts'
import type { MachineFlags } from './machine/flags.ts'
import type { Place } from './place/place.ts'

interface ServerOptions extends Place, MachineFlags {
  readonly port: number
  readonly restPort: number
  readonly grpcPort?: number
  readonly stopTrials?: boolean
  /** File of a KatibConfig. */
  readonly katibConfig?: string
}

/** Serves until SIGINT or SIGTERM; a second signal ends at once. Running trials go on and are picked up by the next start. */
export async function server(options: ServerOptions): Promise<void> {
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  let signals = 0
  const onSignal = () => (++signals > 1 ? process.exit(EXIT.terminated) : resolve())
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  const note = (text: string) => void process.stderr.write(`${text}\n`)
  const katib = options.katibConfig === undefined ? undefined : katibConfigIn(options.katibConfig, note)
  const data = openMachineData(options.dataDir, note)
  const { startMachine } = await import('./machine/machine.ts')
  const allowedKinds = katib?.allowedKinds
  const machine = await startMachine(data, { ...options, ...(allowedKinds ? { allowedKinds } : {}) })
  const grpc = machine.grpcAddress === undefined ? '' : ` grpc=${machine.grpcAddress}`
  process.stdout.write(`ready kubernetes=${machine.kubernetesUrl} rest=${machine.restUrl}${grpc}\n`)
  await asked
  if (options.stopTrials) machine.stopTrialsOnClose()
  await machine[Symbol.asyncDispose]()
}
