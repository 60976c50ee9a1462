/** What a trial did create, where what its collector reads never came. */
import { readdirSync } from 'node:fs'
import { posix } from 'node:path'

const DEPTH_LIMIT = 4
const FILE_LIMIT = 50

/** Regular files below a directory of this machine, as the trial calls it (`shown`); markers of its end are left out. */
export function filesBelow(directory: string, shown: string, depth = 0): readonly string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))
    const found = entries.flatMap(entry => {
      const path = posix.join(shown, entry.name)
      if (entry.isDirectory())
        return depth < DEPTH_LIMIT ? filesBelow(posix.join(directory, entry.name), path, depth + 1) : []
      return entry.isFile() && !MARKER.test(entry.name) ? [path] : []
    })
    return found.slice(0, FILE_LIMIT)
  } catch {
    // The directory itself was never created.
    return []
  }
}

/** The shell around a program writes its end into `PID.pid`. */
const MARKER = /^\d+\.pid$/
