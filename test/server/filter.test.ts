import { describe, expect, test } from 'vitest'
import { parseFilter } from '../../server/rest/filter.ts'
import { pageOf } from '../../server/rest/page.ts'
import { type TrialRow, trialRow } from '../../server/rest/trial-row.ts'
import { anExperiment, aTrial } from './cluster.ts'

const aRow = (name: string, more: Partial<TrialRow>): TrialRow => ({
  ...trialRow(aTrial('tune', 0), anExperiment('tune')),
  name,
  ...more,
})
const rows = [
  aRow('a', { number: 1, status: 'Succeeded', objective: 0.5, parameters: { lr: 0.1, opt: 'adam', 'num layers': 2 } }),
  aRow('b', { number: 2, status: 'Failed', parameters: { lr: 0.01, opt: 'SGD' } }),
  aRow('c', { number: 10, status: 'Succeeded', objective: 'NaN', parameters: { lr: 1, opt: 'in', status: 5 } }),
]
const select = (filter: string) =>
  rows
    .filter(parseFilter(filter))
    .map(row => row.name)
    .join('')

describe('a filter', () => {
  test.each([
    ['lr<0.1', 'b'],
    ['lr <= 1e-1', 'ab'],
    ['lr>0.05 status:succeeded', 'ac'],
    ['status=succeeded', ''],
    ['status=Succeeded and not number=1', 'c'],
    ['status:failed or lr=1', 'bc'],
    ['(status:failed or lr=1) opt~g', 'b'],
    ['not (status:failed or lr=1)', 'a'],
    ['not not number>1', 'bc'],
    ['opt in (adam, SGD)', 'ab'],
    ['number in (1,10)', 'ac'],
    ['"num layers"=2', 'a'],
    ['opt="in"', 'c'],
    ['parameters.status=5', 'c'],
    ['objective<1', 'a'],
    ['objective!=0.5', 'c'],
    ['objective=NaN', 'c'],
    ['nothing=1', ''],
    ['nothing!=1', ''],
    ['lr!=0.1', 'bc'],
    ['opt<b', 'ab'],
    ['lr=abc', ''],
    ['__proto__=1', ''],
    ['constructor~a', ''],
  ])('%s', (filter, names) => {
    expect(select(filter)).toBe(names)
  })

  test.each([
    ['', 'filter: expected a field, got the end at position 1'],
    ['lr', 'filter: expected one of : = != < <= > >= ~ in, got the end at position 3'],
    ['lr<', 'filter: expected a value, got the end at position 4'],
    ['lr<1)', 'filter: expected "and", "or" or the end, got ) at position 5'],
    ['(lr<1', 'filter: expected ")", got the end at position 6'],
    ['lr<1 or', 'filter: expected a field, got the end at position 8'],
    ['lr in 1', 'filter: expected "(", got 1 at position 7'],
    ['lr in (1', 'filter: expected ")", got the end at position 9'],
    ['lr # 1', 'filter: got # at position 4'],
    ['lr="1', 'filter: got " at position 4'],
    ['('.repeat(40), 'filter: expected at most 32 levels, got more at position 33'],
  ])('%s is refused', (filter, says) => {
    expect(() => parseFilter(filter)).toThrow(says)
  })
})

describe('pages', () => {
  const all = Array.from({ length: 25 }, (_, i) =>
    aRow(`t${i}`, { number: i, objective: i % 4 ? (i * 7) % 5 : undefined }),
  )
  const walk = (orderBy: string, limit: number, between: (page: number) => readonly TrialRow[] = () => all) => {
    const seen: string[] = []
    let cursor: string | undefined
    let page = 0
    do {
      const next = pageOf(between(page++), { orderBy, limit, cursor })
      seen.push(...next.rows.map(row => row.name))
      cursor = next.nextCursor
    } while (cursor !== undefined)
    return seen
  }

  test.each(['', 'objective', 'objective desc', 'objective desc, number desc', 'lr, objective'])(
    'by "%s": pages of any size make the whole, each row once',
    orderBy => {
      const whole = pageOf(all, { orderBy, limit: 100 }).rows.map(row => row.name)
      expect(new Set(whole).size).toBe(25)
      for (const limit of [1, 2, 7, 25]) expect(walk(orderBy, limit)).toEqual(whole)
    },
  )

  test('rows without a value are last in either direction', () => {
    for (const orderBy of ['objective', 'objective desc'])
      expect(
        pageOf(all, { orderBy, limit: 100 })
          .rows.slice(-7)
          .every(row => row.objective === undefined),
      ).toBe(true)
  })

  test('a trial that is added between pages neither shifts nor repeats another', () => {
    const extra = aRow('extra', { number: 0, objective: -1 })
    const seen = walk('objective', 5, page => (page === 0 ? all : [extra, ...all]))
    expect(seen.toSorted()).toEqual(all.map(row => row.name).toSorted())
  })

  test('a cursor of another order, or of nobody, is refused', () => {
    const { nextCursor } = pageOf(all, { orderBy: 'objective', limit: 1 })
    for (const [orderBy, cursor] of [
      ['', nextCursor],
      ['objective', 'xyz'],
      ['objective', ''],
    ] as const)
      expect(() => pageOf(all, { orderBy, limit: 1, cursor })).toThrow('cursor')
    expect(() => pageOf(all, { orderBy: 'a b c', limit: 1 })).toThrow('order_by')
  })
})
