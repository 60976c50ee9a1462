/** The local images that come with the program: stand-ins for Katib's example images, and those of our own examples. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Folders by image name, absolute; in the form that the kubelet takes. */
export function builtInImageFolders(): Readonly<Record<string, string>> {
  const folders = JSON.parse(readFileSync(join(import.meta.dirname, 'images.json'), 'utf8')) as Record<string, string>
  return Object.fromEntries(Object.entries(folders).map(([name, folder]) => [name, join(import.meta.dirname, folder)]))
}
