/** What a cluster lets trials be: asked before a Trial is made, and again before its job is. */
import type { Experiment } from '#api'
import type { TrialKind } from './admission/knowledge.ts'

export interface TrialGuard {
  /**
   * Why no trial of this Experiment may be of that kind, in one sentence; undefined: it may. The answer may be some seconds
   * old. Rejects where it cannot be known now: asked again later.
   */
  refusal(experiment: Experiment, kind: TrialKind): Promise<string | undefined>
}
