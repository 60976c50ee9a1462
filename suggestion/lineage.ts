/** Whose values and checkpoint a trial goes on from, as labels that come back in the history. */
import { PARENT_TRIAL_LABEL, PREFIX } from '#api'
import type { FinishedTrial } from './history.ts'

/** Index of the parent: what algorithms read. Its name stands in `PARENT_TRIAL_LABEL`, for whoever copies the files. */
export const PARENT_LABEL = `${PREFIX}/parent`

/** No parent, no labels. A parent of another harness has no name. */
export function parentLabels(parent: Pick<FinishedTrial, 'index' | 'name'> | undefined): Record<string, string> {
  if (!parent) return {}
  const index = { [PARENT_LABEL]: String(parent.index) }
  return parent.name === undefined ? index : { ...index, [PARENT_TRIAL_LABEL]: parent.name }
}
