/** The starter process with real programs: what a directory says of a run, in any lifetime. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startStarter } from '#standalone'

const root = mkdtempSync(join(tmpdir(), 'qalam-starter-'))
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

describe('a run of a program', () => {
  it('claims its directory first and leaves its exit code there, with a line feed', async () => {
    const directory = join(root, 'fresh')
    const ended = await run(directory, `test -s ${directory}/claim && exit 3`)
    expect(ended).toMatchObject({ how: 'exited', code: 3 })
    expect(readFileSync(join(directory, 'exit'), 'utf8')).toBe('3\n')
  })

  it('is over for good where its exit code is whole', async () => {
    const directory = claimed('whole', '4\n')
    expect(await run(directory, `touch ${directory}/again`)).toMatchObject({ how: 'exited', code: 4 })
    expect(() => readFileSync(join(directory, 'again'))).toThrow()
  })

  it.each([
    ['nothing of it', ''],
    ['a part of it', '12'],
  ])('is lost where the power went and %s was written', async (_, text) => {
    expect(await run(claimed(`partial${text}`, text), 'exit 0')).toMatchObject({ how: 'lost' })
  })
})

it.each(['\u2028', '\u2029', '\u0085', '\v', '\f', '\r'])(
  '%j in an argument and in the output ends nothing but itself',
  async mark => {
    const directory = join(root, `mark-${mark.codePointAt(0)}`)
    const ended = await run(directory, `printf '%s' 'a${mark}b' > ${directory}.log`)
    expect(ended).toMatchObject({ how: 'exited', code: 0, tail: `a${mark}b` })
  },
)

/** The directory of a program whose process is no more. */
function claimed(name: string, exit: string): string {
  const directory = join(root, name)
  mkdirSync(directory)
  writeFileSync(join(directory, 'claim'), 'another-boot 1234567 89\n')
  writeFileSync(join(directory, 'exit'), exit)
  return directory
}

async function run(directory: string, script: string) {
  await using starter = startStarter({ log: line => expect.fail(line) })
  const log = `${directory}.log`
  const program = {
    directory,
    directories: [directory],
    files: {},
    workingDirectory: root,
    env: {},
    log,
    tailOf: [log],
  }
  return await starter.run({ ...program, argv: ['/bin/sh', '-c', script] }).ended
}
