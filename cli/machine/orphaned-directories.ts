/**
 * What pods leave on the disk goes with whom it belongs to: a trial's with the Trial, another pod's with the pod. What lost its
 * owner while no server ran is found at the start.
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { API_VERSION, type Resource, TRIAL_LABEL, type Trial } from '#api'
import type { Clock, Informers } from '#kube'

export interface OrphanedDirectoriesOptions {
  readonly dataDir: string
  readonly informers: Informers
  readonly clock: Clock
  /** The objects are in the directory's own database, so that what they do not name is nobody's: looked for at the start. */
  readonly isWhole: boolean
  note(text: string): void
}

/** Many trials go at once, with their experiment: one look at the directories is for all of them. */
const GATHERED_MS = 1_000

/** Disposing ends it; what was not removed by then is found at the next start. */
export function removeOrphanedDirectories(options: OrphanedDirectoriesOptions): Disposable {
  const { dataDir, informers, clock, isWhole, note } = options
  const root = join(dataDir, 'pods')
  const trials = informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' })
  const pods = informers.of<Resource>({ apiVersion: 'v1', kind: 'Pod' })
  const closing = new AbortController()
  const gone = new Set<string>()
  let timer: Disposable | undefined

  const remove = (directory: string) =>
    rm(join(root, directory), { recursive: true, force: true, maxRetries: 3 }).catch(error =>
      note(`${join(root, directory)} could not be removed: ${error.message}`),
    )
  async function removeWhere(isOrphan: (owner: Owner) => boolean): Promise<void> {
    // Looked at before the pods are: what a pod makes meanwhile is not among them.
    const directories = await readdir(root).catch(() => [])
    const present = new Set(pods.list().map(directoryOf))
    for (const directory of directories)
      if (!present.has(directory) && isOrphan(ownerOf(directory))) await remove(directory)
  }
  const removeGone = () => {
    timer = undefined
    const names = new Set(gone)
    gone.clear()
    void removeWhere(({ namespace, trials: named }) => named.some(name => names.has(`${namespace}/${name}`)))
  }
  const isNobodys = ({ namespace, stem, trials: named }: Owner) =>
    !named.some(name => trials.get(namespace, name)) &&
    (stem.length < STEM_LENGTH || !trials.list(namespace).some(({ metadata }) => isCutFrom(stem, metadata.name)))

  const subscriptions = [
    trials.onChange(({ type, object }) => {
      if (type !== 'deleted') return
      gone.add(`${object.metadata.namespace}/${object.metadata.name}`)
      timer ??= clock.after(GATHERED_MS, removeGone)
    }),
    pods.onChange(({ type, object }) => {
      const trial = object.metadata.labels?.[TRIAL_LABEL]
      const isKept = trial !== undefined && trials.get(object.metadata.namespace, trial) !== undefined
      if (type === 'deleted' && !isKept) void remove(directoryOf(object))
    }),
  ]
  if (isWhole)
    Promise.all([trials.synced(closing.signal), pods.synced(closing.signal)]).then(
      () => removeWhere(isNobodys),
      // Closed before the objects were there.
      () => {},
    )
  return {
    [Symbol.dispose]() {
      timer?.[Symbol.dispose]()
      closing.abort(new Error('the machine is closed'))
      for (const subscription of subscriptions) subscription[Symbol.dispose]()
    },
  }
}

interface Owner {
  readonly namespace: string
  /** The pod's name without its own letters: that of its Job, and an index. */
  readonly stem: string
  /** Names that a trial of it may have. */
  readonly trials: readonly string[]
}

/** Names of pods hold so much of the Job's. */
const STEM_LENGTH = 57

/** `NAMESPACE_POD_UID`; a trial's Job has the trial's name. */
function ownerOf(directory: string): Owner {
  const [namespace, pod = ''] = directory.split('_')
  const stem = pod.replace(/-[^-]*$/, '')
  return { namespace, stem, trials: [stem, stem.replace(/-\d+$/, '')] }
}

const isCutFrom = (stem: string, name: string) => name.startsWith(stem) || stem.startsWith(name)

const directoryOf = ({ metadata: { namespace = '', name, uid = '' } }: Resource) => `${namespace}_${name}_${uid}`
