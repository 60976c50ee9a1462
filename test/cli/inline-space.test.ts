import { describe, expect, test } from 'vitest'
import { parseParameter } from '../../cli/input/inline-space.ts'

const parse = (text: string) =>
  parseParameter(text, () => ({ parameterType: 'int', feasibleSpace: { min: '1', max: '2' } }))

describe('a search space on the command line', () => {
  test.each([
    ['lr=1e-4..1e-1:log', 'double', { min: '1e-4', max: '1e-1', distribution: 'logUniform' }],
    ['x=-1..1', 'double', { min: '-1', max: '1', distribution: 'uniform' }],
    ['x=.5...75', 'double', { min: '.5', max: '.75', distribution: 'uniform' }],
    ['layers=1..10:int', 'int', { min: '1', max: '10', distribution: 'uniform' }],
    ['units=16..1024:int:log', 'int', { min: '16', max: '1024', distribution: 'logUniform' }],
    ['drop=0..0.5:step=0.1', 'double', { min: '0', max: '0.5', step: '0.1', distribution: 'uniform' }],
    ['opt=adam,sgd', 'categorical', { list: ['adam', 'sgd'] }],
    ['bs=8,16,32:ordered', 'discrete', { list: ['8', '16', '32'] }],
    ['w=normal:0,1', 'double', { min: '-3', max: '3', distribution: 'normal' }],
    ['k=@space.yaml', 'int', { min: '1', max: '2' }],
  ])('%s', (text, parameterType, feasibleSpace) => {
    expect(parse(text)).toEqual({ name: text.split('=')[0], parameterType, feasibleSpace })
  })

  test.each([
    ['lr', 'expected name=SPACE'],
    ['=1..2', 'expected name=SPACE'],
    ['lr=1..x', 'expected a number, got "x"'],
    ['lr=2..1', 'expected a minimum below 1, got 2'],
    ['lr=0..1:log', ':log expects a minimum above 0, got 0'],
    ['n=1..2.5:int', ':int expects whole numbers'],
    ['lr=1..2:fast', 'expected :log, :int or :step=NUMBER'],
    ['opt=a,,b', 'without an empty value'],
    ['opt=a,a', 'expected each value once'],
    ['opt=a,b:ordered', ':ordered expects numbers'],
    ['w=normal:0,-1', 'a deviation above 0'],
  ])('%s is refused with what was expected', (text, expectation) => {
    expect(() => parse(text)).toThrow(expectation)
  })
})
