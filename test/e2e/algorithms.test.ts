import { expect, test } from 'vitest'
import { algorithmEntries } from '../../cli/algorithm-entries.ts'
import { qalam } from '../support/qalam.ts'

test('algorithms are listed, described, and a typing mistake finds its name', async () => {
  const [all, one, json, wrong] = await Promise.all([
    qalam(['algorithms']),
    qalam(['algorithms', 'hyperband']),
    qalam(['algorithms', '-o', 'json']),
    qalam(['algorithms', 'hyperbnd']),
  ])
  expect(all.stdout.trim().split('\n')).toHaveLength(1 + algorithmEntries().length)
  expect(one.stdout).toMatch(/^eta +3 +an integer >= 2 /m)
  expect(one.stdout).toContain('source: Li et al. 2018')
  expect(JSON.parse(json.stdout)).toEqual({ algorithms: algorithmEntries() })
  expect({ code: wrong.code, stderr: wrong.stderr }).toEqual({
    code: 5,
    stderr: expect.stringContaining('did you mean "hyperband"?'),
  })
})
