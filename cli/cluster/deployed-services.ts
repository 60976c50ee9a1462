/** Algorithms and stopping rules of a KatibConfig that are not built in: each search has a service of its own on the cluster. */
import { type Ask, type ForeignService, type KatibSettings, serviceName } from '#controller'
import type { ForeignServices } from '../foreign-algorithms.ts'

interface Deployed extends ForeignServices {
  service(algorithmName: string, ruleName: string | undefined): ForeignService | undefined
}

/** `settings`: as they are now. */
export function deployedServices(
  settings: () => KatibSettings | undefined,
  { leaseNamespace }: { readonly leaseNamespace: string },
): Deployed {
  const hostOf = ({ foreign, algorithm }: Ask) =>
    `${serviceName(foreign?.name ?? '', algorithm.algorithmName)}.${foreign?.namespace}`
  return {
    service(algorithmName, ruleName = '') {
      const algorithm = settings()?.foreignAlgorithms.get(algorithmName)
      const stopping = settings()?.foreignStoppers.get(ruleName)
      if (!algorithm && !stopping) return undefined
      return { ...(algorithm ? { algorithm } : {}), ...(stopping ? { stopping } : {}) }
    },
    algorithm: ask =>
      settings()?.foreignAlgorithms.has(ask.algorithm.algorithmName) ? `${hostOf(ask)}:6789` : undefined,
    stopping: ask =>
      settings()?.foreignStoppers.has(ask.foreign?.earlyStopping?.algorithmName ?? '')
        ? { address: `${hostOf(ask)}:6788`, dbManagerAddress: `katib-db-manager.${leaseNamespace}:6789` }
        : undefined,
  }
}
