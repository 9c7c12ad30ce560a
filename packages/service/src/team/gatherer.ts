/** Puts events together into batches: by number, by bytes, and by time where the team has nothing else to do. */
import { addSpan, type Span } from '../source/number-spans.ts'
import type { GatheredBatch } from './event-log.ts'

/** Most text of a batch, in bytes: agents refuse a frame that is longer. */
export const BATCH_BYTES_MAX = 2 ** 21

/** So many are a batch where the team has nothing to do. Where it is busy they wait for it, and become a larger one. */
const EAGER_ROWS = 256

/** How events are gathered. */
export type GathererOptions = {
  /** most events of a batch */
  readonly batchRows: number
  /** milliseconds that events wait for others while the team has nothing to do */
  readonly waitMs: number
  /** milliseconds that events wait at most, also where the team is busy or away */
  readonly waitMsMax: number
  /** whether no two events of a stream may be in one batch */
  readonly apart: boolean
  /** whether the team has agreed on all that it was given */
  readonly isIdle: () => boolean
  readonly onBatch: (batch: Omit<GatheredBatch, 'firstRow'>, since: number) => void
  readonly clock: () => number
}

/** Events that are gathered. */
export type Gatherer = {
  /**
   * @param text as writtenEvent has it, shorter than BATCH_BYTES_MAX
   * @param from its line of the input, from 1, and the numbers that need not come again once it is stored
   */
  add(
    text: string,
    from: { readonly stream: string | null; readonly line: number; readonly taken: readonly Span[] },
  ): void
  /** Numbers of lines that became no event: they go into the next batch. */
  pass(span: Span): void
  /** A verdict on a stream came: what is decided on its events before is decided first. */
  hear(stream: string | null): void
  /** The team has nothing to do any more. */
  onIdle(): void
  /** Makes a batch of what is left. */
  flush(): void
  /** events that were added */
  readonly rows: number
}

/** Gathers events. */
export function createGatherer({
  batchRows,
  waitMs,
  waitMsMax,
  apart,
  isIdle,
  onBatch,
  clock,
}: GathererOptions): Gatherer {
  let events: string[] = []
  let taken: Span[] = []
  let bytes = 0
  let rows = 0
  let since = 0
  let lastLine = 0
  let isDue = false
  let timer: NodeJS.Timeout | null = null
  const streams = new Set<string>()

  function flush(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
    isDue = false
    if (events.length === 0) return
    const batch = { events, line: lastLine, taken }
    events = []
    taken = []
    bytes = 0
    streams.clear()
    onBatch(batch, since)
  }

  function flushBefore(stream: string | null): void {
    if (apart && stream !== null && streams.has(stream)) flush()
  }

  return {
    flush,
    get rows() {
      return rows
    },
    hear: flushBefore,
    onIdle() {
      if (isDue || events.length >= EAGER_ROWS) flush()
    },
    pass: (span) => addSpan(taken, span),
    add(text, { stream, line, taken: own }) {
      // With the line break that goes before the next one.
      const size = Buffer.byteLength(text) + 1
      flushBefore(stream)
      if (bytes + size > BATCH_BYTES_MAX) flush()
      if (events.length === 0) {
        since = clock()
        timer = setTimeout(() => {
          isDue = true
          timer = setTimeout(flush, Math.max(0, waitMsMax - waitMs))
          if (isIdle()) flush()
        }, waitMs)
      }
      events.push(text)
      for (const span of own) addSpan(taken, span)
      rows++
      bytes += size
      lastLine = line
      if (apart && stream !== null) streams.add(stream)
      if (events.length === batchRows || (events.length >= EAGER_ROWS && isIdle())) flush()
    },
  }
}
