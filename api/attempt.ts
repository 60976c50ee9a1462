/** Which attempt of its trial a pod is; values of attempts never mix. */

/** A replacement pod is made later than the one it replaces, by at least the second that Kubernetes' times resolve. */
export function attemptOf(creationTimestamp: string | null | undefined): number {
  const milliseconds = Date.parse(creationTimestamp ?? '')
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1_000)
}
