/** Local images: folders laid out like an image's file system, with the image's configuration in `config.json`. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The part of an OCI image configuration that starting a program needs. */
export interface ImageConfig {
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly workingDirectory?: string
}

export interface LocalImage {
  readonly folder: string
  readonly config: ImageConfig
  /** Where an absolute path of the image is, if the folder has it. */
  locate(path: string): string | undefined
}

export interface LocalImages {
  /**
   * The folder of an image: named in full, without tag and digest, or by the last parts of its name, whole parts only.
   * The longest name wins.
   */
  find(image: string): LocalImage | undefined
}

/** `folders` by image name. Folders are read when they are first used. */
export function localImages(folders: Readonly<Record<string, string>>): LocalImages {
  const opened = new Map<string, LocalImage>()
  const found = new Map<string, LocalImage | undefined>()
  const names = Object.keys(folders).toSorted((a, b) => b.length - a.length)
  const open = (folder: string) => {
    const image = opened.get(folder) ?? openImage(folder)
    opened.set(folder, image)
    return image
  }
  return {
    find(image) {
      if (!found.has(image)) {
        const name = names.find(candidate => isNamed(image, candidate))
        found.set(image, name === undefined ? undefined : open(folders[name]))
      }
      return found.get(image)
    },
  }
}

/** `image` is what `name` means. */
export function isNamed(image: string, name: string): boolean {
  const bare = image.replace(/@.*$/, '').replace(/:[\w.-]+$/, '')
  return image === name || bare === name || bare.endsWith(`/${name}`)
}

function openImage(folder: string): LocalImage {
  const located = new Map<string, string | undefined>()
  return {
    folder,
    config: readConfig(join(folder, 'config.json')),
    locate(path) {
      if (!located.has(path)) {
        const own = join(folder, path)
        located.set(path, own.length > folder.length + 1 && existsSync(own) ? own : undefined)
      }
      return located.get(path)
    },
  }
}

/** Both the bare configuration and an image's whole one, which has it under `config`. A folder may have none. */
function readConfig(path: string): ImageConfig {
  if (!existsSync(path)) return { entrypoint: [], command: [], env: {} }
  let parsed: OciConfig
  try {
    const json = JSON.parse(readFileSync(path, 'utf8')) as OciConfig & { config?: OciConfig }
    parsed = json.config ?? json
  } catch (cause) {
    throw new Error(`${path}: expected an OCI image configuration in JSON, got ${(cause as Error).message}`, { cause })
  }
  const pairs = (parsed.Env ?? []).map(entry => [entry.split('=', 1)[0], entry.slice(entry.indexOf('=') + 1)])
  return {
    entrypoint: parsed.Entrypoint ?? [],
    command: parsed.Cmd ?? [],
    env: Object.fromEntries(pairs),
    ...(parsed.WorkingDir ? { workingDirectory: parsed.WorkingDir } : {}),
  }
}

interface OciConfig {
  readonly Entrypoint?: readonly string[] | null
  readonly Cmd?: readonly string[] | null
  readonly Env?: readonly string[] | null
  readonly WorkingDir?: string
}
