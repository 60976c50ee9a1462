/** Waits for what a process writes into a file. */
import { readFileSync, watch } from 'node:fs'

/** Resolves with the file's text once `reached` holds of it. The file exists. */
export function untilFile(path: string, reached: (text: string) => boolean): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const look = () => {
    const text = readFileSync(path, 'utf8')
    if (reached(text)) resolve(text)
  }
  const watcher = watch(path, look)
  watcher.on('error', reject)
  look()
  return promise.finally(() => watcher.close())
}
