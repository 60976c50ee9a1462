/**
 * `DBManager`: Katib's store of what trials reported, over ours. Trials are named, here they are found and known by UID.
 *
 * Departs from Katib: a report of an unknown trial is NOT_FOUND instead of being kept for nobody, one that is sent again
 * counts once, an empty one is no error, and only the holder of the server's token deletes.
 */
import type { Trial } from '#api'
import type { ObservationStore } from '#store'
import type { Caller, Callers } from './caller.ts'
import type { GetLogRequest, ReportRequest } from './messages.ts'
import { Refusal } from './refusal.ts'
import { Reports } from './reports.ts'
import { type TimeStamp, timeStamp } from './time-stamp.ts'
import type { Handlers } from './wire.ts'

export function dbManagerHandlers(callers: Callers, observations: ObservationStore): Handlers {
  const reports = new Reports(observations)
  return {
    ReportObservationLog: async ({ trialName, observationLog }: ReportRequest, caller) => {
      const uid = uidOf(await callers.trial(caller, trialName, 'report'), trialName)
      await reports.take(uid, await callers.attempt(caller, uid), observationLog?.metricLogs ?? [])
      return {}
    },

    GetObservationLog: async (request: GetLogRequest, caller) => {
      const uid = (await callers.trial(caller, request.trialName, 'read'))?.metadata.uid
      const metricLogs = uid === undefined ? [] : await readLog(observations, uid, request)
      return { observationLog: { metricLogs } }
    },

    DeleteObservationLog: async ({ trialName }: { trialName: string }, caller) => {
      await mayDelete(callers, caller)
      const uid = (await callers.trial(caller, trialName, 'read'))?.metadata.uid
      if (uid !== undefined) await observations.delete(uid)
      return {}
    },
  }
}

/** By time, then in the order of the report. Unknown trials have an empty log, as in Katib. */
async function readLog(observations: ObservationStore, trialUid: string, request: GetLogRequest) {
  const { metricName, startTime, endTime } = request
  const start = boundOf('start_time', startTime)
  const end = boundOf('end_time', endTime)
  const attempt = (await observations.summary(trialUid))?.attempt
  if (attempt === undefined) return []
  const logs: { readonly at: TimeStamp; readonly name: string; readonly value: string }[] = []
  for await (const row of observations.rows(trialUid, { attempt, ...(metricName === '' ? {} : { metricName }) })) {
    const at = timeStamp(row.time ?? '') ?? (timeStamp(row.receivedAt.toISOString()) as TimeStamp)
    if ((start && at.key < start.key) || (end && at.key > end.key)) continue
    logs.push({ at, name: row.metricName, value: row.value })
  }
  return logs
    .sort((a, b) => (a.at.key < b.at.key ? -1 : a.at.key > b.at.key ? 1 : 0))
    .map(({ at, name, value }) => ({ timeStamp: at.text, metric: { name, value } }))
}

function boundOf(field: string, text: string): TimeStamp | undefined {
  if (text === '') return undefined
  const at = timeStamp(text)
  if (!at) throw new Refusal('INVALID_ARGUMENT', `${field}: expected an RFC 3339 time, got "${text}"`)
  return at
}

function uidOf(trial: Trial | undefined, name: string): string {
  const uid = trial?.metadata.uid
  if (uid === undefined) throw new Refusal('NOT_FOUND', `no trial is named "${name}"`)
  return uid
}

async function mayDelete(callers: Callers, caller: Caller): Promise<void> {
  if (await callers.isOperator(caller)) return
  throw new Refusal(
    caller.token === undefined ? 'UNAUTHENTICATED' : 'PERMISSION_DENIED',
    'observations are deleted by the holder of the server\'s token alone; send it as the metadata authorization: "Bearer TOKEN"',
  )
}
