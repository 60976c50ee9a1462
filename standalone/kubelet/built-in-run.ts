/** One run of a built-in image: its files, its log, its answer. */
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises'
import type { Clock } from '#kube'
import type { Ended, FileToWrite } from '../starter/messages.ts'
import type { BuiltInImage } from './built-in.ts'
import { BuiltInLog } from './built-in-log.ts'
import type { Pod } from './pod-types.ts'
import type { ResolvedContainer } from './resolve-container.ts'

export interface BuiltInRun {
  readonly image: BuiltInImage
  readonly pod: Pod
  readonly containerName: string
  readonly resolved: ResolvedContainer
  readonly clock: Clock
  /** Path of its log. */
  readonly log: string
  readonly terminate: AbortSignal
  /** Its answer is no longer waited for. */
  readonly kill: AbortSignal
  /** Milliseconds since the epoch. */
  onStart(startedAt: number): void
}

/** Rejects where its files cannot be written; what it throws itself is exit code 1, and in its log. */
export async function runBuiltIn(run: BuiltInRun): Promise<Ended> {
  const { resolved, clock } = run
  const startedAt = clock.now().getTime()
  // Not at once: a directory is made in the file system's journal, which may be busy with a commit of the store.
  await Promise.all(resolved.directories.map(directory => mkdir(directory, { recursive: true })))
  for (const [path, file] of Object.entries(resolved.files)) await writeWhole(path, file)
  const log = new BuiltInLog(run.log, clock)
  run.onStart(startedAt)
  const code = await answerOf(run, log)
  await log.close()
  const finishedAt = clock.now().getTime()
  return { how: 'exited', code, startedAt, finishedAt, tail: log.tail, message: '' }
}

async function answerOf(run: BuiltInRun, log: BuiltInLog): Promise<number> {
  const { image, pod, containerName, resolved, terminate, kill } = run
  const { metadata } = pod
  const killed = Promise.withResolvers<number>()
  const onKill = () => killed.resolve(137)
  kill.addEventListener('abort', onKill, { once: true })
  try {
    const answer = image({
      pod: {
        namespace: metadata.namespace ?? '',
        name: metadata.name,
        uid: metadata.uid ?? '',
        labels: metadata.labels ?? {},
        annotations: metadata.annotations ?? {},
        creationTimestamp: metadata.creationTimestamp ?? '',
      },
      containerName,
      args: resolved.args,
      env: resolved.env,
      workingDirectory: resolved.workingDirectory,
      mounts: resolved.mappings.map(({ from, to }) => ({ mountPath: from, directory: to })),
      log: text => log.write(text),
      terminate,
    })
    return await Promise.race([answer, killed.promise])
  } catch (error) {
    log.write(`${(error as Error).stack ?? error}\n`)
    return 1
  } finally {
    kill.removeEventListener('abort', onKill)
  }
}

/** Aside and renamed: another container of the pod may be reading the one before, and a mode may forbid to write it. */
async function writeWhole(path: string, { content, mode }: FileToWrite): Promise<void> {
  const aside = `${path}.partial`
  await writeFile(aside, content, 'base64')
  if (mode !== undefined) await chmod(aside, mode)
  await rename(aside, path)
}
