/** Why a trial's job cannot be made: the API server's own words, until it is. A restart forgets them and hears them again. */
import { ApiError } from '#api'
import type { TrialWorld } from './world.ts'

type Refused = Pick<TrialWorld, 'self' | 'job'>

/** The object cannot be taken, or not here, or not now: asking again helps only when somebody changes something. */
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 413, 422])

export class RefusedJobs {
  /** By the Trial's UID. */
  readonly #said = new Map<string, string>()

  of({ self }: Refused): Pick<TrialWorld, 'jobRefused'> {
    const said = this.#said.get(self.metadata.uid ?? '')
    return said === undefined ? {} : { jobRefused: said }
  }

  forget({ metadata }: TrialWorld['self']): void {
    this.#said.delete(metadata.uid ?? '')
  }

  /** Passes on what comes of carrying out a plan, and remembers a refusal of a job that is not there yet. */
  async heard<T>({ self, job }: Refused, carriedOut: Promise<T>): Promise<T> {
    const { uid = '' } = self.metadata
    try {
      const result = await carriedOut
      this.#said.delete(uid)
      return result
    } catch (error) {
      if (job === undefined && error instanceof ApiError && REFUSALS.has(error.code))
        this.#said.set(uid, `its ${kindOf(self)} is refused: ${error.message}`)
      throw error
    }
  }
}

const kindOf = ({ spec }: TrialWorld['self']) => (spec.runSpec as { kind?: string } | undefined)?.kind ?? 'job'
