import { fillUniforms, randomStream } from '@vigil/random'
import { pick } from '../synthetic/hidden-markov.ts'

const COMMON_FIRST = [8, 6, 5, 4, 3, 2, 1.5, 1]

const benignShares = COMMON_FIRST.map((weight) => weight / COMMON_FIRST.reduce((sum, own) => sum + own, 0))

/**
 * The quickest-detection model (Shiryaev 1963): a benign stream turns hostile once and stays so, and shows one symbol per
 * event, drawn by what it is. Everything is known, so the best policy can be computed.
 */
export const QUICKEST = {
  /** Probability that a benign stream turns hostile, before each of its events. */
  hazard: 0.005,
  /** Probability that a stream ends, after each of its events. */
  end: 0.02,
  /** P(symbol | benign). */
  benign: benignShares,
  /** P(symbol | hostile). */
  hostile: benignShares.map((share, symbol) => 0.55 * share + 0.45 * benignShares[benignShares.length - 1 - symbol]),
  /** Streams that take turns where they share analysts. */
  beside: 20,
} as const satisfies Readonly<Record<string, number | readonly number[]>>

/** How much likelier a hostile stream shows a symbol than a benign one. */
export const SYMBOL_RATIOS: readonly number[] = QUICKEST.hostile.map((share, symbol) => share / QUICKEST.benign[symbol])

/** Events stream after stream. */
export type QuickestEvents = {
  readonly rowCount: number
  /** [N] numbered from 0. */
  readonly streams: Uint32Array
  readonly symbols: Uint8Array
  /** [N] 1 = the stream is hostile at this event. */
  readonly hostile: Uint8Array
  /** [N] P(hostile | the stream's symbols up to and including this one). */
  readonly posterior: Float32Array
}

/**
 * Draws streams until there are rowCount events (the last one is cut). Every random number is addressed by (stream, event), so
 * more rows leave the earlier ones as they were.
 */
export function generateQuickest(seed: number, rowCount: number): QuickestEvents {
  const [benign, hostile] = [QUICKEST.benign, QUICKEST.hostile].map((shares) => Float64Array.from(shares))
  const random = randomStream(seed, 'generatedEvent')
  const draw = new Float64Array(3)
  const streams = new Uint32Array(rowCount)
  const symbols = new Uint8Array(rowCount)
  const states = new Uint8Array(rowCount)
  const posterior = new Float32Array(rowCount)

  for (let row = 0, stream = 0, event = 0, state = 0, belief = 0; row < rowCount; row++) {
    fillUniforms(random, [stream, event, 0], draw)
    if (draw[0] < QUICKEST.hazard) state = 1
    const symbol = pick(state === 1 ? hostile : benign, 0, benign.length, draw[1])
    // Bayes: the prior after one more chance to turn, times the odds of the symbol.
    const prior = belief + (1 - belief) * QUICKEST.hazard
    const weight = prior * SYMBOL_RATIOS[symbol]
    belief = weight / (weight + 1 - prior)

    streams[row] = stream
    symbols[row] = symbol
    states[row] = state
    posterior[row] = belief
    event++
    if (draw[2] < QUICKEST.end) [stream, event, state, belief] = [stream + 1, 0, 0, 0]
  }
  return { rowCount, streams, symbols, hostile: states, posterior }
}
