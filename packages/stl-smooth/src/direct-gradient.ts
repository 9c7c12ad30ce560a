/** How a team's probabilities of acting change the robustness of what it does. */

import { type CompileOptions, type Program, robustness, StlError } from '@vigil/stl'
import { OP, type OpCode, reachOf } from '@vigil/stl/program'
import { tf } from '@vigil/tfjs'
import { BINARY_SIGNALS, isRelaxed } from './decision-signals.ts'
import { assertWindow, type DecisionWindow } from './decision-window.ts'
import { type Episode, episodeGroups } from './episodes.ts'
import { onCpu } from './on-cpu.ts'
import { relaxedSignal } from './relaxed-signals.ts'
import { reduceRows } from './sliding.ts'
import { smoothRobustness } from './smooth-robustness.ts'
import { INFINITE, softExtreme } from './soft-extremes.ts'
import { watchedProgram } from './watched-program.ts'

/** A specification and how much it counts. */
type DirectSpecification = {
  readonly formula: string
  /** factor of its gradient, finite, such as its multiplier; 0 costs nothing */
  readonly weight: number
  /** of the smooth minima and maxima, in units of the formula's robustness, see SmoothSettings */
  readonly temperature: number
}

/** What directGradient() takes. */
export type DirectGradientInput = {
  readonly specifications: readonly DirectSpecification[]
  readonly window: DecisionWindow
  readonly options?: Pick<CompileOptions, 'constants' | 'samplingPeriod' | 'profile'>
}

/**
 * The gradient of smooth robustness by the team's probability of a restrictive action:
 *
 *   g[t, e] = d / dp[t, e]  sum over specifications s and episodes of  weight_s min over steps of smooth robustness_s
 *
 * where the minimum is a smooth one, as always G is, of the formula inside an invariant `G (...)`, and of any other
 * formula as it is. Decision signals follow p (relaxed-signals.ts), all others are constants, so what an action
 * does to response times or load is left out. Of steps in the history those count whose value the window can still change,
 * and of the last ones, where the episode goes on behind the window, those whose value does not depend on what comes.
 * Single precision on one thread of the cpu; the same input gives the same bits.
 *
 * @returns [T, E], robustness per unit of probability; above 0 where acting restrictively makes it more robust
 * @throws {StlError} OPTION, TRACE_SHAPE, TRACE_VALUE; UNKNOWN_SIGNAL; DIVISION_BY_ZERO, NOT_A_NUMBER, NOT_SMOOTH; as
 *     compile() does
 */
export function directGradient({ specifications, window, options = {} }: DirectGradientInput): Float32Array {
  assertWindow(window)
  const watched = specifications.map((specification) => watch(specification, { window, options }))
  const active = watched.filter(({ weight, isDriven }) => weight !== 0 && isDriven)
  const gradient = new Float32Array(window.steps * window.lanes)
  if (active.length === 0) return gradient
  const { steps, historySteps, lanes, begins } = window
  const groups = episodeGroups(begins, { steps: historySteps + steps, lanes, first: historySteps })
  for (const episodes of groups) {
    const length = episodes.reduce((longest, episode) => Math.max(longest, episode.length), 0)
    const rows = onCpu(() => groupGradient({ active, window, batch: { episodes, length } }))
    scatter(rows, { episodes, length }, { window, gradient })
  }
  return gradient
}

/** A specification that is ready to be evaluated. */
type Watched = Omit<DirectSpecification, 'formula'> & {
  readonly program: Program
  /** whether it reads a signal that p drives */
  readonly isDriven: boolean
  /** the first row whose value the window can still change */
  readonly first: number
  /** rows that a value depends on ahead of its own */
  readonly ahead: number
}

function watch(
  { formula, weight, temperature }: DirectSpecification,
  { window, options }: Required<Pick<DirectGradientInput, 'window' | 'options'>>,
): Watched {
  if (!Number.isFinite(weight)) {
    throw new StlError('OPTION', `The weight of "${formula}" must be a finite number, received ${weight}.`)
  }
  const program = watchedProgram(formula, options)
  const { signals } = program
  const missing = signals.find((name) => !isRelaxed(name) && !Object.hasOwn(window.signals, name))
  if (missing !== undefined) {
    const has = [...BINARY_SIGNALS, 'fp_rate[w]', 'detection_rate[w]', ...Object.keys(window.signals)].join(', ')
    throw new StlError('UNKNOWN_SIGNAL', `"${formula}" reads "${missing}", but there are only: ${has}.`)
  }
  const isDriven = signals.some((name) => isRelaxed(name) && name !== 'threat')
  const ahead = reachOf(program).forward
  return { program, weight, temperature, isDriven, first: Math.max(0, window.historySteps - ahead), ahead }
}

/** Episodes side by side, each from row 0 on, behind its end padding up to `length` rows. */
type Batch = { readonly episodes: readonly Episode[]; readonly length: number }

/** d / dp of a batch, [length, episodes]. */
function groupGradient({
  active,
  window,
  batch,
}: {
  active: readonly Watched[]
  window: DecisionWindow
  batch: Batch
}): Float32Array {
  const lengths = Int32Array.from(batch.episodes, ({ length }) => length)
  const gathered = (column: ArrayLike<number>) => gather(column, batch, window.lanes)
  const threat = gathered(window.threat)
  const total = (restrictive: tf.Tensor): tf.Scalar => {
    const signals: Record<string, tf.Tensor2D> = {}
    for (const name of new Set(active.flatMap(({ program }) => program.signals))) {
      const decisions = { restrictive: restrictive as tf.Tensor2D, threat }
      signals[name] = isRelaxed(name) ? relaxedSignal(name, decisions) : gathered(window.signals[name])
    }
    const terms = active.map(({ program, weight, temperature, ...reach }) => {
      assertDefined(program, { signals, lengths })
      const settings = { temperature, lengths, binarySignals: BINARY_SIGNALS }
      const values = smoothRobustness(program, signals, settings)
      const counted = tf.where(watchedRows(batch, reach), values, tf.fill<tf.Rank.R2>(values.shape, INFINITE))
      const least = reduceRows(counted, softExtreme('minimum', 'lower', temperature))
      return tf.mul<tf.Scalar>(tf.sum(least), weight)
    })
    return tf.addN(terms)
  }
  return tf.grad(total)(gathered(window.restrictive)).dataSync() as Float32Array
}

/** Columns [history + T, E] to [length, episodes]. */
function gather(column: ArrayLike<number>, { episodes, length }: Batch, lanes: number): tf.Tensor2D {
  const rows = new Float32Array(length * episodes.length)
  for (const [i, episode] of episodes.entries()) {
    for (let t = 0; t < episode.length; t++) {
      rows[t * episodes.length + i] = column[(episode.from + t) * lanes + episode.lane]
    }
  }
  return tf.tensor2d(rows, [length, episodes.length])
}

/**
 * Where a row is one of its episode, not before row `first` of the window, and its value is known, bool [length, episodes]:
 * only where an episode is over is its end that of the trace. Rows that are left out count in the next window if its history has them.
 */
function watchedRows({ episodes, length }: Batch, { first, ahead }: Pick<Watched, 'first' | 'ahead'>): tf.Tensor2D {
  const rows = new Uint8Array(length * episodes.length)
  for (const [i, episode] of episodes.entries()) {
    const end = episode.isOver ? episode.length : episode.length - ahead
    for (let t = Math.max(0, first - episode.from); t < end; t++) rows[t * episodes.length + i] = 1
  }
  return tf.tensor2d(rows, [length, episodes.length], 'bool')
}

function scatter(
  rows: Float32Array,
  { episodes }: Batch,
  { window: { historySteps, lanes }, gradient }: { window: DecisionWindow; gradient: Float32Array },
): void {
  for (const [i, { lane, from, length }] of episodes.entries()) {
    for (let t = Math.max(0, historySteps - from); t < length; t++) {
      const value = rows[t * episodes.length + i]
      if (!Number.isFinite(value)) {
        const message =
          `The gradient is ${value} at step ${from + t - historySteps} of lane ${lane}. ` +
          'Keep what is divided, exponentiated or rooted away from the ends of single precision.'
        throw new StlError('NOT_A_NUMBER', message)
      }
      // + 0 makes 0 of -0.
      gradient[(from + t - historySteps) * lanes + lane] = value + 0
    }
  }
}

/** Operations that have no value for some operands. */
const PARTIAL: ReadonlySet<OpCode> = new Set<OpCode>([OP.divide, OP.squareRoot, OP.power])

/** @throws {StlError} DIVISION_BY_ZERO, NOT_A_NUMBER, where the exact robustness has no value */
function assertDefined(
  program: Program,
  { signals, lengths }: { signals: Readonly<Record<string, tf.Tensor2D>>; lengths: Int32Array },
): void {
  if (!program.operations.some(({ op }) => PARTIAL.has(op))) return
  const columns = program.signals.map((name) => [name, signals[name].dataSync()] as const)
  for (const [lane, length] of lengths.entries()) {
    const cut = (rows: ArrayLike<number>) => Float64Array.from({ length }, (_, t) => rows[t * lengths.length + lane])
    robustness(program, Object.fromEntries(columns.map(([name, rows]) => [name, cut(rows)])))
  }
}
