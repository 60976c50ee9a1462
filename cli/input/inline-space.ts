/**
 * The search space of a command line: `-p name=SPACE`.
 *
 *   lr=1e-4..1:log          double, log scale        layers=1..10:int     int
 *   drop=0..0.5:step=0.1    stepped                  opt=adam,sgd         categorical
 *   bs=8,16,32:ordered      discrete                 w=normal:0,1         normal with mean and deviation
 *   w=lognormal:0,1         log-normal               lr=@space.yaml       the feasible space from a file
 */
import type { Parameter } from '#api'
import { CommandError, EXIT } from '../exit.ts'

/** A parameter without its name. */
export type Searched = Pick<Parameter, 'parameterType' | 'feasibleSpace'>

/** Throws a usage error that names the parameter, what was expected and what was given. `readFile` serves `@file`. */
export function parseParameter(text: string, readFile: (path: string) => Searched): Parameter {
  const equals = text.indexOf('=')
  const name = text.slice(0, equals)
  if (equals < 1 || !/^[A-Za-z_][\w.-]*$/.test(name)) {
    throw refused(text, 'expected name=SPACE with a name of letters, digits, "_", "-" and "."')
  }
  const space = text.slice(equals + 1)
  if (space.startsWith('@')) return { name, ...readFile(space.slice(1)) }
  const distribution = /^(normal|lognormal):(.+),(.+)$/i.exec(space)
  if (distribution) return { name, ...around(text, distribution[1].toLowerCase(), distribution[2], distribution[3]) }
  const [values, ...options] = space.split(':')
  const range = /^([^.].*?|\.\d.*?)\.\.(.+)$/.exec(values)
  if (range) return { name, ...between(text, range[1], range[2], options) }
  return { name, ...oneOf(text, values, options) }
}

function between(text: string, min: string, max: string, options: readonly string[]): Searched {
  const known = options.every(option => option === 'int' || option === 'log' || /^step=.+$/.test(option))
  if (!known) throw refused(text, 'after a range expected :log, :int or :step=NUMBER')
  const step = options.find(option => option.startsWith('step='))?.slice(5)
  const numbers = [min, max, ...(step === undefined ? [] : [step])]
  const wrong = numbers.find(value => !isNumber(value))
  if (wrong !== undefined) throw refused(text, `expected a number, got "${wrong}"`)
  if (Number(min) >= Number(max)) throw refused(text, `expected a minimum below ${max}, got ${min}`)
  const isInt = options.includes('int')
  if (isInt && numbers.some(value => !Number.isInteger(Number(value))))
    throw refused(text, ':int expects whole numbers')
  if (options.includes('log') && Number(min) <= 0) throw refused(text, `:log expects a minimum above 0, got ${min}`)
  return {
    parameterType: isInt ? 'int' : 'double',
    feasibleSpace: {
      min,
      max,
      ...(step === undefined ? {} : { step }),
      distribution: options.includes('log') ? 'logUniform' : 'uniform',
    },
  }
}

/** Katib reads mean and deviation off the bounds: min = mean - 3 deviations, max = mean + 3 deviations. */
function around(text: string, kind: string, mean: string, deviation: string): Searched {
  if (!isNumber(mean) || !isNumber(deviation) || Number(deviation) <= 0) {
    throw refused(text, `expected ${kind}:MEAN,DEVIATION with two numbers and a deviation above 0`)
  }
  const end = (sign: number) => {
    const value = Number(mean) + sign * 3 * Number(deviation)
    return String(kind === 'normal' ? value : Math.exp(value))
  }
  const distribution = kind === 'normal' ? 'normal' : 'logNormal'
  return { parameterType: 'double', feasibleSpace: { min: end(-1), max: end(1), distribution } }
}

function oneOf(text: string, values: string, options: readonly string[]): Searched {
  const list = values.split(',')
  if (list.some(value => value === ''))
    throw refused(text, 'expected MIN..MAX or VALUE,VALUE,... without an empty value')
  if (new Set(list).size < list.length) throw refused(text, 'expected each value once')
  const unknown = options.find(option => option !== 'ordered')
  if (unknown !== undefined) throw refused(text, `after a list expected :ordered, got ":${unknown}"`)
  if (options.length > 0 && !list.every(isNumber)) throw refused(text, ':ordered expects numbers')
  return { parameterType: options.length > 0 ? 'discrete' : 'categorical', feasibleSpace: { list } }
}

const isNumber = (text: string) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)

function refused(text: string, expectation: string): CommandError {
  return new CommandError(EXIT.usage, `-p ${text}: ${expectation}`)
}
