import { describe, expect, test } from 'vitest'
import { problemRefusal } from '#suggestion'
import { algorithmEntries } from '../../cli/algorithm-entries.ts'
import { aCall, aProblem, double } from '../suggestion/problems.ts'

describe.each(algorithmEntries().map(entry => [entry.name, entry] as const))('%s', (name, entry) => {
  const problem = aProblem([double('x', { min: '0', max: '1' }), double('z', { min: '0', max: '1' })])
  const refusals = (settings: Readonly<Record<string, string>>) => {
    const algorithmSettings = Object.entries(settings).map(([key, value]) => ({ name: key, value }))
    const { algorithm } = aCall(name, problem, { algorithm: { algorithmName: name, algorithmSettings } })
    return problemRefusal(problem, algorithm).map(({ message }) => message)
  }

  test('has a purpose and a source, and every setting its meaning and its accepted values', () => {
    expect([entry.title, entry.source].every(text => text.length > 10)).toBe(true)
    for (const setting of entry.settings) expect([setting.accepts, setting.description]).not.toContain('')
  })

  test('admission asks for exactly the settings that are listed as required', () => {
    const required = entry.settings.filter(setting => setting.required).map(setting => setting.name)
    const asked = refusals({}).flatMap(message => /needs the setting (\w+)/.exec(message)?.[1] ?? [])
    expect(asked.sort()).toEqual(required.sort())
  })

  test('no listed setting is unknown to admission, and every listed default is accepted', () => {
    for (const setting of entry.settings) {
      const given = refusals({ [setting.name]: setting.default ?? '1' })
      expect(given.filter(message => message.includes('unknown setting'))).toEqual([])
      if (setting.default !== undefined)
        expect(given.filter(message => message.includes(`failed to validate ${setting.name}(`))).toEqual([])
    }
  })
})
