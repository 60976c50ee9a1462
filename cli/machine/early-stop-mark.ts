/** The note on a Trial that its collector stopped it: the trial reconciler ends it for that. */
import { API_VERSION, EARLY_STOPPED_ANNOTATION, refOf, rfc3339, type Trial } from '#api'
import { type Informers, systemClock, type WritingClient } from '#kube'

export async function markStopped(
  { client, informers }: { readonly client: WritingClient; readonly informers: Informers },
  trialUid: string,
): Promise<void> {
  const trials = informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' })
  const trial = trials.list().find(({ metadata }) => metadata.uid === trialUid)
  if (trial === undefined) return
  const annotations = { [EARLY_STOPPED_ANNOTATION]: rfc3339(systemClock.now()) }
  trials.offer(await client.patch<Trial>(refOf(trial), { metadata: { annotations } }))
}
