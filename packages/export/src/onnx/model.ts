import { headCount } from '@vigil/env-wasm'
import type { Bundle } from '@vigil/runs'
import type { DecisionRule } from '@vigil/vote'
import ownPackage from '../../package.json' with { type: 'json' }
import { exportError } from '../errors.ts'
import { type TeamTensor, teamTensors } from '../team-tensors.ts'
import { addEncoder } from './encoder.ts'
import { createGraph, type ElementType, type Graph, INNER_PREFIX, type Value } from './graph.ts'
import { addPolicies, stateCount } from './network.ts'
import { addStream } from './stream.ts'
import { addSortedScores, addTrimmedMean, addVote } from './vote.ts'

/** What the team's own inputs and outputs are called, so that no raw column is. */
const OWN_PREFIXES = ['team.', 'agents.', INNER_PREFIX]

/** Rate of the moving averages of decisions that a team of streams sees; CONTEXT_RATE of packages/env-wasm/assembly/lanes.ts. */
const CONTEXT_RATE = 1 / 16

/**
 * A team as a model of ONNX, encoders and vote included: raw columns of N events in, decisions out. docs/export.md has the
 * inputs and outputs.
 *
 * @example
 * ```ts
 * await writeFile('team.onnx', onnxModel(await readBundle('runs/NAME')))
 * ```
 *
 * @throws {VigilError} TEAM_UNEXPORTABLE where decisions depend on more than the events, or a column has the name of an output
 */
export function onnxModel(bundle: Bundle): Uint8Array {
  assertExportable(bundle)
  const graph = createGraph()
  const { network: spec, pipeline, vote, stopFactor } = bundle
  const { agentCount } = spec
  const encoded = addEncoder(graph, pipeline)
  const stream = bundle.environment.response === null ? null : addStream(graph, bundle)
  const context = stream?.context ?? addContext(graph, bundle)
  const state = addState(graph, bundle)
  const dense = joined(graph, encoded.dense, context)
  const tensors = visibleTensors(bundle)
  const policies = addPolicies(graph, { spec, tensors, inputs: { dense, categorical: encoded.categorical, state } })
  const { actions, scores } = addGreedy(graph, policies.probabilities, stopFactor)
  const sortedScores = addSortedScores(graph, scores, agentCount)
  const ballots = { actions, sortedScores, agentCount, faults: vote.faults, fallbackAction: vote.fallbackAction }
  const voted = (rule: DecisionRule) => addVote(graph, { ...ballots, rule, weights: vote.weights })
  // In streams the environment counts votes, by its own rule and without weights. Where actions have consequences it decides so.
  const decision = voted(stream === null ? vote.rule : bundle.environment.rule)
  const give = (name: string, value: Value, [type, ...shape]: [ElementType, ...(number | string)[]], about: string) =>
    graph.output({ name, type, shape, about }, value)

  give('team.action', decision.action, ['int64', 'N'], '0 allow, 1 block, 2 quarantine, 3 alert')
  give('team.decided', decision.decided, ['bool', 'N'], 'false: no class won, and the action is the fallback')
  give('team.margin', decision.margin, ['double', 'N'], 'how clear the vote was')
  const score = addTrimmedMean(graph, sortedScores, agentCount, vote.faults)
  give('team.score', score, ['float', 'N'], 'P(threat): the trimmed mean of the scores')
  give('agents.actions', actions, ['int64', 'N', agentCount], 'votes')
  give('agents.scores', scores, ['float', 'N', agentCount], 'P(block) + P(quarantine)')
  give('agents.probabilities', policies.probabilities, ['float', 'N', agentCount, 4], 'of the actions')
  if (policies.state !== null) {
    const next = stream === null ? policies.state : stream.keep(policies.state, decision.action, 3)
    give('team.nextState', next, ['float', 'N', agentCount, stateCount(spec)], 'team.state of the next event')
  }
  if (stream !== null) {
    const shape = ['double', 'N', bundle.environment.showsBelief ? 4 : 3] as [ElementType, string, number]
    give('team.nextStream', stream.next(decision.action), shape, 'team.stream of the next event')
  } else if (context !== null) {
    const next = nextContext(graph, context, voted(bundle.environment.rule).action)
    give('team.nextContext', next, ['float', 'N', 4], 'team.context of the next event')
  }
  return graph.encode(textOf(bundle))
}

function addContext(graph: Graph, { environment }: Bundle): Value | null {
  const count = headCount(environment)
  if (count === 0) return null
  const about = 'of the event before in its stream, zeros for a first one'
  return graph.input({ name: 'team.context', type: 'float', shape: ['N', count], about })
}

function addState(graph: Graph, { network }: Bundle): Value | null {
  const count = stateCount(network)
  if (count === 0) return null
  const about = 'of the event before in its stream, zeros for a first one'
  return graph.input({ name: 'team.state', type: 'float', shape: ['N', network.agentCount, count], about })
}

function joined(graph: Graph, dense: Value | null, context: Value | null): Value | null {
  const parts = [dense, context].filter((value) => value !== null)
  return parts.length > 1 ? graph.op('Concat', parts, { axis: 1 }) : (parts[0] ?? null)
}

/** Votes and threat scores, as `actGreedily` has them. */
function addGreedy(graph: Graph, probabilities: Value, stopFactor: number): { actions: Value; scores: Value } {
  const { op } = graph
  const factors = graph.constant('float', [1, 1, stopFactor, stopFactor])
  const actions = op('ArgMax', [op('Mul', [probabilities, factors])], { axis: 2, keepdims: 0 })
  const of = (action: number) => op('Gather', [probabilities, graph.constant('int64', [action], [])], { axis: 2 })
  // Two rounded shares may come to the number above 1.
  const scores = op('Min', [op('Add', [of(1), of(2)]), graph.constant('float', [1], [])])
  return { actions, scores }
}

/** context[a] += rate ([a = action] - context[a]) */
function nextContext(graph: Graph, context: Value, action: Value): Value {
  const { op } = graph
  const column = op('Unsqueeze', [action, graph.constant('int64', [1])])
  const seen = graph.cast(op('Equal', [column, graph.constant('int64', [0, 1, 2, 3], [1, 4])]), 'float')
  const step = op('Mul', [graph.constant('float', [CONTEXT_RATE], []), op('Sub', [seen, context])])
  return op('Add', [context, step])
}

/** Inputs that the policies see; the weights of the others, which critics alone see, are zero. */
function visibleTensors(bundle: Bundle): TeamTensor[] {
  const { network } = bundle
  const hidden = hiddenInputs(bundle)
  const visible = network.denseSize - hidden
  return teamTensors(bundle).map((tensor) => {
    if (hidden === 0 || tensor.name !== 'policy.dense.0') return tensor
    const [agents, rows, columns] = tensor.shape
    const values = new Float32Array(agents * visible * columns)
    for (let agent = 0; agent < agents; agent++) {
      const own = tensor.values.subarray(agent * rows * columns, (agent + 1) * rows * columns)
      if (own.subarray(visible * columns).some((weight) => weight !== 0)) {
        throw unexportable(
          'it sees the robustness of its specifications, which depends on labels',
          'Train with --observe-constraints=critic, the default',
        )
      }
      values.set(own.subarray(0, visible * columns), agent * visible * columns)
    }
    return { ...tensor, shape: [agents, visible, columns], values }
  })
}

function hiddenInputs({ environment }: Bundle): number {
  return environment.observeConstraints ? environment.specifications.length : 0
}

function assertExportable({ environment, network, pipeline, belief }: Bundle): void {
  if (environment.response?.layout === 'site') {
    throw unexportable(
      'it sees what all streams of its site share',
      'Train with --response.layout=stream, or use --format=safetensors',
    )
  }
  if (environment.showsBelief && belief === null) {
    throw unexportable(
      'it sees a belief that only the generator of its events knows',
      'Train with --belief=learnt, or without belief',
    )
  }
  if (environment.mode === 'iid' && network.lstmHidden.length > 0) {
    throw unexportable(
      'it remembers events that have nothing to do with each other',
      'Train with --episodes=stream, or without LSTM layers',
    )
  }
  const taken = pipeline.columns.find(({ source }) => OWN_PREFIXES.some((prefix) => source.startsWith(prefix)))
  if (taken === undefined) return
  throw unexportable(
    `a column is called '${taken.source}', as the model's own inputs and outputs are`,
    'Call the column something else and train again, or use --format=safetensors',
  )
}

function unexportable(reason: string, remedy: string) {
  return exportError('TEAM_UNEXPORTABLE', `This team has no ONNX model: ${reason}. ${remedy}.`)
}

function textOf({ iteration, configFingerprint, datasetFingerprint, pipeline, vote }: Bundle) {
  return {
    version: ownPackage.version,
    about: `A team of ${vote.weights.length} agents that triages events of ${pipeline.dataset}. One row is one event; in streams, events of one stream go one after another, each with the next state and context of the one before.`,
    metadata: { iteration: `${iteration}`, configFingerprint, datasetFingerprint, voteRule: vote.rule },
  }
}
