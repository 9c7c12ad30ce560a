/** The decision rules of packages/vote as nodes, for rows on which every agent has voted. */
import { type DecisionRule, quorumSize } from '@vigil/vote'
import type { Graph, Value } from './graph.ts'

/** A vote on N events. */
type Ballots = {
  /** int64 [N, A] */
  readonly actions: Value
  /** f64 [N, A], ascending in each row */
  readonly sortedScores: Value
  readonly agentCount: number
  readonly faults: number
  readonly rule: DecisionRule
  readonly fallbackAction: number
  /** [A], of the rule `weighted` alone */
  readonly weights: Uint32Array
}

/** Threat score above which `trimmed-median` sees a threat. */
const THRESHOLD = 0.5

/** The scores of N events, ascending in each row. @param scores f32 [N, A] @returns f64 [N, A] */
export function addSortedScores(graph: Graph, scores: Value, agentCount: number): Value {
  const count = graph.constant('int64', [agentCount])
  return graph.ops('TopK', [graph.cast(scores, 'double'), count], 2, { axis: 1, largest: 0, sorted: 1 })[0]
}

/** The mean [N] of the scores without the f lowest and the f highest of each row, f32. */
export function addTrimmedMean(graph: Graph, sortedScores: Value, agentCount: number, faults: number): Value {
  return graph.cast(meanOfPlaces(graph, sortedScores, faults, agentCount - faults), 'float')
}

/** @returns action int64 [N], decided bool [N], margin f64 [N] */
export function addVote(
  graph: Graph,
  ballots: Ballots,
): { readonly action: Value; readonly decided: Value; readonly margin: Value } {
  const { op } = graph
  const zero = graph.constant('double', [0], [])
  const support = addSupport(graph, ballots)
  const of = (action: number) => op('Gather', [support, graph.constant('int64', [action], [])], { axis: 1 })
  const [allow, block, quarantine, alert] = [0, 1, 2, 3].map(of)
  const lead = leadOf(graph, ballots, {
    restrictive: op('Add', [block, quarantine]),
    permissive: op('Add', [allow, alert]),
  })
  const needed = graph.constant('double', [leadNeeded(ballots)], [])
  const size = op('Abs', [lead])
  const decided = op('And', [op('Greater', [size, zero]), op('GreaterOrEqual', [size, needed])])
  const choice = (first: Value, second: Value, [ahead, behind]: readonly [number, number]) =>
    op('Where', [op('Greater', [second, first]), whole(graph, behind), whole(graph, ahead)])
  const winners = op('Where', [
    op('Greater', [lead, zero]),
    choice(block, quarantine, [1, 2]),
    choice(allow, alert, [0, 3]),
  ])
  return { action: op('Where', [decided, winners, whole(graph, ballots.fallbackAction)]), decided, margin: size }
}

const whole = (graph: Graph, value: number) => graph.constant('int64', [value], [])

/** Votes for each action, or the weight of those who vote for it: f64 [N, 4]. */
function addSupport(graph: Graph, { actions, rule, weights, agentCount }: Ballots): Value {
  const { op } = graph
  const votes = op('Equal', [
    op('Unsqueeze', [actions, graph.constant('int64', [2])]),
    graph.constant('int64', [0, 1, 2, 3], [1, 1, 4]),
  ])
  const own = rule === 'weighted' ? weights : new Uint32Array(agentCount).fill(1)
  const weighed = op('Mul', [graph.cast(votes, 'double'), graph.constant('double', own, [1, agentCount, 1])])
  return op('ReduceSum', [weighed, graph.constant('int64', [1])], { keepdims: 0 })
}

/** How far the restrictive class is ahead, in the unit of the rule's margin: f64 [N]. */
function leadOf(
  graph: Graph,
  { rule, sortedScores, agentCount, faults }: Ballots,
  { restrictive, permissive }: { readonly restrictive: Value; readonly permissive: Value },
): Value {
  const { op } = graph
  if (rule === 'trimmed-median') {
    const kept = agentCount - 2 * faults
    const [from, to] = [faults + Math.floor((kept - 1) / 2), faults + Math.floor(kept / 2) + 1]
    const median = meanOfPlaces(graph, sortedScores, from, to)
    return op('Sub', [median, graph.constant('double', [THRESHOLD], [])])
  }
  const lead = op('Sub', [restrictive, permissive])
  return rule === 'weighted' ? op('Div', [lead, op('Add', [restrictive, permissive])]) : lead
}

/** The least lead of a class that wins, where it is not any lead: of n votes, q for a class lead by 2q - n. */
function leadNeeded({ rule, agentCount, faults }: Ballots): number {
  return rule === 'quorum' ? 2 * quorumSize(agentCount, faults) - agentCount : 0
}

/** The mean of the columns `from` to `to` - 1: f64 [N]. */
function meanOfPlaces(graph: Graph, sorted: Value, from: number, to: number): Value {
  const [first, end, axis] = [from, to, 1].map((place) => graph.constant('int64', [place]))
  return graph.op('ReduceMean', [graph.op('Slice', [sorted, first, end, axis])], { axes: [1], keepdims: 0 })
}
