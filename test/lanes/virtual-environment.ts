/** A Python with packages: a virtual environment in the user's cache, made once for each list of requirements. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const INSTALL_MS = 300_000

export interface Environment {
  /** Of its directory. */
  readonly name: string
  /** For the line that is printed. */
  readonly what: string
  /** The path of a file for pip. */
  readonly requirements: string
}

/** The interpreter; `undefined`, after one printed line that says why, where Python, pip or the packages are missing. */
export async function pythonWith({ name, what, requirements }: Environment): Promise<string | undefined> {
  const key = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  const directory = join(cache, 'qalam', `${name}-${key}`)
  const python = join(directory, 'bin', 'python')
  if (existsSync(join(directory, 'complete'))) return python
  try {
    rmSync(directory, { recursive: true, force: true })
    await run('python3', ['-m', 'venv', directory])
    await run(python, ['-m', 'pip', 'install', '--quiet', '-r', requirements], { timeout: INSTALL_MS })
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string }
    process.stdout.write(`skipped: ${what} cannot be installed: ${stderr.trim().split('\n').at(-1) || message}\n`)
    return undefined
  }
  writeFileSync(join(directory, 'complete'), '')
  return python
}
