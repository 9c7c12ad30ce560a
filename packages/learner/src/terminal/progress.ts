import {
  absentNumber,
  formatCompact,
  formatDuration,
  formatScore,
  formatShare,
  formatSigned,
} from '@vigil/command-line'
import type { IterationMetrics } from '@vigil/runs'
import { createLogUpdate } from 'log-update'
import {
  asciiNumber,
  columnsOf,
  type OutputEnvironment,
  type OutputStream,
  outputStyle,
  printable,
} from './terminal.ts'

/** Where progress goes and how long the way is. */
export type ProgressOptions = {
  readonly stream: OutputStream
  /** Whether the stream is a terminal; stream.isTTY. */
  readonly isTTY: boolean
  /** Iterations of the whole run, those before a resume included. */
  readonly totalIterations: number
  /** About how many lines plain output has. Default 20. */
  readonly plainLines?: number
  /** Default: process.env. */
  readonly environment?: OutputEnvironment
  /** Milliseconds of a clock that only goes forward. Default: performance.now. */
  readonly now?: () => number
}

/** Progress of a training run. */
export type Progress = {
  /** Shows an iteration that is complete. */
  iteration(metrics: IterationMetrics): void
  /** Prints a line that stays, above the live line. */
  message(text: string): void
  /** Leaves the last state on the screen; further calls do nothing. */
  finish(): void
}

/**
 * Reports training to a person: one live line in a terminal, plain lines without control characters, one for each
 * twentieth of the run, in a pipe or under CI. The remaining time is estimated from the iterations of this process.
 */
export function createProgress(options: ProgressOptions): Progress {
  const { stream, isTTY, totalIterations, plainLines = 20, environment = process.env } = options
  const { now = () => performance.now() } = options
  const { live, colors } = outputStyle(isTTY, environment)
  // With the cursor shown, log-update installs no signal handlers, which would compete with the one that saves the run.
  const redraw = live ? createLogUpdate(knownSize(stream), { showCursor: true }) : null
  const startMs = now()
  let seen = 0
  let validation: Validation | null = null
  let unprinted: State | null = null
  let liveLine = ''
  let finished = false

  const printPlain = (state: State) => {
    stream.write(`${plainLine(state)}\n`)
    unprinted = null
  }

  return {
    iteration(metrics) {
      if (finished) return
      seen++
      // Most iterations are not validated; the last figure stays until the next one.
      validation = metrics.validation ?? validation
      const remaining = Math.max(0, totalIterations - metrics.iteration)
      const state = { metrics, totalIterations, validation, remainingMs: ((now() - startMs) / seen) * remaining }
      if (redraw !== null) {
        liveLine = fitLiveLine(state, columnsOf(stream) - 1, colors)
        redraw(liveLine)
        return
      }
      unprinted = state
      const part = (iteration: number) => Math.floor((iteration * plainLines) / Math.max(1, totalIterations))
      const due = part(metrics.iteration) > part(metrics.iteration - 1)
      if (seen === 1 || due || remaining === 0) printPlain(state)
    },

    message(text) {
      redraw?.clear()
      stream.write(`${printable(text)}\n`)
      if (!finished && liveLine !== '') redraw?.(liveLine)
    },

    finish() {
      if (finished) return
      finished = true
      redraw?.done()
      // A run that was stopped early has a last iteration that no twentieth fell on.
      if (unprinted !== null) printPlain(unprinted)
    },
  }
}

/** Pseudo-terminals without a size report 0 rows and columns, of which log-update would show nothing. */
function knownSize(stream: OutputStream): NodeJS.WritableStream {
  const sized = {
    write: (chunk: string) => stream.write(chunk),
    get columns() {
      return columnsOf(stream)
    },
  }
  // log-update uses nothing else of a stream.
  return sized as unknown as NodeJS.WritableStream
}

type Validation = NonNullable<IterationMetrics['validation']>

type State = {
  readonly metrics: IterationMetrics
  readonly totalIterations: number
  /** The last one so far. */
  readonly validation: Validation | null
  readonly remainingMs: number
}

function plainLine({ metrics, totalIterations, validation, remainingMs }: State): string {
  const total = String(totalIterations)
  const line = [
    `iteration ${String(metrics.iteration).padStart(total.length)}/${total}`,
    `${formatCompact(metrics.stepsPerSecond).padStart(4)} steps/s`,
    `reward ${formatSigned(metrics.rewardMean).padStart(5)}`,
    `value loss ${lossText(metrics.valueLoss)}`,
    `F1 ${formatScore(validation?.f1 ?? null).padEnd(5)}`,
    `alerts ${formatShare(validation?.alertRate ?? null)}`,
    `undecided ${formatShare(validation?.undecidedRate ?? null)}`,
    `${formatDuration(remainingMs)} left`,
  ].join('  ')
  return asciiNumber(line)
}

type Colors = ReturnType<typeof outputStyle>['colors']
type Segment = { readonly long: string; readonly short: string; readonly paint: (text: string) => string }

/** Long words where they fit, else short ones, else fewer of them: the live line must never wrap. */
function fitLiveLine(state: State, columns: number, colors: Colors): string {
  const { metrics, totalIterations, validation, remainingMs } = state
  const plain = (text: string) => text
  const reward = formatSigned(metrics.rewardMean)
  const loss = lossText(metrics.valueLoss).trim()
  const speed = formatCompact(metrics.stepsPerSecond)
  const count = `${metrics.iteration}/${totalIterations}`
  const duration = formatDuration(remainingMs)
  const f1 = formatScore(validation?.f1 ?? null)
  const [alerts, undecided] = [validation?.alertRate ?? null, validation?.undecidedRate ?? null].map(formatShare)
  // In order of importance; the first ones stay longest.
  const ranked: readonly Segment[] = [
    { long: count, short: count, paint: colors.bold },
    { long: `F1 ${f1}`, short: `F1 ${f1}`, paint: colors.green },
    { long: `alerts ${alerts}`, short: `al ${alerts}`, paint: plain },
    { long: `undecided ${undecided}`, short: `un ${undecided}`, paint: plain },
    { long: `reward ${reward}`, short: `r ${reward}`, paint: plain },
    { long: `${duration} left`, short: duration, paint: colors.dim },
    { long: `value loss ${loss}`, short: `vl ${loss}`, paint: plain },
    { long: `${speed} steps/s`, short: `${speed}/s`, paint: colors.dim },
    { long: bar(state, 16), short: bar(state, 8), paint: colors.cyan },
  ]
  const reading = [8, 0, 7, 4, 6, 1, 2, 3, 5].map((rank) => ranked[rank])
  for (let kept = ranked.length; kept > 0; kept--) {
    const segments = reading.filter((segment) => ranked.indexOf(segment) < kept)
    for (const form of kept === ranked.length ? (['long', 'short'] as const) : (['short'] as const)) {
      const length = segments.reduce((sum, segment) => sum + segment[form].length + 2, -2)
      if (length <= columns) return segments.map((segment) => segment.paint(asciiNumber(segment[form]))).join('  ')
    }
  }
  return ''
}

function bar({ metrics, totalIterations }: State, width: number): string {
  const filled = Math.min(width, Math.round((width * metrics.iteration) / Math.max(1, totalIterations)))
  return '█'.repeat(filled) + '░'.repeat(width - filled)
}

/** Four characters wide as long as the loss is sane; a loss of 38,588 must be seen as such. */
function lossText(loss: number | null): string {
  if (loss === null || !Number.isFinite(loss)) return absentNumber.padEnd(4)
  return Math.abs(loss) < 1000 ? loss.toFixed(2) : formatCompact(loss)
}
