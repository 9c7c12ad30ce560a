/**
 * A hidden Markov model with several independent discrete observations per step (Rabiner 1989, section III).
 * Some states; step t shows one symbol of each channel, independent given the state.
 */
export type HiddenMarkovModel = {
  /** [states] P(state at the first step). */
  readonly initial: Float64Array
  /** [states, states] row-major P(next state | state). */
  readonly transition: Float64Array
  /** Channels, each [states, symbols] row-major P(symbol | state). */
  readonly emissions: readonly Float64Array[]
  /** M symbol counts. */
  readonly symbolCounts: readonly number[]
  /** [states] 1 = the state is a threat. */
  readonly threat: Uint8Array
}

/**
 * Forward algorithm, normalised at each step (Rabiner 1989, eq. 19-20 with the scaling of section V.A):
 *
 *   alpha_1(s) ∝ initial(s) b_s(o_1)
 *   alpha_t(s) ∝ b_s(o_t) sum_r alpha_{t-1}(r) transition(r, s)
 *   posterior_t = sum over threat states of alpha_t(s) = P(threat at t | o_1 .. o_t)
 *
 * @param symbols [T, channels] row-major observations of one stream
 * @param out     [T] overwritten with the posterior, in [0, 1]
 */
export function filterThreat(model: HiddenMarkovModel, symbols: Uint8Array, out: Float64Array): void {
  const stateCount = model.initial.length
  const channelCount = model.emissions.length
  let alpha = new Float64Array(stateCount)
  let next = new Float64Array(stateCount)
  for (let t = 0; t < out.length; t++) {
    let total = 0
    for (let s = 0; s < stateCount; s++) {
      let probability = t === 0 ? model.initial[s] : 0
      if (t > 0) for (let r = 0; r < stateCount; r++) probability += alpha[r] * model.transition[r * stateCount + s]
      for (let m = 0; m < channelCount; m++)
        probability *= model.emissions[m][s * model.symbolCounts[m] + symbols[t * channelCount + m]]
      next[s] = probability
      total += probability
    }
    let threat = 0
    for (let s = 0; s < stateCount; s++) {
      next[s] /= total
      if (model.threat[s] === 1) threat += next[s]
    }
    out[t] = Math.min(1, threat)
    const spent = alpha
    alpha = next
    next = spent
  }
}

/** Index of the symbol that a uniform number in [0, 1) picks from probabilities[start .. start + count). */
export function pick(probabilities: Float64Array, start: number, count: number, uniform: number): number {
  let rest = uniform
  for (let i = 0; i < count - 1; i++) {
    rest -= probabilities[start + i]
    if (rest < 0) return i
  }
  // Rounding may leave a crumb beyond the last symbol; one that cannot occur must not be picked.
  let last = count - 1
  while (last > 0 && probabilities[start + last] === 0) last--
  return last
}
