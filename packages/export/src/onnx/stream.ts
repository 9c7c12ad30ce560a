/** What a team whose actions have consequences sees of a stream, as nodes: packages/env-wasm/assembly/response.ts has the formulas. */
import type { Bundle } from '@vigil/runs'
import type { Graph, Value } from './graph.ts'

/** Largest log-odds that the context shows, and what it and the logarithms of counts are divided by, as in response.ts. */
const LOG_ODDS_MAX = 14
const LOG_ODDS_SCALE = 4
const COUNT_SCALE = 6

const QUARANTINE = 2
const ALERT = 3

type StreamNodes = {
  /** f32 [N, 4], [N, 6] with a belief */
  readonly context: Value
  /** f64 [N, 3], [N, 4] with a belief: the stream when the team has acted; zeros where it was contained. @param action int64 [N] */
  next(action: Value): Value
  /** A value f32 [N, ...] that is kept of the stream: zeros where it was contained. @param rank of the value */
  keep(value: Value, action: Value, rank: number): Value
}

/** Adds the inputs that say where the streams of N events stand, and the walk from one event to the next. */
export function addStream(graph: Graph, { environment, belief }: Pick<Bundle, 'environment' | 'belief'>): StreamNodes {
  const { op } = graph
  const delay = environment.response?.analystDelay ?? 0
  const size = environment.showsBelief ? 4 : 3
  const number = (value: number) => graph.constant('double', [value], [])
  const zero = number(0)
  const one = number(1)
  const stream = graph.input({
    ...{ name: 'team.stream', type: 'double', shape: ['N', size] },
    about: 'team.nextStream of the event before in its stream, zeros for a first one',
  })
  const cleared = graph.input({
    ...{ name: 'team.cleared', type: 'bool', shape: ['N', 1] },
    about: 'whether an analyst has cleared the stream since its last event',
  })
  const kept = (place: number) => op('Gather', [stream, graph.constant('int64', [place])], { axis: 1 })
  const age = kept(0)
  const ticket = op('Where', [cleared, zero, kept(1)])
  const sinceClear = op('Where', [cleared, one, kept(2)])
  const held = environment.showsBelief
    ? op('Where', [cleared, zero, addBelief(graph, kept(3), belief?.hazard ?? 0)])
    : null
  const isOpen = op('Greater', [ticket, zero])
  const counted = (count: Value) => op('Div', [op('Log', [op('Add', [count, one])]), number(COUNT_SCALE)])
  const shown = [
    graph.cast(isOpen, 'double'),
    delay === 0 ? op('Mul', [ticket, zero]) : op('Div', [ticket, number(delay)]),
    counted(age),
    counted(sinceClear),
    ...(held === null ? [] : [shownLogOdds(graph, held), held]),
  ]
  const isContained = (action: Value) => op('Equal', [action, graph.constant('int64', [QUARANTINE], [])])
  const wide = (action: Value, rank: number) =>
    op('Unsqueeze', [
      isContained(action),
      graph.constant(
        'int64',
        Array.from({ length: rank - 1 }, (_, i) => i + 1),
      ),
    ])
  return {
    context: graph.cast(op('Concat', shown, { axis: 1 }), 'float'),
    next(action) {
      const alerted = op('Unsqueeze', [
        op('Equal', [action, graph.constant('int64', [ALERT], [])]),
        graph.constant('int64', [1]),
      ])
      // An open ticket stands at its last event until the verdict comes.
      const waiting = op('Max', [one, op('Sub', [ticket, one])])
      const opened = op('Where', [alerted, number(Math.max(1, delay)), zero])
      const nextSince = op('Where', [op('Greater', [sinceClear, zero]), op('Add', [sinceClear, one]), zero])
      const parts = [op('Add', [age, one]), op('Where', [isOpen, waiting, opened]), nextSince]
      const next = op('Concat', held === null ? parts : [...parts, held], { axis: 1 })
      return op('Where', [wide(action, 2), zero, next])
    },
    keep: (value, action, rank) => op('Where', [wide(action, rank), graph.constant('float', [0], []), value]),
  }
}

/** Bayes' rule: P(threat so far) after the event. */
function addBelief(graph: Graph, before: Value, hazard: number): Value {
  const { op } = graph
  const one = graph.constant('double', [1], [])
  const ratio = graph.input({
    ...{ name: 'team.ratio', type: 'float', shape: ['N', 1] },
    about: 'by which the event moves the odds that its stream is under attack',
  })
  const turned = op('Mul', [op('Sub', [one, before]), graph.constant('double', [hazard], [])])
  // Without a hazard what is said of an event is said of its stream up to then.
  const half = op('Add', [op('Mul', [before, graph.constant('double', [0], [])]), graph.constant('double', [0.5], [])])
  const prior = hazard === 0 ? half : op('Add', [before, turned])
  const hostile = op('Mul', [prior, graph.cast(ratio, 'double')])
  return op('Div', [hostile, op('Add', [hostile, op('Sub', [one, prior])])])
}

function shownLogOdds(graph: Graph, belief: Value): Value {
  const { op } = graph
  const [one, low, high, scale] = [1, -LOG_ODDS_MAX, LOG_ODDS_MAX, LOG_ODDS_SCALE].map((value) =>
    graph.constant('double', [value], []),
  )
  const logOdds = op('Log', [op('Div', [belief, op('Sub', [one, belief])])])
  return op('Div', [op('Clip', [logOdds, low, high]), scale])
}
