/** The image: what can be said of it without building it. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rooms, root } from './source-files.ts'

const lines = readFileSync(join(root, 'Dockerfile'), 'utf8')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'))
const last = lines.slice(lines.findLastIndex(line => line.startsWith('FROM ')))

test('it ends as a small Debian that runs as nobody, with one exec-form entry', () => {
  expect(last[0]).toMatch(/^FROM debian:\w+-slim$/)
  const users = last.filter(line => line.startsWith('USER '))
  expect(users).toEqual(['USER 65532:65532'])
  expect(last.filter(line => /^ENTRYPOINT \["\/[^"]+"\]$/.test(line))).toHaveLength(1)
  expect(last.indexOf(users[0] ?? '')).toBeGreaterThan(last.findLastIndex(line => line.startsWith('RUN ')))
})

test('nothing is fetched but packages of the lock file and of Debian', () => {
  const fetching = lines.filter(line => /\b(curl|wget|ADD|npx|npm install|pip|git clone)\b/.test(line))
  expect(fetching).toEqual([])
  expect(lines.some(line => line.includes('npm ci --ignore-scripts'))).toBe(true)
  expect(lines.filter(line => /^FROM \S+:latest|^FROM [^:]+$/.test(line))).toEqual([])
})

test('every room that the program loads is in it, and everything that is copied exists and reaches the builder', () => {
  const copied = lines
    .filter(line => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap(line => line.split(/\s+/).slice(1, -1))
  for (const room of rooms) expect(copied).toContain(room)
  expect(copied.filter(path => !existsSync(join(root, path)))).toEqual([])
  const sent = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
  expect(copied.filter(path => !sent.includes(`!${path}`))).toEqual([])
})

test('bundles and a Node are all that reaches it: no sources, no packages', () => {
  expect(last.filter(line => line.startsWith('COPY '))).toEqual(['COPY --from=bundles /app /app'])
  const made = lines.find(line => line.includes('npm run build'))
  expect(made).toBe('RUN npm run build && mv dist /app && cp node_modules/node-linux-*/bin/node /app/node')
})

test('the entry can be executed, and knows a collector by the arguments that ours are given', () => {
  const path = join(root, 'manifests/entrypoint')
  expect(statSync(path).mode & 0o111).toBe(0o111)
  expect(readFileSync(path, 'utf8')).toContain('  -t:* | collector:-*)')
  expect(last).toContain('ENTRYPOINT ["/app/qalam"]')
})
