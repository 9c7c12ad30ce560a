import type { ResponseSpec } from '@vigil/env-wasm'
import { responseError } from '../errors.ts'
import { assertStreams, type Streams } from '../streams.ts'
import { payments } from './payments.ts'

const QUARANTINE = 2

/** What the policies of A agents, each alone, expect of recorded streams. */
export type ExpectedReturns = {
  /** [n, A] what an event is expected to pay before its stream is met: sums to the expected return of each stream */
  readonly earned: Float32Array
  /**
   * [n, A, 4] S_t (Q_t(a) - V_t): the derivative of the expected return of all streams by the probability of each action. It is
   * taken along the simplex, where probabilities sum to 1.
   */
  readonly credits: Float32Array
}

/**
 * Exact expected returns on recordings where nothing but quarantine changes what follows: events are exogenous, so no action
 * has to be sampled (direct policy optimisation on replay: Madeka et al., arXiv:2210.03137, section 4).
 *
 *   S_t    = S_{t-1} (1 - pi_{t-1}(quarantine)),  S_0 = 1          the stream is still there
 *   Q_t(a) = r_t(a) + V_{t+1}, but Q_t(quarantine) = r_t(quarantine)
 *   V_t    = sum_a pi_t(a) Q_t(a),  V = 0 behind the last event
 *   d J / d theta = sum_t S_t sum_a (d pi_t(a) / d theta) Q_t(a)
 *
 * An alert is an allow that costs `alertCost`: nobody answers within a stream.
 *
 * @param probabilities [n, A, 4] of each agent on each event of the streams as it comes where nothing is contained
 * @throws {VigilError} STREAMS
 *
 * @example
 * const { credits } = expectedReturns(streams, DEFAULT_RESPONSE, Float32Array.of(0.9, 0, 0.1, 0)) // of one event, one agent
 */
export function expectedReturns(streams: Streams, spec: ResponseSpec, probabilities: Float32Array): ExpectedReturns {
  assertStreams(streams)
  const { rows, streamStarts } = streams
  const agentCount = rows.length === 0 ? 0 : probabilities.length / (4 * rows.length)
  if (!Number.isInteger(agentCount)) {
    throw responseError('STREAMS', {
      field: 'probabilities',
      requirement: `must hold a multiple of 4 * ${rows.length} values`,
      received: String(probabilities.length),
      remedy: 'Pass four probabilities for every event and agent',
    })
  }
  const paid = payments(streams, spec)
  const earned = new Float32Array(rows.length * agentCount)
  const credits = new Float32Array(probabilities.length)
  const values = new Float64Array(agentCount)
  const remains = new Float64Array(agentCount)
  for (let stream = 0; stream + 1 < streamStarts.length; stream++) {
    const [start, end] = [streamStarts[stream], streamStarts[stream + 1]]
    // Backwards Q_t(a) - V_t, forwards the weight S_t.
    values.fill(0)
    for (let position = end - 1; position >= start; position--) {
      for (let agent = 0; agent < agentCount; agent++) {
        const at = position * agentCount + agent
        let [value, atOnce] = [0, 0]
        for (let action = 0; action < 4; action++) {
          const p = probabilities[4 * at + action]
          const reward = paid[4 * position + action]
          atOnce += p * reward
          value += p * (action === QUARANTINE ? reward : reward + values[agent])
        }
        for (let action = 0; action < 4; action++) {
          const ahead = action === QUARANTINE ? 0 : values[agent]
          credits[4 * at + action] = paid[4 * position + action] + ahead - value
        }
        earned[at] = atOnce
        values[agent] = value
      }
    }
    remains.fill(1)
    for (let at = start * agentCount; at < end * agentCount; at++) {
      const agent = at % agentCount
      earned[at] *= remains[agent]
      for (let entry = 4 * at; entry < 4 * at + 4; entry++) credits[entry] *= remains[agent]
      remains[agent] *= 1 - probabilities[4 * at + QUARANTINE]
    }
  }
  return { earned, credits }
}
