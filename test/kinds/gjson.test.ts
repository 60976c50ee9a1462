import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseJson } from '#api'
import { gjson } from '#kinds'

const library = {
  title: 'Old maps',
  'fav.shelf': 'B 12',
  'a*b': 'star',
  rooms: ['north', 'south', 'cellar'],
  owner: { first: 'Ada', last: 'Brook', age: 37 },
  loans: [
    { reader: 'Noor', days: 44, tags: ['sea', 'ice'], open: true },
    { reader: 'Rolf', days: 68, tags: ['sea'], open: false },
    { reader: 'Noor', days: 47, tags: ['ice', 'rail'], late: null },
  ],
  grid: [[1, 2], [3, [4, 5]], 6],
}

const found: readonly [path: string, value: unknown][] = [
  ['title', 'Old maps'],
  ['owner.last', 'Brook'],
  ['owner.missing', undefined],
  ['title.last', undefined],
  ['rooms', library.rooms],
  ['rooms.1', 'south'],
  ['rooms.9', undefined],
  ['rooms.first', undefined],
  ['ro*.2', 'cellar'],
  ['r?oms.0', 'north'],
  ['o*.l*', 'Brook'],
  ['fav\\.shelf', 'B 12'],
  ['a\\*b', 'star'],
  ['owner.x*', undefined],

  ['rooms.#', 3],
  ['loans.#.days', [44, 68, 47]],
  ['loans.#.late', [null]],
  ['loans.#.missing', []],
  ['loans.#.tags.0', ['sea', 'sea', 'ice']],
  ['loans.#.tags|0', ['sea', 'ice']],
  ['title.#', undefined],

  ['loans.#(reader=="Rolf").days', 68],
  ['loans.#(reader=="Nobody").days', undefined],
  ['loans.#(reader=="Noor")#.days', [44, 47]],
  ['loans.#(reader=="Nobody")#', []],
  ['loans.#(days>45)#.reader', ['Rolf', 'Noor']],
  ['loans.#(days>=47)#.days', [68, 47]],
  ['loans.#(days<47)#.days', [44]],
  ['loans.#(days<=47)#.days', [44, 47]],
  ['loans.#(days!=44)#.days', [68, 47]],
  ['loans.#(days=44).reader', 'Noor'],
  ['loans.#(reader%"N*").days', 44],
  ['loans.#(reader!%"N*").days', 68],
  ['loans.#( reader == "Rolf" ).days', 68],
  ['loans.#(open==true).days', 44],
  ['loans.#(open==false).days', 68],
  ['loans.#(open>false).days', 44],
  ['loans.#(late).days', 47],
  ['loans.#(late==null).days', undefined],
  ['loans.#(open==~true)#.days', [44]],
  ['loans.#(open==~false)#.days', [68, 47]],
  ['loans.#(late==~null)#.days', [44, 68, 47]],
  ['loans.#(open==~*)#.days', [44, 68]],
  ['loans.#(tags.#(=="rail")).days', 47],
  ['loans.#(tags.#(=="ice"))#.days', [44, 47]],
  ['rooms.#(%"*th")#', ['north', 'south']],
  ['rooms.#(!%"*th")', 'cellar'],
  ['loans.#[reader=="Rolf"].days', 68],
  ['loans.#(reader=="Rolf"', undefined],
  ['loans.#(reader=="No\\u006fr").days', 44],

  ['loans.#(reader=="Noor")#|0.days', 44],
  ['loans.#(reader=="Noor")#.0', []],
  ['loans.#(reader=="Noor")#|#', 2],
  ['loans|1|days', 68],
  ['missing|0', undefined],

  ['@this', library],
  ['rooms.@reverse', ['cellar', 'south', 'north']],
  ['rooms|@reverse|0', 'cellar'],
  ['grid.@flatten', [1, 2, 3, [4, 5], 6]],
  ['grid.@flatten:{"deep":true}', [1, 2, 3, 4, 5, 6]],
  ['owner.@keys', ['first', 'last', 'age']],
  ['owner.@values', ['Ada', 'Brook', 37]],
  ['owner.@values.#', 3],
  ['title.@tostr', '"Old maps"'],
  ['title.@tostr.@fromstr', 'Old maps'],
  ['title.@fromstr', undefined],
  ['@unknown', undefined],
  ['{"n":loans.#.reader,"d":loans.#.days}|@group|1', { n: 'Rolf', d: 68 }],
  ['loans.@join.reader', 'Noor'],
  ['loans.@join:{"preserve":true}.days', 44],

  ['[title,owner.age]', ['Old maps', 37]],
  ['[title,missing]', ['Old maps']],
  ['{title,owner.age}', { title: 'Old maps', age: 37 }],
  ['{"years":owner.age,loans.#}', { years: 37, _: 3 }],
  ['owner.[first,last]', ['Ada', 'Brook']],
  ['owner.{first,"n":age}.n', 37],
  ['loans.#.{reader,days}|1', { reader: 'Rolf', days: 68 }],
  ['{title,"kind":!"map"}', { title: 'Old maps', kind: 'map' }],
  ['!42', 42],
  ['!{"a":[1,2]}.a.1', 2],

  ['..#', 1],
  ['..0.title', 'Old maps'],
  ['', undefined],
]

test.each(found)('%s finds %j', (path, value) => {
  expect(gjson(library, path)).toEqual(value)
})

const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/gjson.json'), 'utf8')) as {
  readonly document: unknown
  readonly answers: readonly (readonly [path: string, value?: unknown])[]
}

test('the original gives the same answers, or none as well', () => {
  expect(golden.answers.length).toBeGreaterThan(250)
  const ours = golden.answers.map(([path]) => [path, gjson(golden.document, path)])
  expect(ours).toEqual(golden.answers.map(([path, value]) => [path, value]))
})

describe('conditions of known kinds', () => {
  const job = {
    status: {
      conditions: [
        { type: 'Complete', status: 'True', reason: 'Done' },
        { type: 'Failed', status: 'False' },
      ],
    },
  }

  test('a condition that is True is found as a list of one', () => {
    expect(gjson(job, 'status.conditions.#(type=="Complete")#|#(status=="True")#')).toEqual([job.status.conditions[0]])
  })

  test('a condition that is False is an empty list', () => {
    expect(gjson(job, 'status.conditions.#(type=="Failed")#|#(status=="True")#')).toEqual([])
  })

  test('without a status there is nothing', () => {
    expect(gjson({}, 'status.conditions.#(type=="Complete")#|#(status=="True")#')).toBeUndefined()
  })

  test('an object is queried through a list of one', () => {
    const workflow = { status: { phase: 'Succeeded' } }
    expect(gjson(workflow, 'status.[@this].#(phase=="Succeeded")#')).toEqual([workflow.status])
    expect(gjson(workflow, 'status.[@this].#(phase=="Failed")#')).toEqual([])
  })
})

test('numbers kept digit by digit compare as numbers', () => {
  const list = parseJson('[{"n":9007199254740993},{"n":1}]')
  expect(gjson(list, '#(n>9007199254740000)#|#')).toBe(1)
})

test.each([
  ['wildcards', `#(%"${'*a'.repeat(50)}b")`],
  ['brackets', '['.repeat(1_000)],
  ['more brackets', '['.repeat(10_000)],
  ['doubling', '[@this,@this].#.'.repeat(40)],
  ['doubling and printing', `${'[@this,@this].'.repeat(40)}@tostr`],
  ['doubling and flattening', `${'[@this,@this].'.repeat(40)}@flatten:{"deep":true}`],
  ['queries', '#('.repeat(500)],
])('a hostile path ends: %s', (_, path) => {
  expect(() => gjson(['a'.repeat(5_000)], path)).not.toThrow()
})
