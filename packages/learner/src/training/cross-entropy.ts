import { initialiseParameters, parameterLayout } from '@vigil/policy-wasm'
import { randomStream, randomWord } from '@vigil/random'
import type { Config } from '../config/config.ts'
import type { Engine } from '../engine/engine.ts'
import type { Team } from '../run/team.ts'
import { fillInputs } from './inputs.ts'

/**
 * The baseline that a reinforcement learner should be held against: the same network, the same rows, but the labels
 * themselves instead of rewards, and as many gradient steps. It sees no context, so its context weights stay at zero.
 *
 * @param engine a fresh engine of the team's network; left with the trained parameters
 * @returns [A, P], owned by the caller
 */
export async function trainByCrossEntropy(config: Config, team: Team, engine: Engine): Promise<Float32Array> {
  const { rows } = team.dataset.splits.train
  const size = config.minibatchSize
  const context = new Float32Array(team.network.denseSize - team.inputs.denseCount)
  const batch = {
    size,
    dense: new Float32Array(size * team.network.denseSize),
    categorical: new Uint16Array(size * team.inputs.columnCount),
    labels: new Uint8Array(size),
    recurrence: null,
  }
  const stream = randomStream(config.seed, 'baseline')
  const updates = (config.iterations * config.epochs * config.rowsPerIteration) / size
  engine.loadParameters(withoutContext(initialiseParameters(team.network, config.seed), team))
  for (let update = 0; update < updates; update++) {
    for (let b = 0; b < size; b++) {
      const row = rows[Math.floor((randomWord(stream, b, update) / 2 ** 32) * rows.length)]
      fillInputs(team.inputs, batch, { to: b, row, context })
      batch.labels[b] = team.dataset.labels[row]
    }
    await engine.supervisedUpdate(batch, config.learningRate * (1 - update / updates))
  }
  return await engine.storeParameters()
}

/** Zeroes the first-layer rows that the context multiplies; a context of zeros never changes them. */
function withoutContext(parameters: Float32Array, { network, inputs }: Team): Float32Array {
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
