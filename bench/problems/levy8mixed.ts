/** Levy's function of four numbers, two integers and two lists, and a copy moved off its place (the original likes the centre). */
import type { Parameter } from '#api'
import { type BenchProblem, numberParameter, shiftOf } from './problem.ts'

const choices = [-7, -4, -1, 1, 3, 6]
const numbers = Array.from({ length: 4 }, (_, i) => numberParameter(`x${i}`, -10, 10))
const integers = [4, 5].map(
  (i): Parameter => ({ name: `x${i}`, parameterType: 'int', feasibleSpace: { min: '-10', max: '10' } }),
)
const lists = [6, 7].map(
  (i): Parameter => ({ name: `x${i}`, parameterType: 'categorical', feasibleSpace: { list: choices.map(String) } }),
)
const parameters = [...numbers, ...integers, ...lists]

function levy(x: readonly number[]): number {
  const w = x.map(value => 1 + (value - 1) / 4)
  let sum = Math.sin(Math.PI * w[0]) ** 2
  for (const value of w.slice(0, -1)) sum += (value - 1) ** 2 * (1 + 10 * Math.sin(Math.PI * value + 1) ** 2)
  const last = w[w.length - 1]
  return sum + (last - 1) ** 2 * (1 + Math.sin(2 * Math.PI * last) ** 2)
}

function levyProblem(name: string, optimum: readonly number[]): BenchProblem {
  return {
    name,
    parameters,
    optimum: 0,
    evaluate: values => levy(parameters.map((parameter, i) => Number(values[parameter.name]) - optimum[i] + 1)),
  }
}

export const levy8mixed = levyProblem('levy8mixed', new Array(8).fill(1))

const shift = shiftOf('levy8shift', 8)
export const levy8shift = levyProblem('levy8shift', [
  ...shift.slice(0, 4).map(s => 8 * s),
  ...shift.slice(4, 6).map(s => Math.round(8 * s)),
  choices[Math.floor(((shift[6] + 1) / 2) * 6)],
  choices[Math.floor(((shift[7] + 1) / 2) * 6)],
])
