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
  const { initial, emissions, symbolCounts, threat } = model
  const stateCount = initial.length
  const channelCount = emissions.length
  const { starts, from, probabilities } = arrivals(model)
  let alpha = new Float64Array(stateCount)
  let next = new Float64Array(stateCount)
  for (let t = 0; t < out.length; t++) {
    let total = 0
    for (let s = 0; s < stateCount; s++) {
      let probability = t === 0 ? initial[s] : 0
      if (t > 0) for (let i = starts[s]; i < starts[s + 1]; i++) probability += alpha[from[i]] * probabilities[i]
      for (let m = 0; m < channelCount; m++)
        probability *= emissions[m][s * symbolCounts[m] + symbols[t * channelCount + m]]
      next[s] = probability
      total += probability
    }
    let threatShare = 0
    for (let s = 0; s < stateCount; s++) {
      next[s] /= total
      if (threat[s] === 1) threatShare += next[s]
    }
    out[t] = Math.min(1, threatShare)
    const spent = alpha
    alpha = next
    next = spent
  }
}

/** The transitions above 0 into each state s, in places starts[s] .. starts[s + 1], from the lowest state up. */
function arrivals({ initial, transition }: HiddenMarkovModel) {
  const stateCount = initial.length
  const starts = [0]
  const from: number[] = []
  for (let s = 0; s < stateCount; s++) {
    for (let r = 0; r < stateCount; r++) if (transition[r * stateCount + s] > 0) from.push(r)
    starts.push(from.length)
  }
  const probabilities = new Float64Array(from.length)
  for (let s = 0; s < stateCount; s++)
    for (let i = starts[s]; i < starts[s + 1]; i++) probabilities[i] = transition[from[i] * stateCount + s]
  return { starts: Uint32Array.from(starts), from: Uint32Array.from(from), probabilities }
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
