/** Whatever happens to a log and to the collector that reads it, each value is stored once, in the order it was written. */
import { existsSync, renameSync, truncateSync, unlinkSync, utimesSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Rng, streamOf } from '#numerics'
import { FollowedLog } from '../collector/followed-log.ts'

const FIRST_SEED = Number(process.env.QALAM_SEED ?? 1)
const LIVES = process.env.QALAM_FULL ? 500 : 40

class Life {
  readonly #trial: FollowedLog
  readonly #rng: Rng
  #writes = 0
  readonly expected: string[] = []
  #run

  constructor(trial: FollowedLog, rng: Rng) {
    this.#trial = trial
    this.#rng = rng
    this.#run = trial.start()
  }

  /** A collector that has seen nothing yet knows no rotated file. */
  async begin(): Promise<void> {
    this.#print()
    await this.#look()
  }

  async goOn(): Promise<void> {
    const what = [this.#print, this.#print, this.#look, this.#rotate, this.#destroy, this.#kill, this.#cutOffAndKill]
    await what[this.#rng.integer(what.length)].call(this)
  }

  #print(): void {
    const values = Array.from({ length: 1 + this.#rng.integer(20) }, () => String(this.expected.length + 1)).map(
      (first, i) => String(Number(first) + i),
    )
    this.#trial.print(...values)
    this.#stamp()
    this.expected.push(...values)
  }

  /** The clock of a file system may be too coarse to tell two writes apart. */
  #stamp(): void {
    utimesSync(this.#trial.path, 0, ++this.#writes)
  }

  #look(): Promise<void> {
    return this.#run.look()
  }

  #catchUp(): Promise<void> {
    this.#run.connect()
    return this.#run.look(60_000)
  }

  /** As logrotate does, with two files kept; what is dropped was read long ago. */
  async #rotate(): Promise<void> {
    const { path } = this.#trial
    if (existsSync(`${path}.2`)) await this.#catchUp()
    if (existsSync(`${path}.1`)) renameSync(`${path}.1`, `${path}.2`)
    if (existsSync(path)) renameSync(path, `${path}.1`)
  }

  /** Nobody can read what was never looked at and is gone. */
  async #destroy(): Promise<void> {
    const { path } = this.#trial
    await this.#catchUp()
    if (!existsSync(path)) return
    if (this.#rng.integer(2) === 0) return unlinkSync(path)
    truncateSync(path)
    this.#stamp()
  }

  /** Its first look is its own: no two collectors are at work. */
  async #kill(): Promise<void> {
    this.#run.kill()
    this.#run = this.#trial.start()
    if (this.#rng.integer(2) === 0) this.#run.cutOff()
    await this.#run.look()
  }

  async #cutOffAndKill(): Promise<void> {
    this.#run.cutOff()
    await this.#run.look()
    await this.#kill()
  }
}

test.each(Array.from({ length: LIVES }, (_, i) => FIRST_SEED + i))('seed %i', async seed => {
  await using trial = new FollowedLog()
  const life = new Life(trial, streamOf(seed, 'rotation', 0))
  await life.begin()
  for (let step = 0; step < 25; step++) await life.goOn()
  expect(await trial.valuesInTheEnd()).toEqual(life.expected)
})
