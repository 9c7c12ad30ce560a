import type { Team } from '@vigil/actors'
import type { Recurrence } from '@vigil/engine'
import { recurrentStateSize } from '@vigil/policy-wasm'
import { gatherInputs, type PpoSettings } from '@vigil/ppo'
import { type RandomStream, randomWord } from '@vigil/random'

/** The parts of a team that rows are drawn for. */
export type Learners = Pick<Team, 'dataset' | 'network' | 'inputs'>

/** Events that a policy is taught, in the order of their streams. */
export type Lessons = {
  /** [n] dataset rows */
  readonly rows: Uint32Array
  /** Positions among them at which streams begin. */
  readonly streamStarts: Uint32Array
  /** [n, K]; null = zeros */
  readonly context: Float32Array | null
}

/** B lessons with their inputs; the arrays are those of the next minibatch as well. */
export type LessonBatch = {
  readonly size: number
  readonly dense: Float32Array
  readonly categorical: Uint16Array
  readonly recurrence: Recurrence | null
  /** [B] positions among the lessons */
  readonly positions: Uint32Array
}

/**
 * Draws minibatches of lessons without end, each event equally often.
 *
 * A recurrent network learns from segments of rolloutSteps events, each from a state of zero: from consecutive events of
 * streams, or from independent ones where events are. Row b = t * lanes + lane stands t events behind the one drawn for its
 * lane; what reaches the end of a stream goes on with the next one, from nothing, and behind the last comes the first.
 */
export function* lessonBatches(
  settings: Pick<PpoSettings, 'minibatchSize' | 'episodes'> & { readonly rolloutSteps: number },
  team: Learners,
  lessons: Lessons,
  random: RandomStream,
): Generator<LessonBatch, never> {
  const size = settings.minibatchSize
  const { rows, streamStarts } = lessons
  const recurrence = recurrenceOf(settings, team)
  const K = team.network.denseSize - team.inputs.denseCount
  const positions = new Uint32Array(size)
  const batch = {
    ...{ size, recurrence, positions },
    dense: new Float32Array(size * team.network.denseSize),
    categorical: new Uint16Array(size * team.inputs.columnCount),
  }
  const lanes = recurrence !== null && settings.episodes === 'stream' ? recurrence.laneCount : size
  const starts = new Set(streamStarts)
  const events = { rows: new Uint32Array(size), context: new Float32Array(size * K) }
  for (let update = 0; ; update++) {
    for (let b = 0; b < size; b++) {
      const t = Math.floor(b / lanes)
      const drawn = Math.floor((randomWord(random, b % lanes, update) / 2 ** 32) * rows.length)
      const position = (drawn + t) % rows.length
      positions[b] = position
      events.rows[b] = rows[position]
      for (let k = 0; lessons.context !== null && k < K; k++)
        events.context[b * K + k] = lessons.context[position * K + k]
      if (recurrence !== null) recurrence.resets[b] = t > 0 && starts.has(position) ? 1 : 0
    }
    gatherInputs(team.inputs, events, batch)
    yield batch
  }
}

/** Segments of rolloutSteps rows from a state of zero; null for a feed-forward network. */
function recurrenceOf(
  settings: { readonly minibatchSize: number; readonly rolloutSteps: number },
  { network }: Learners,
): Recurrence | null {
  const stateSize = recurrentStateSize(network)
  if (stateSize === 0) return null
  const stepCount = settings.rolloutSteps
  const laneCount = settings.minibatchSize / stepCount
  const recurrentState = new Float32Array(network.agentCount * laneCount * stateSize)
  return { stepCount, laneCount, resets: new Uint8Array(settings.minibatchSize), recurrentState }
}
