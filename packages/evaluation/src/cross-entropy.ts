import type { Team } from '@vigil/actors'
import type { Engine, Recurrence } from '@vigil/engine'
import { parameterLayout, recurrentStateSize } from '@vigil/policy-wasm'
import { gatherInputs, initialiseMasked, inputMaskOf, type PpoSettings } from '@vigil/ppo'
import { randomStream, randomWord } from '@vigil/random'

/** What the baseline is trained by: as many steps as the team, on as many events. */
type BaselineSettings = Pick<
  PpoSettings,
  | 'seed'
  | 'iterations'
  | 'epochs'
  | 'minibatchSize'
  | 'learningRate'
  | 'episodes'
  | 'observeConstraints'
  | 'specifications'
> & {
  /** Events of one iteration. */
  readonly rowsPerIteration: number
  /** T, steps of the segments that a recurrent network learns from. */
  readonly rolloutSteps: number
}

type Learners = Pick<Team, 'dataset' | 'network' | 'inputs'>

/**
 * The baseline that a reinforcement learner should be held against: the same network, the same rows, but the labels
 * themselves instead of rewards, and as many gradient steps. It sees no context, so its context weights stay at zero.
 *
 * A recurrent network learns from segments of rolloutSteps rows, each from a state of zero: from consecutive rows of the
 * training split's streams, as it will walk them in the evaluation, or from independent rows where events are.
 *
 * @param engine a fresh engine of the team's network, with the mask of what policies may not see; left with the trained parameters
 * @param onUpdate told how many of its updates are done, at its beginning of none
 * @returns [A, P], owned by the caller
 */
export async function trainByCrossEntropy(
  settings: BaselineSettings,
  team: Learners,
  engine: Pick<Engine, 'loadParameters' | 'supervisedUpdate' | 'storeParameters'>,
  onUpdate: (done: number, total: number) => void = () => undefined,
): Promise<Float32Array> {
  const { rows, streamStarts } = team.dataset.splits.train
  const size = settings.minibatchSize
  const recurrence = recurrenceOf(settings, team)
  const batch = {
    size,
    dense: new Float32Array(size * team.network.denseSize),
    categorical: new Uint16Array(size * team.inputs.columnCount),
    labels: new Uint8Array(size),
    recurrence,
  }
  // Row b = t * lanes + lane stands t rows behind the one drawn for its lane; what reaches the end of a stream goes on
  // with the next one, from nothing, and behind the last comes the first. Independent rows are lanes of one step.
  const lanes = recurrence !== null && settings.episodes === 'stream' ? recurrence.laneCount : size
  const starts = new Set(streamStarts)
  const context = new Float32Array(size * (team.network.denseSize - team.inputs.denseCount))
  const events = { rows: new Uint32Array(size), context }
  const all = Uint32Array.from({ length: size }, (_, b) => b)
  const stream = randomStream(settings.seed, 'baseline')
  const updates = (settings.iterations * settings.epochs * settings.rowsPerIteration) / size
  const fresh = initialiseMasked(team.network, settings.seed, inputMaskOf(team.network, settings))
  engine.loadParameters(withoutContext(fresh, team))
  onUpdate(0, updates)
  for (let update = 0; update < updates; update++) {
    for (let b = 0; b < size; b++) {
      const t = Math.floor(b / lanes)
      const drawn = Math.floor((randomWord(stream, b % lanes, update) / 2 ** 32) * rows.length)
      const position = (drawn + t) % rows.length
      events.rows[b] = rows[position]
      batch.labels[b] = team.dataset.labels[rows[position]]
      if (recurrence !== null) recurrence.resets[b] = t > 0 && starts.has(position) ? 1 : 0
    }
    gatherInputs(team.inputs, events, all, batch)
    await engine.supervisedUpdate(batch, settings.learningRate * (1 - update / updates))
    onUpdate(update + 1, updates)
  }
  return await engine.storeParameters()
}

/** Segments of rolloutSteps rows from a state of zero; null for a feed-forward network. */
function recurrenceOf(settings: BaselineSettings, { network }: Learners): Recurrence | null {
  const stateSize = recurrentStateSize(network)
  if (stateSize === 0) return null
  const stepCount = settings.rolloutSteps
  const laneCount = settings.minibatchSize / stepCount
  const recurrentState = new Float32Array(network.agentCount * laneCount * stateSize)
  return { stepCount, laneCount, resets: new Uint8Array(settings.minibatchSize), recurrentState }
}

/** Zeroes the first-layer rows that the context multiplies; a context of zeros never changes them. */
function withoutContext(parameters: Float32Array, { network, inputs }: Learners): Float32Array {
  const { slices, parametersPerAgent } = parameterLayout(network)
  for (const { name, shape, offset, length } of slices) {
    if (!name.endsWith('.dense.0')) continue
    for (let agent = 0; agent < network.agentCount; agent++) {
      const from = agent * parametersPerAgent + offset
      parameters.fill(0, from + inputs.denseCount * shape[1], from + length)
    }
  }
  return parameters
}
