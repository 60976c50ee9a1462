/** A container that cannot start as things stand: it waits with a reason, and is tried again. */
export class CannotStart extends Error {
  /** Kubernetes' word: CreateContainerConfigError, ErrImageNeverPull, ... */
  readonly reason: string
  constructor(reason: string, message: string) {
    super(message)
    this.name = 'CannotStart'
    this.reason = reason
  }
}
