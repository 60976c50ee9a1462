/** The program as a user starts it: a process, its output and its exit code. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')
export const launcher = join(root, 'qalam')

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A data directory of its own, removed when disposed; processes that still serve it must be over by then. */
export function temporaryDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'qalam-e2e-'))
  // As root, Postgres runs under another account that has to pass through.
  chmodSync(path, 0o711)
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) }
}

/** Runs `qalam` with `args` to its end. */
export async function qalam(
  args: readonly string[],
  options: { cwd?: string; input?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Finished> {
  const child = start(args, options)
  child.stdin?.end(options.input ?? '')
  return finished(child)
}

export function start(args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): ChildProcess {
  return spawn(launcher, args, { cwd: options.cwd ?? root, env: { ...process.env, ...options.env } })
}

export function finished(child: ChildProcess): Promise<Finished> {
  const { promise, resolve, reject } = Promise.withResolvers<Finished>()
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  child.on('error', reject).on('close', code => resolve({ code, stdout, stderr }))
  return promise
}

/** Resolves with the first match of `pattern` in what the child writes to `stream`; rejects when it ends before. */
export function says(child: ChildProcess, stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpMatchArray> {
  const { promise, resolve, reject } = Promise.withResolvers<RegExpMatchArray>()
  let text = ''
  child[stream]?.setEncoding('utf8').on('data', chunk => {
    text += chunk
    const found = text.match(pattern)
    if (found) resolve(found)
  })
  child.on('close', code => reject(new Error(`ended with ${code} before it said ${pattern}; it said:\n${text}`)))
  return promise
}
