/** Stores that live as long as the process: for tests and simulations. They start no timer and touch nothing outside. */
import { MemoryObservationStore } from './observations/memory-observation-store.ts'
import { CurrentObjects } from './resources/current-objects.ts'
import { LoggedResourceStore } from './resources/logged-resource-store.ts'
import { FIRST_REVISION, MemoryChangeLog } from './resources/memory-change-log.ts'
import type { ObservationStore, ResourceStore } from './store.ts'

export function createMemoryResourceStore(): ResourceStore {
  return new LoggedResourceStore(new MemoryChangeLog(), new CurrentObjects(), { head: FIRST_REVISION, compacted: 0 })
}

/** `now` dates what is received; `maxRows` is what a trial may keep before its rows are thinned. */
export function createMemoryObservationStore(options: { now(): Date; maxRows?: number }): ObservationStore {
  return new MemoryObservationStore(options)
}
