import { ACCEPTED, type Engine } from '@vigil/engine'
import { parameterLayout } from '@vigil/policy-wasm'
import { initialiseMasked, inputMaskOf, type PpoSettings } from '@vigil/ppo'
import { randomStream } from '@vigil/random'
import { type Learners, lessonBatches } from './lessons.ts'

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

/**
 * The baseline that a reinforcement learner should be held against: the same network, the same rows, but the labels
 * themselves instead of rewards, and as many gradient steps. It sees no context, so its context weights stay at zero. A recurrent one
 * learns from the training split's streams, as it will walk them in the evaluation, or from independent rows where events are.
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
  const { labels, splits } = team.dataset
  const size = settings.minibatchSize
  const accepted = new Uint8Array(size)
  const random = randomStream(settings.seed, 'baseline')
  const batches = lessonBatches(settings, team, { ...splits.train, context: null }, random)
  const updates = (settings.iterations * settings.epochs * settings.rowsPerIteration) / size
  const fresh = initialiseMasked(team.network, settings.seed, inputMaskOf(team.network, settings))
  engine.loadParameters(withoutContext(fresh, team))
  onUpdate(0, updates)
  for (let update = 0; update < updates; update++) {
    const { positions, ...batch } = batches.next().value
    for (let b = 0; b < size; b++) accepted[b] = ACCEPTED[labels[splits.train.rows[positions[b]]]]
    await engine.supervisedUpdate({ ...batch, accepted }, settings.learningRate * (1 - update / updates))
    onUpdate(update + 1, updates)
  }
  return await engine.storeParameters()
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
