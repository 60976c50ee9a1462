/** `grpc.health.v1.Health`: whether a service answers, for kubelets and probes. */
import { Refusal } from './refusal.ts'
import type { Handlers } from './wire.ts'

/** `names`: what probes may ask for. `isServing` looks behind the service; a rejection counts as no. */
export function healthHandlers(names: ReadonlySet<string>, isServing: () => Promise<boolean>): Handlers {
  return {
    Check: async ({ service }: { service: string }) => {
      if (!names.has(service)) throw new Refusal('NOT_FOUND', `no service "${service}" is served here`)
      const serves = await isServing().catch(() => false)
      return { status: serves ? 'SERVING' : 'NOT_SERVING' }
    },
  }
}
