import { formatCount, formatDuration } from '@vigil/command-line'
import type { OnStep } from '@vigil/evaluation'
import { createLogUpdate } from 'log-update'
import {
  asciiNumber,
  columnsOf,
  type OutputEnvironment,
  type OutputStream,
  outputStyle,
  printable,
} from './terminal.ts'

/** Progress of a work that has stages, none of which is as long as a training. */
export type Steps = {
  readonly step: OnStep
  /** Prints a line that stays, above the live line. */
  message(text: string): void
  /** Takes the live line away; further calls do nothing. */
  finish(): void
}

/** Plain output says where a stage stands this often. */
const PARTS = 4

/**
 * Reports the stages of an evaluation to a person: one live line in a terminal; plain lines in a pipe or under CI, one for
 * each stage and for each quarter of a stage of many steps.
 */
export function createSteps(options: {
  readonly stream: OutputStream
  readonly isTTY: boolean
  /** Default: process.env. */
  readonly environment?: OutputEnvironment
  /** Milliseconds of a clock that only goes forward. Default: performance.now. */
  readonly now?: () => number
}): Steps {
  const { stream, isTTY, environment = process.env, now = () => performance.now() } = options
  const { live, colors } = outputStyle(isTTY, environment)
  const sized = { write: (chunk: string) => stream.write(chunk), columns: columnsOf(stream) }
  // As in progress.ts: no signal handlers, and a stream of a known width.
  const redraw = live ? createLogUpdate(sized as unknown as NodeJS.WritableStream, { showCursor: true }) : null
  let current: { readonly stage: string; readonly beganMs: number; part: number } | null = null
  let liveLine = ''
  let finished = false

  return {
    step(stage, done, total) {
      if (finished) return
      if (current?.stage !== stage) {
        current = { stage, beganMs: now(), part: 0 }
        if (!live) stream.write(`${printable(stage)}${total > 1 ? `: ${total} steps` : ''}\n`)
      }
      const leftMs = done === 0 ? null : ((now() - current.beganMs) / done) * (total - done)
      if (redraw !== null) {
        liveLine = fit(stage, { done, total, leftMs }, columnsOf(stream) - 1, colors)
        redraw(liveLine)
        return
      }
      const part = Math.floor((done * PARTS) / Math.max(1, total))
      if (part > current.part && part < PARTS && total >= PARTS) {
        stream.write(`${printable(stage)}: ${done} of ${total}, ${asciiNumber(formatDuration(leftMs ?? 0))} left\n`)
      }
      current.part = Math.max(part, current.part)
    },

    message(text) {
      redraw?.clear()
      stream.write(`${printable(text)}\n`)
      if (!finished && liveLine !== '') redraw?.(liveLine)
    },

    finish() {
      if (finished) return
      finished = true
      redraw?.clear()
      redraw?.done()
    },
  }
}

/** As much as fits: the live line must never wrap. */
function fit(
  stage: string,
  { done, total, leftMs }: { readonly done: number; readonly total: number; readonly leftMs: number | null },
  columns: number,
  colors: ReturnType<typeof outputStyle>['colors'],
): string {
  const parts = [
    { text: printable(stage), paint: colors.bold },
    ...(total > 1 ? [{ text: `${formatCount(done)}/${formatCount(total)}`, paint: (text: string) => text }] : []),
    ...(leftMs === null ? [] : [{ text: `${formatDuration(leftMs)} left`, paint: colors.dim }]),
  ]
  for (let kept = parts.length; kept > 0; kept--) {
    const shown = parts.slice(0, kept).map(({ text, paint }) => ({ text: asciiNumber(text), paint }))
    if (shown.reduce((sum, { text }) => sum + text.length + 2, -2) > columns) continue
    return shown.map(({ text, paint }) => paint(text)).join('  ')
  }
  return printable(stage).slice(0, Math.max(0, columns))
}
