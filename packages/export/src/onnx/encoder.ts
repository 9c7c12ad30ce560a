/**
 * The encoders of packages/features/src/pipeline/encode.ts as nodes: from raw columns [N, 1] to the inputs of the network. Numbers are
 * computed in f64 and rounded to f32 last, as there.
 */
import { type FeaturePipeline, type FittedColumn, isDense } from '@vigil/features'
import type { Graph, Value } from './graph.ts'

type Fitted<Kind extends FittedColumn['kind']> = Extract<FittedColumn, { kind: Kind }>

/** Standardised numbers are cut here, and so many powers of four are told apart, as in packages/features. */
const STANDARD_LIMIT = 3
const MAGNITUDES = 12

/** The network's inputs; null where it has none of the kind. */
type EncodedInputs = {
  /** f32 [N, D] */
  readonly dense: Value | null
  /** int64 [N, C] */
  readonly categorical: Value | null
}

/** Adds an input for each raw column, once, and what encodes it. */
export function addEncoder(graph: Graph, { columns }: Pick<FeaturePipeline, 'columns'>): EncodedInputs {
  const sources = new Map<string, Value>()
  const sourceOf = ({ source, kind }: FittedColumn): Value => {
    const value = sources.get(source) ?? graph.input(rawPort(source, kind))
    sources.set(source, value)
    return value
  }
  const encode = (column: FittedColumn) => addColumn(graph, column, sourceOf(column))
  const dense = columns.filter(isDense).map(encode)
  const categorical = columns.filter((column) => !isDense(column)).map(encode)
  const joined = (values: readonly Value[]) => (values.length === 0 ? null : graph.op('Concat', values, { axis: 1 }))
  return { dense: joined(dense), categorical: joined(categorical) }
}

function rawPort(name: string, kind: FittedColumn['kind']) {
  return kind === 'vocabulary'
    ? ({ name, type: 'string', shape: ['N', 1], about: 'text; an empty or unknown one is the unknown' } as const)
    : ({ name, type: 'double', shape: ['N', 1], about: 'number; NaN = missing' } as const)
}

function addColumn(graph: Graph, column: FittedColumn, raw: Value): Value {
  switch (column.kind) {
    case 'standard':
      return addStandard(graph, column, raw)
    case 'quantile':
      return addQuantile(graph, column, raw)
    case 'count':
      return addCount(graph, column, raw)
    case 'values':
      return addValues(graph, column, raw)
    case 'vocabulary':
      return addVocabulary(graph, column, raw)
  }
}

function addStandard(graph: Graph, { mean, deviation }: Fitted<'standard'>, raw: Value): Value {
  const { op } = graph
  const scaled = op('Div', [op('Sub', [raw, number(graph, mean)]), number(graph, deviation)])
  return presentDense(graph, raw, clipped(graph, scaled, -STANDARD_LIMIT, STANDARD_LIMIT))
}

/** Piecewise-linear through the knots, constant beyond them. */
function addQuantile(graph: Graph, { knots, levels }: Fitted<'quantile'>, raw: Value): Value {
  const { op } = graph
  if (knots.length < 2) {
    const nothing = op('Mul', [graph.cast(op('IsNaN', [raw]), 'double'), number(graph, 0)])
    return presentDense(graph, raw, op('Add', [nothing, number(graph, levels[0] ?? 0)]))
  }
  const last = knots.length - 1
  const value = clipped(graph, raw, knots[0], knots[last])
  const below = op('Less', [graph.constant('double', knots, [1, knots.length]), value])
  const axis = graph.constant('int64', [1])
  const rank = op('ReduceSum', [graph.cast(below, 'int64'), axis], { keepdims: 1 })
  const right = op('Clip', [rank, graph.constant('int64', [1], []), graph.constant('int64', [last], [])])
  const left = op('Sub', [right, graph.constant('int64', [1], [])])
  // Halved, so that the distance between two huge knots is still a number.
  const halves = graph.constant(
    'double',
    knots.map((knot) => knot / 2),
  )
  const [from, to] = [left, right].map((at) => op('Gather', [halves, at]))
  const share = op('Div', [op('Sub', [op('Mul', [value, number(graph, 0.5)]), from]), op('Sub', [to, from])])
  const all = graph.constant('double', levels)
  const [low, high] = [left, right].map((at) => op('Gather', [all, at]))
  return presentDense(graph, raw, op('Add', [low, op('Mul', [share, op('Sub', [high, low])])]))
}

/** 1 + floor of the number, cut to [0, cap]. */
function addCount(graph: Graph, { cap }: Fitted<'count'>, raw: Value): Value {
  const whole = clipped(graph, graph.op('Floor', [raw]), 0, cap)
  return presentIndex(graph, raw, graph.op('Add', [whole, number(graph, 1)]))
}

/** 1 + the place of the number among the exact ones; another number's power of four behind them. */
function addValues(graph: Graph, { values }: Fitted<'values'>, raw: Value): Value {
  const { op } = graph
  const axis = graph.constant('int64', [1])
  const powers = Array.from({ length: MAGNITUDES - 1 }, (_, k) => 4 ** (k + 1))
  const reached = op('GreaterOrEqual', [op('Abs', [raw]), graph.constant('double', powers, [1, powers.length])])
  const steps = op('ReduceSum', [graph.cast(reached, 'double'), axis], { keepdims: 1 })
  const other = op('Add', [steps, number(graph, 1 + values.length)])
  if (values.length === 0) return presentIndex(graph, raw, other)
  const equal = op('Equal', [raw, graph.constant('double', values, [1, values.length])])
  const places = graph.constant(
    'double',
    values.map((_, place) => place + 1),
    [1, values.length],
  )
  const place = op('ReduceSum', [op('Mul', [graph.cast(equal, 'double'), places]), axis], { keepdims: 1 })
  return presentIndex(graph, raw, op('Where', [op('Greater', [place, number(graph, 0)]), place, other]))
}

function addVocabulary(graph: Graph, { tokens }: Fitted<'vocabulary'>, raw: Value): Value {
  // An encoder needs a text at least.
  const [keys, values] = tokens.length === 0 ? [[''], [0]] : [tokens, tokens.map((_, place) => place + 1)]
  return graph.op('LabelEncoder', [raw], { keys_strings: keys, values_int64s: values, default_int64: 0 })
}

const number = (graph: Graph, value: number) => graph.constant('double', [value], [])

function clipped(graph: Graph, value: Value, low: number, high: number): Value {
  return graph.op('Clip', [value, number(graph, low), number(graph, high)])
}

/** f32, with 0 where the number is missing. */
function presentDense(graph: Graph, raw: Value, value: Value): Value {
  return graph.cast(graph.op('Where', [graph.op('IsNaN', [raw]), number(graph, 0), value]), 'float')
}

/** An index, with 0 where the number is missing. */
function presentIndex(graph: Graph, raw: Value, value: Value): Value {
  return graph.cast(graph.op('Where', [graph.op('IsNaN', [raw]), number(graph, 0), value]), 'int64')
}
