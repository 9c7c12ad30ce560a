import type { EventInputs, StreamModel } from './model.ts'
import { kindOfRow, symbolOf } from './symbols.ts'

/** Odds are kept within these: certainty has no ratio. */
const ODDS_MAX = 1e9

/** A product of likelihoods below this is scaled up, by a power of two, which changes no odds: of many rare symbols it would become 0. */
const LIKELIHOOD_MIN = 2 ** -500

/** Follows streams event by event; what it knows of one lies with the caller. */
export type StreamFilter = {
  /** f32 values that are kept of a stream, the odds of the belief first; zeros of a new one */
  readonly stateSize: number
  /**
   * The next event of a stream comes.
   *
   * @param state [stateSize] changed
   * @returns by what ratio the event moves the belief that a threat has been in its stream, above 0: with the model's hazard, the
   *   belief of all ratios so far is P(some threat so far | events so far)
   */
  meet(state: Float32Array, inputs: EventInputs, row: number): number
}

/**
 * The forward algorithm (Rabiner 1989, eq. 20), normalised at every event. States are the modes without a threat so far, and of
 * each class the threat itself and the modes after it.
 *
 *   alpha_t(j) = b_j(x_t) sum_i alpha_(t-1)(i) a_ij
 *
 * @example
 * const filter = createStreamFilter(model)
 * const state = new Float32Array(filter.stateSize)
 * const ratios = rows.map((row) => filter.meet(state, inputs, row))
 */
export function createStreamFilter(model: StreamModel): StreamFilter {
  const { classCount: K, modeCount: U, phases, symbols, hazard } = model
  const P = 2 * K + 1
  // State 0 is the odds of the belief before; then for each phase its states: one of a threat, modes of the others.
  const first = Array.from({ length: P }, (_, phase) => 1 + Math.ceil(phase / 2) * U + Math.floor(phase / 2))
  const stateSize = 1 + (K + 1) * U + K
  const next = new Float64Array(stateSize)
  const likelihood = new Float64Array(U + K)
  const sums = new Float64Array(P)

  function predict(state: Float32Array, { starts, returns, moves }: StreamModel['kinds'][number]): void {
    next.fill(0)
    for (let phase = 0; phase < P; phase++) {
      sums[phase] = 0
      const count = phase % 2 === 1 ? 1 : U
      for (let i = 0; i < count; i++) sums[phase] += state[first[phase] + i]
    }
    const isNew = !sums.some((sum) => sum > 0)
    for (let to = 0; to < P; to++) {
      let entering = isNew ? model.begins[to] : 0
      for (let from = 0; !isNew && from < P; from++) {
        if (from !== to || to % 2 === 1) entering += sums[from] * phases[from * P + to]
      }
      if (to % 2 === 1) next[first[to]] = entering
      else {
        const entry = isNew && to === 0 ? starts : returns
        const staying = isNew ? 0 : phases[to * P + to]
        for (let u = 0; u < U; u++) {
          let moved = 0
          for (let v = 0; v < U; v++) moved += state[first[to] + v] * moves[v * U + u]
          next[first[to] + u] = entering * entry[u] + staying * moved
        }
      }
    }
  }

  return {
    stateSize,
    meet(state, inputs, row) {
      const kind = model.kinds[kindOfRow(model, inputs, row)]
      predict(state, kind)
      likelihoods(likelihood, kind.tables, (c) => symbolOf(inputs, row, symbols[c]))
      let clean = 0
      let attacked = 0
      for (let phase = 0; phase < P; phase++) {
        const at = first[phase]
        if (phase % 2 === 1) attacked += next[at] *= likelihood[U + (phase - 1) / 2]
        else {
          let sum = 0
          for (let u = 0; u < U; u++) sum += next[at + u] *= likelihood[u]
          if (phase === 0) clean = sum
          else attacked += sum
        }
      }
      const odds = Math.min(ODDS_MAX, Math.max(1 / ODDS_MAX, attacked / clean))
      const ratio = (odds * (1 - hazard)) / (state[0] + hazard)
      for (let i = 1; i < stateSize; i++) state[i] = next[i] / (clean + attacked)
      state[0] = odds
      return ratio
    },
  }
}

/** Of an event, by state, up to a factor. @param symbol of each column */
function likelihoods(
  out: Float64Array,
  tables: readonly Readonly<ArrayLike<number>>[],
  symbol: (column: number) => number,
) {
  out.fill(1)
  for (const [c, table] of tables.entries()) {
    const count = table.length / out.length
    const own = symbol(c)
    let largest = 0
    for (let i = 0; i < out.length; i++) {
      out[i] *= table[i * count + own]
      largest = Math.max(largest, out[i])
    }
    if (largest < LIKELIHOOD_MIN) for (let i = 0; i < out.length; i++) out[i] /= LIKELIHOOD_MIN
  }
}
