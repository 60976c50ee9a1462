/** The local images that come with Qalam: Katib's example images and those of our own examples. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../standalone/images')

/** Folders by image name. */
export function builtInImages(): Readonly<Record<string, string>> {
  const names = JSON.parse(readFileSync(join(folder, 'images.json'), 'utf8')) as Record<string, string>
  return Object.fromEntries(Object.entries(names).map(([image, path]) => [image, join(folder, path)]))
}
