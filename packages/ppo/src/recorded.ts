import type { Team } from '@vigil/actors'
import type { Trajectory } from '@vigil/proto'
import { fillUniforms, randomStream } from '@vigil/random'
import { expectedReturns, type Streams } from '@vigil/response'
import { type Collection, policyOf } from './collection.ts'
import { ppoError } from './errors.ts'
import type { PpoSettings } from './settings.ts'

/**
 * Experience that is not sampled: in each iteration every training stream is met whole, and each action of each agent is
 * credited with its exact expected return (packages/response/src/expected). The trajectory has one lane, in which the streams
 * follow each other; its rewards are what events are expected to pay, and its actions, drawn from the policies, serve figures
 * alone.
 *
 * @throws {VigilError} ANSWERED where an analyst might answer within a stream
 */
export function createRecordedCollection(
  { seed, environment: { response } }: Pick<PpoSettings, 'seed' | 'environment'>,
  team: Team,
): Collection {
  if (response === null) throw new TypeError('A recording is learnt from where actions have consequences.')
  const { dataset, network } = team
  const { train } = dataset.splits
  const { damage = null } = dataset.consequences ?? {}
  const streams: Streams = { ...train, labels: dataset.labels, ratios: null, hazard: 0, damage }
  assertUnanswered(train.streamStarts, response.analystDelay)
  const terminated = new Uint8Array(train.rows.length)
  for (const end of train.streamStarts.subarray(1)) terminated[end - 1] = 1
  return {
    async next(state) {
      const policy = policyOf(state)
      team.publish(policy.parameters, policy.policyVersion)
      const { context, probabilities } = await team.pool.viewTraining()
      const { earned, credits } = expectedReturns(streams, response, probabilities)
      scale(credits)
      const drawn = drawActions(probabilities, { seed, agentCount: network.agentCount, round: state.iteration })
      const trajectory: Trajectory = {
        policyVersion: policy.policyVersion,
        shard: 0,
        stepCount: train.rows.length,
        laneCount: 1,
        agentCount: network.agentCount,
        contextSize: context.length / train.rows.length,
        ...{ stateSize: 0, valueOutputCount: 1, specificationCount: 0 },
        datasetFingerprint: dataset.fingerprint,
        rows: train.rows,
        context,
        ...drawn,
        values: new Float32Array(),
        nextValues: new Float32Array(),
        rewards: earned,
        expectedRewards: earned,
        teamActions: new Uint8Array(train.rows.length),
        terminated,
        truncated: new Uint8Array(train.rows.length),
        recurrentState: new Float32Array(),
        robustness: new Float32Array(),
      }
      return { trajectories: [trajectory], policy, lanes: team.pool.saveShards(), credits }
    },
    // Nothing is ever under way between two calls.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/** Nothing but quarantine may change what follows. */
function assertUnanswered(streamStarts: Uint32Array, analystDelay: number): void {
  let longest = 0
  for (let s = 0; s + 1 < streamStarts.length; s++) longest = Math.max(longest, streamStarts[s + 1] - streamStarts[s])
  if (longest <= analystDelay + 1) return
  throw ppoError('ANSWERED', {
    field: 'credit "exact"',
    requirement: `needs streams in which no analyst answers, of at most analystDelay + 1 = ${analystDelay + 1} events`,
    received: `one of ${longest}`,
    remedy: `Give --response.analyst-delay=${longest} or more if nobody answers, or --credit=sampled`,
  })
}

/** Brings the credits to a mean square of 1, all agents together, so that learning rates and clips mean the same everywhere. */
function scale(credits: Float32Array): void {
  let squares = 0
  for (const credit of credits) squares += credit * credit
  if (squares === 0) return
  const factor = Math.sqrt(credits.length / squares)
  for (let i = 0; i < credits.length; i++) credits[i] *= factor
}

/** One action for each event and agent, with its log-probability. The numbers are addressed by round, event and agent. */
function drawActions(
  probabilities: Float32Array,
  { seed, agentCount, round }: { readonly seed: number; readonly agentCount: number; readonly round: number },
): Pick<Trajectory, 'actions' | 'logProbs'> {
  const source = randomStream(seed, 'action')
  const decisions = probabilities.length / 4
  const actions = new Uint8Array(decisions)
  const logProbs = new Float32Array(decisions)
  const uniforms = new Float64Array(4)
  for (let at = 0; at < decisions; at++) {
    if ((at % agentCount) % 4 === 0)
      fillUniforms(source, [round, Math.floor(at / agentCount), (at % agentCount) >> 2], uniforms)
    let left = uniforms[(at % agentCount) % 4]
    let action = 0
    while (action < 3 && left >= probabilities[4 * at + action]) left -= probabilities[4 * at + action++]
    actions[at] = action
    logProbs[at] = Math.log(Math.max(probabilities[4 * at + action], 1e-30))
  }
  return { actions, logProbs }
}
