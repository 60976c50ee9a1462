/** Figures of a controller process for Prometheus, from its start: those of objects come with the caches of whoever leads. */
import { Gauge, Registry } from 'prom-client'
import { API_VERSION, type Experiment, type Trial } from '#api'
import type { Informers } from '#kube'
import { countObjects } from './rest/object-figures.ts'

export interface ControllerFigures {
  readonly contentType: string
  metrics(): Promise<string>
  /** From now on this process leads. Disposing ends the counting. */
  lead(informers: Informers): Disposable
}

export function controllerFigures(version: string): ControllerFigures {
  const registry = new Registry()
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  gauge('qalam_build_info', 'Always 1', ['version']).set({ version }, 1)
  const leading = gauge('qalam_leading', 'Whether this process leads: 1, or 0 while it waits')
  leading.set(0)
  return {
    contentType: registry.contentType,
    metrics: () => registry.metrics(),
    lead(informers) {
      leading.set(1)
      return countObjects(registry, {
        experiments: informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' }),
        trials: informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' }),
      })
    },
  }
}
