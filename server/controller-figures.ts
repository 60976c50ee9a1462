/** Figures of a controller process for Prometheus, from its start: those of objects come with the caches of whoever leads. */
import { API_VERSION, type Experiment, type Trial } from '#api'
import type { Informers } from '#kube'
import { buildInfo, EXPOSITION_TYPE, exposition, type Family } from './rest/exposition.ts'
import { countObjects, type ObjectFigures } from './rest/object-figures.ts'

export interface ControllerFigures {
  readonly contentType: string
  metrics(): string
  /** From now on this process leads. Disposing ends the counting. */
  lead(informers: Informers): Disposable
}

export function controllerFigures(version: string): ControllerFigures {
  let objects: ObjectFigures | undefined
  const leading: Family = {
    name: 'qalam_leading',
    help: 'Whether this process leads: 1, or 0 while it waits',
    type: 'gauge',
    samples: () => [{ value: objects ? 1 : 0 }],
  }
  return {
    contentType: EXPOSITION_TYPE,
    metrics: () => exposition([buildInfo(version), leading, ...(objects?.families ?? [])]),
    lead(informers) {
      objects = countObjects({
        experiments: informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' }),
        trials: informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' }),
      })
      return objects
    },
  }
}
