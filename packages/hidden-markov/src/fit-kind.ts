import { fillUniforms, randomStream } from '@vigil/random'
import { type StreamKind, type SymbolColumn, symbolCountOf } from './model.ts'

/** Streams of one kind, one behind the other. */
export type KindStreams = {
  /** [n] phase of each event */
  readonly phases: Uint8Array
  /** [n] 1 = the first event of a stream */
  readonly isFirst: Uint8Array
  /** [n] of each column */
  readonly symbols: readonly Uint16Array[]
  readonly columns: readonly SymbolColumn[]
  readonly classCount: number
}

/** Modes of ordinary work that are told apart. */
const MODES = 4

/** Expectation maximisation finds the best model nearby, so it begins at several places and goes on from the best of them. */
const BEGINNINGS = 6
const PASSES_TO_COMPARE = 12
const PASSES_MAX = 100

/** It ends where a pass raises the log-likelihood of an event by less. */
const GAIN_MIN = 1e-5

/** Events as of the whole kind that are added to what a mode and a class of threats has shown: what was rare stays possible. */
const PRIOR_OF_MODE = 2
const PRIOR_OF_CLASS = 20

/** Moves of each kind that are added to those that were counted. */
const PRIOR_OF_MOVE = 0.5

/** P(next mode = mode) to begin with: ordinary work lasts. */
const STAYING = 0.95

/** Probabilities while they are learnt; tables are [symbols, modes], so that a symbol's are beside each other. */
type Modes = {
  readonly starts: Float64Array
  readonly returns: Float64Array
  readonly moves: Float64Array
  readonly tables: readonly Float64Array[]
}

/** What the streams of one kind are like. @param place of the kind, which names its draws */
export async function fitKind(
  streams: KindStreams,
  { seed, place, pause }: { readonly seed: number; readonly place: number; readonly pause: () => Promise<void> },
): Promise<StreamKind> {
  const shares = streams.symbols.map((symbols, c) => sharesOf(symbols, symbolCountOf(streams.columns[c])))
  let best: { modes: Modes; logLikelihood: number } | null = null
  for (let beginning = 0; beginning < BEGINNINGS; beginning++) {
    const begun = await improved(beginningOf(shares, seed, place * BEGINNINGS + beginning), streams, shares, {
      passes: PASSES_TO_COMPARE,
      pause,
    })
    if (best === null || begun.logLikelihood > best.logLikelihood) best = begun
  }
  const { modes } = await improved(best!.modes, streams, shares, { passes: PASSES_MAX, pause })
  return {
    ...{ starts: [...modes.starts], returns: [...modes.returns], moves: [...modes.moves] },
    tables: modes.tables.map((table, c) => [...byMode(table), ...threatTable(streams, c, shares[c])]),
  }
}

/** [symbols] how often each is shown, each counted once more. */
function sharesOf(symbols: Uint16Array, symbolCount: number): Float64Array {
  const counts = new Float64Array(symbolCount).fill(1)
  for (const symbol of symbols) counts[symbol]++
  return counts.map((count) => count / (symbols.length + symbolCount))
}

/** Modes that show what the whole kind shows, each a little otherwise. */
function beginningOf(shares: readonly Float64Array[], seed: number, number: number): Modes {
  const random = randomStream(seed, 'hiddenMarkov')
  const draw = new Float64Array(4)
  const tables = shares.map((share, column) => {
    const table = new Float64Array(share.length * MODES)
    for (const [symbol, probability] of share.entries()) {
      fillUniforms(random, [number, column, symbol], draw)
      for (let u = 0; u < MODES; u++) table[symbol * MODES + u] = probability * (0.25 + draw[u])
    }
    return normalisedColumns(table)
  })
  const moves = new Float64Array(MODES * MODES).fill((1 - STAYING) / (MODES - 1))
  for (let u = 0; u < MODES; u++) moves[u * MODES + u] = STAYING
  const even = new Float64Array(MODES).fill(1 / MODES)
  return { starts: even, returns: even, moves, tables }
}

/** Passes of expectation maximisation, until they gain next to nothing. */
async function improved(
  begun: Modes,
  streams: KindStreams,
  shares: readonly Float64Array[],
  { passes, pause }: { readonly passes: number; readonly pause: () => Promise<void> },
): Promise<{ readonly modes: Modes; readonly logLikelihood: number }> {
  let modes = begun
  let logLikelihood = Number.NEGATIVE_INFINITY
  for (let pass = 0; pass < passes; pass++) {
    const counted = emptyCounts(shares)
    const before = logLikelihood
    logLikelihood = expectation(modes, streams, counted)
    if (logLikelihood - before < GAIN_MIN * streams.phases.length) break
    modes = maximisation(counted, shares)
    await pause()
  }
  return { modes, logLikelihood }
}

function emptyCounts(shares: readonly Float64Array[]): Modes {
  return {
    starts: new Float64Array(MODES).fill(PRIOR_OF_MOVE),
    returns: new Float64Array(MODES).fill(PRIOR_OF_MOVE),
    moves: new Float64Array(MODES * MODES).fill(PRIOR_OF_MOVE),
    tables: shares.map((share) =>
      Float64Array.from({ length: share.length * MODES }, (_, i) => PRIOR_OF_MODE * share[Math.floor(i / MODES)]),
    ),
  }
}

/** Adds to the counts what is expected of each run of events without a threat. @returns the log-likelihood of the runs */
function expectation(modes: Modes, { phases, isFirst, symbols }: KindStreams, counted: Modes): number {
  const n = phases.length
  const shown = new Float64Array(n * MODES)
  const forward = new Float64Array(n * MODES)
  const scales = new Float64Array(n)
  let logLikelihood = 0
  for (let from = 0; from < n; from++) {
    if (phases[from] % 2 === 1) continue
    let to = from + 1
    while (to < n && isFirst[to] === 0 && phases[to] % 2 === 0) to++
    const entry = isFirst[from] === 1 ? 'starts' : 'returns'
    for (let t = from; t < to; t++) {
      const total = forwardStep(modes, symbols, { t, entry: t === from ? modes[entry] : null, shown, forward })
      scales[t] = total
      logLikelihood += Math.log(total)
    }
    backward(modes, { from, to, symbols, shown, forward, scales, counted, entry: counted[entry] })
    from = to - 1
  }
  return logLikelihood
}

/** P(mode | events of the run so far) of event t. @returns P(event | events before) */
function forwardStep(
  { moves, tables }: Modes,
  symbols: readonly Uint16Array[],
  {
    t,
    entry,
    shown,
    forward,
  }: {
    readonly t: number
    readonly entry: Float64Array | null
    readonly shown: Float64Array
    readonly forward: Float64Array
  },
): number {
  let total = 0
  for (let u = 0; u < MODES; u++) {
    let emission = 1
    for (let c = 0; c < tables.length; c++) emission *= tables[c][symbols[c][t] * MODES + u]
    let reached = 0
    if (entry !== null) reached = entry[u]
    else for (let v = 0; v < MODES; v++) reached += forward[(t - 1) * MODES + v] * moves[v * MODES + u]
    shown[t * MODES + u] = emission
    forward[t * MODES + u] = reached * emission
    total += reached * emission
  }
  for (let u = 0; u < MODES; u++) forward[t * MODES + u] /= total
  return total
}

type Run = {
  readonly from: number
  readonly to: number
  readonly symbols: readonly Uint16Array[]
  readonly shown: Float64Array
  readonly forward: Float64Array
  readonly scales: Float64Array
  readonly counted: Modes
  readonly entry: Float64Array
}

/** The backward algorithm over a run, which counts modes and moves as it goes. */
function backward({ moves }: Modes, { from, to, symbols, shown, forward, scales, counted, entry }: Run): void {
  const behind = new Float64Array(MODES).fill(1)
  const ahead = new Float64Array(MODES)
  for (let t = to - 1; t >= from; t--) {
    for (let u = 0; u < MODES; u++) {
      const share = forward[t * MODES + u] * behind[u]
      for (let c = 0; c < symbols.length; c++) counted.tables[c][symbols[c][t] * MODES + u] += share
      if (t === from) entry[u] += share
      ahead[u] = (shown[t * MODES + u] * behind[u]) / scales[t]
    }
    if (t === from) return
    for (let v = 0; v < MODES; v++) {
      behind[v] = 0
      for (let u = 0; u < MODES; u++) {
        const step = moves[v * MODES + u] * ahead[u]
        behind[v] += step
        counted.moves[v * MODES + u] += forward[(t - 1) * MODES + v] * step
      }
    }
  }
}

/** The probabilities that the counts make likeliest. */
function maximisation({ starts, returns, moves, tables }: Modes, shares: readonly Float64Array[]): Modes {
  const rows = Float64Array.from(moves)
  for (let v = 0; v < MODES; v++) rows.set(normalised(moves.subarray(v * MODES, (v + 1) * MODES)), v * MODES)
  return {
    ...{ starts: normalised(starts), returns: normalised(returns), moves: rows },
    tables: shares.map((_, c) => normalisedColumns(tables[c])),
  }
}

function normalised(counts: Float64Array): Float64Array {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.map((count) => count / total)
}

/** @param table [symbols, modes] of which each mode's column is to sum to 1 */
function normalisedColumns(table: Float64Array): Float64Array {
  const totals = new Float64Array(MODES)
  for (let i = 0; i < table.length; i++) totals[i % MODES] += table[i]
  return table.map((count, i) => count / totals[i % MODES])
}

/** [modes, symbols] of a table [symbols, modes] */
function byMode(table: Float64Array): Float64Array {
  const symbolCount = table.length / MODES
  return table.map((_, i) => table[(i % symbolCount) * MODES + Math.floor(i / symbolCount)])
}

/** [classes, symbols] what threats of each class show. */
function threatTable({ phases, symbols, classCount }: KindStreams, column: number, shares: Float64Array): Float64Array {
  const S = shares.length
  const table = Float64Array.from({ length: classCount * S }, (_, i) => PRIOR_OF_CLASS * shares[i % S])
  const totals = new Float64Array(classCount).fill(PRIOR_OF_CLASS)
  for (const [t, phase] of phases.entries()) {
    if (phase % 2 === 0) continue
    table[((phase - 1) / 2) * S + symbols[column][t]]++
    totals[(phase - 1) / 2]++
  }
  return table.map((count, i) => count / totals[Math.floor(i / S)])
}
