/**
 * spec.parameterConstraints: conditions on the values of a trial, such as `lr * batch <= 1 and p["num-layers"] < 8`.
 *
 * mathjs parses; what is evaluated is our own reading of an allow-listed syntax tree, in plain floating point, so that no
 * tolerance lets a broken constraint pass. Allowed: numbers, parameters (by name, in backquotes, or as p["name"]),
 * + - * / ^ %, comparisons and their chains, and or not (also && || !), a ? b : c, the functions below, and texts compared
 * by == and != with a categorical parameter. Loaded only where a problem has constraints: mathjs takes its time.
 */
import { type MathNode, parse } from 'mathjs/number'
import type { SpecProblem } from '#api'
import type { Feasible } from './feasible.ts'
import { createSpace, type Problem, type Values } from './space.ts'

const MAX_LENGTH = 1000
const MAX_NODES = 200

type Value = number | string | boolean
type Evaluate = (values: Values) => Value
/** What a part of an expression gives: texts only meet == and !=. */
interface Part {
  readonly gives: 'number' | 'text' | 'truth'
  readonly evaluate: Evaluate
}

class Refused extends Error {}

/** The constraints of a problem that `constraintRefusal` found nothing wrong with. */
export function compileExpressions(problem: Problem): Feasible {
  const conditions = (problem.parameterConstraints ?? []).map(text => compile(text, problem))
  return values => conditions.every(condition => condition(values) === true)
}

/** Every constraint that cannot be read, with what to write instead. */
export function expressionRefusal(problem: Problem): SpecProblem[] {
  return (problem.parameterConstraints ?? []).flatMap((text, i): SpecProblem[] => {
    try {
      compile(text, problem)
      return []
    } catch (reason) {
      const message = `${reason instanceof Error ? reason.message : reason}, got "${text}"`
      return [{ path: `spec.parameterConstraints[${i}]`, reason: 'Invalid', message }]
    }
  })
}

function compile(text: string, problem: Problem): Evaluate {
  if (text.length > MAX_LENGTH) throw new Refused(`expected at most ${MAX_LENGTH} characters`)
  const tree = parse(spelled(text))
  let nodeCount = 0
  tree.traverse(() => void nodeCount++)
  if (nodeCount > MAX_NODES) throw new Refused(`expected at most ${MAX_NODES} terms`)
  const part = read(tree, problem)
  if (part.gives !== 'truth') throw new Refused('expected a condition, such as lr <= 0.1')
  return part.evaluate
}

/** The other spellings of and, or, not; names in backquotes. Texts in quotes stay as they are. */
function spelled(text: string): string {
  return text
    .split(/("[^"]*"|'[^']*'|`[^`]*`)/)
    .map(piece => {
      if (piece.startsWith('`') && piece.length > 1) return `p[${JSON.stringify(piece.slice(1, -1))}]`
      if (/^["']/.test(piece)) return piece
      return piece
        .replaceAll('&&', ' and ')
        .replaceAll('||', ' or ')
        .replaceAll(/!(?!=)/g, ' not ')
    })
    .join('')
}

/** The fields of mathjs' nodes that are read here; `type` says which are present. */
interface TreeNode {
  readonly type: string
  readonly op?: string
  readonly fn?: string | { readonly name?: string }
  readonly args?: readonly MathNode[]
  readonly value?: unknown
  readonly name?: string
  readonly content?: MathNode
  readonly object?: MathNode
  readonly index?: { readonly dimensions: readonly MathNode[] }
  readonly conditionals?: readonly string[]
  readonly params?: readonly MathNode[]
  readonly condition?: MathNode
  readonly trueExpr?: MathNode
  readonly falseExpr?: MathNode
}

function read(tree: MathNode, problem: Problem): Part {
  // MathNode declares only what all nodes share; TreeNode lists what the documented node types add.
  const node = tree as unknown as TreeNode
  const of = (child: MathNode | undefined) => read(child as MathNode, problem)
  switch (node.type) {
    case 'ParenthesisNode':
      return of(node.content)
    case 'ConstantNode':
      return constant(node.value)
    case 'SymbolNode':
      return parameter(node.name ?? '', problem)
    case 'AccessorNode':
      return parameter(accessedName(node), problem)
    case 'RelationalNode':
      return chain(node.conditionals ?? [], (node.params ?? []).map(of))
    case 'ConditionalNode':
      return choice(of(node.condition), of(node.trueExpr), of(node.falseExpr))
    case 'OperatorNode':
      return operation(String(node.fn), (node.args ?? []).map(of), node.op ?? '')
    case 'FunctionNode':
      return call(typeof node.fn === 'object' ? (node.fn.name ?? '') : String(node.fn), (node.args ?? []).map(of))
    default:
      throw new Refused(`expected numbers, parameters, comparisons and functions, found a ${node.type}`)
  }
}

function constant(value: unknown): Part {
  if (typeof value === 'number') return { gives: 'number', evaluate: () => value }
  if (typeof value === 'boolean') return { gives: 'truth', evaluate: () => value }
  return { gives: 'text', evaluate: () => String(value) }
}

function parameter(name: string, problem: Problem): Part {
  const axis = createSpace(problem).axes.find(candidate => candidate.name === name)
  if (!axis) {
    if (name === 'true' || name === 'false') return constant(name === 'true')
    const names = problem.parameters.map(candidate => candidate.name).join(', ')
    throw new Refused(`expected a parameter (${names}), found "${name}"`)
  }
  if (axis.kind === 'categorical') return { gives: 'text', evaluate: values => values[name] }
  return { gives: 'number', evaluate: values => Number(values[name]) }
}

function accessedName(node: TreeNode): string {
  const object = node.object as unknown as TreeNode
  const index = node.index?.dimensions[0] as unknown as TreeNode | undefined
  if (object.type === 'SymbolNode' && object.name === 'p' && typeof index?.value === 'string') return index.value
  throw new Refused('expected p["name"] for a parameter whose name is no identifier')
}

function operation(fn: string, args: readonly Part[], symbol: string): Part {
  const [a, b] = args
  if (Object.hasOwn(arithmetic, fn)) {
    const compute = arithmetic[fn]
    requireAll(args, 'number', symbol)
    return { gives: 'number', evaluate: values => compute(...args.map(arg => Number(arg.evaluate(values)))) }
  }
  if (Object.hasOwn(comparisons, fn)) return chain([fn], args)
  if (fn === 'not') {
    requireAll(args, 'truth', symbol)
    return { gives: 'truth', evaluate: values => !a.evaluate(values) }
  }
  if (fn === 'and' || fn === 'or') {
    requireAll(args, 'truth', symbol)
    const isAnd = fn === 'and'
    return {
      gives: 'truth',
      evaluate: values => (isAnd ? a.evaluate(values) && b.evaluate(values) : a.evaluate(values) || b.evaluate(values)),
    }
  }
  throw new Refused(`the operator ${symbol} is not allowed`)
}

/** a < b < c: every neighbouring pair. */
function chain(relations: readonly string[], parts: readonly Part[]): Part {
  for (const [i, relation] of relations.entries()) {
    const [left, right] = [parts[i], parts[i + 1]]
    if (!Object.hasOwn(comparisons, relation)) throw new Refused(`the comparison ${relation} is not allowed`)
    const isEquality = relation === 'equal' || relation === 'unequal'
    if (left.gives !== right.gives)
      throw new Refused(`expected two numbers or two texts, found ${left.gives} and ${right.gives}`)
    if (left.gives !== 'number' && !isEquality) throw new Refused('texts can only be compared by == and !=')
  }
  return {
    gives: 'truth',
    evaluate(values) {
      const found = parts.map(part => part.evaluate(values))
      return relations.every((relation, i) => comparisons[relation](found[i], found[i + 1]))
    },
  }
}

function choice(condition: Part, yes: Part, no: Part): Part {
  requireAll([condition], 'truth', '?')
  if (yes.gives !== no.gives) throw new Refused('expected both sides of : to be of one kind')
  return { gives: yes.gives, evaluate: values => (condition.evaluate(values) ? yes : no).evaluate(values) }
}

function call(name: string, args: readonly Part[]): Part {
  if (!Object.hasOwn(functions, name)) {
    throw new Refused(`expected one of the functions ${Object.keys(functions).join(', ')}, found ${name}`)
  }
  const compute = functions[name]
  requireAll(args, 'number', name)
  return { gives: 'number', evaluate: values => compute(...args.map(arg => Number(arg.evaluate(values)))) }
}

function requireAll(parts: readonly Part[], gives: Part['gives'], symbol: string): void {
  const odd = parts.find(part => part.gives !== gives)
  if (odd) throw new Refused(`${symbol} takes a ${gives}, found a ${odd.gives}`)
}

type Compute = (...numbers: number[]) => number

const arithmetic: Readonly<Record<string, Compute>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  mod: (a, b) => a - b * Math.floor(a / b),
  pow: (a, b) => a ** b,
  unaryMinus: a => -a,
  unaryPlus: a => a,
}

const functions: Readonly<Record<string, Compute>> = {
  abs: Math.abs,
  min: Math.min,
  max: Math.max,
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  floor: Math.floor,
  ceil: Math.ceil,
  round: Math.round,
}

const comparisons: Readonly<Record<string, (a: Value, b: Value) => boolean>> = {
  smaller: (a, b) => a < b,
  smallerEq: (a, b) => a <= b,
  larger: (a, b) => a > b,
  largerEq: (a, b) => a >= b,
  equal: (a, b) => a === b,
  unequal: (a, b) => a !== b,
}
