/** The frame of every collector: rows from a source to the sink, what is to be said at the end, the final report. */
import type { Rows } from '../collector.ts'
import type { CollectorRun } from '../collector-run.ts'
import type { Evidence } from '../doctor/evidence.ts'
import { RefusedFile } from '../following/regular-file.ts'
import { Delivery } from './delivery.ts'
import { sparedRows } from './spared-rows.ts'

type Frame = Pick<CollectorRun, 'sink' | 'clock' | 'trialUid' | 'attempt' | 'stream' | 'log'>

/**
 * Resolves after the final report is durable. `rows` may call what it is handed: then all that it has handed on is durable.
 * `told` is asked once, when the source is over.
 */
export async function deliverAll(
  run: Frame,
  rows: (flush: () => Promise<void>) => Rows,
  evidence: Evidence,
  told: () => string | undefined,
  echo?: Echo,
): Promise<void> {
  const delivery = deliveryOf(run)
  try {
    const onSparing = (metricName: string) => (echo ? echo.say(spares(metricName)) : run.log(`${spares(metricName)}\n`))
    for await (const batch of sparedRows(
      rows(() => delivery.flush()),
      { onSparing },
    ))
      await delivery.add(batch)
  } catch (cause) {
    if (!(cause instanceof RefusedFile)) throw cause
    evidence.refusal = cause.message
  }
  echo?.endLine()
  const diagnosis = told()
  for (const remark of [...skipped(evidence), ...(diagnosis === undefined ? [] : [diagnosis])]) run.log(`${remark}\n`)
  await delivery.finish(diagnosis)
}

export function deliveryOf({ sink, clock, trialUid, attempt, stream, log }: Frame): Delivery {
  const onRefusal = (cause: unknown) =>
    log(`metrics wait to be stored: ${cause instanceof Error ? cause.message : String(cause)}\n`)
  return new Delivery({ sink, clock, trialUid, attempt, stream, onRefusal })
}

/** Prints what is followed to the container's log. */
export class Echo {
  #log: (text: string) => void
  #decoder = new TextDecoder()
  #isMidLine = false

  constructor(log: (text: string) => void) {
    this.#log = log
  }

  print(bytes: Uint8Array): void {
    // The hole of a file that was emptied is nothing that anybody printed.
    const start = bytes.findIndex(byte => byte !== 0)
    if (start === -1) return
    const text = bytes.subarray(start)
    this.#isMidLine = text.at(-1) !== 0x0a
    this.#log(this.#decoder.decode(text, { stream: true }))
  }

  /** A sentence of the collector's own, on a line of its own. */
  say(sentence: string): void {
    this.endLine()
    this.#log(`${sentence}\n`)
  }

  endLine(): void {
    if (this.#isMidLine) this.#log('\n')
    this.#isMidLine = false
  }
}

const spares = (metricName: string) =>
  `"${metricName}" has a million values: of those that come now some are reported, the lowest, the highest and the last always`

function skipped({ badLineCount, longLineCount }: Evidence): readonly string[] {
  return [
    ...(badLineCount > 0 ? [`${badLineCount} lines or files that could not be read were skipped`] : []),
    ...(longLineCount > 0 ? [`${longLineCount} lines were cut at 64 KiB`] : []),
  ]
}
