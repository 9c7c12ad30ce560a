import type { Bundle } from '@vigil/runs'
import { decideStream } from './decide-stream.ts'
import { createDecider } from './decider.ts'
import { serviceError } from './errors.ts'
import { eventFilter } from './event-filter.ts'
import { inputLines } from './input-lines.ts'
import { PLAIN_OUTPUT } from './output/decision-output.ts'

/** A file that is read from its beginning, as often as it is asked for. */
type Source = () => AsyncIterable<Uint8Array>

/** What a decision is made again from. */
export type Recorded = {
  /** of the event, as text */
  readonly id: string
  /** decisions: those of `service:decide`, or the log of a service with `--log-events` */
  readonly log: Source
  /** the events and verdicts, a line each, in the order in which they came; null = those in the log */
  readonly events: Source | null
}

/** A decision beside the one that is made again. */
export type Receipt = {
  /** as it was logged, and as it is made again; null = the events do not have it */
  readonly logged: Fields
  readonly again: Fields | null
  /** Names of the fields that differ by a bit; none where the two are one. */
  readonly differences: readonly string[]
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Decides again on a recorded event and on all before it, and compares the decision with what was logged, byte by byte. Reasons and a
 * shield are there where the log has them.
 *
 * @example
 * ```ts
 * const { differences } = await decideAgain(await readBundle('runs/NAME'), {
 *   id: '7',
 *   log: () => createReadStream('decisions.jsonl'),
 *   events: () => createReadStream('events.jsonl'),
 * })
 * differences // [] where the decision has the same bits
 * ```
 *
 * @throws {VigilError} RECEIPT_INVALID where the log does not have the decision, or has none that a team has made; as `createDecider`
 */
export async function decideAgain(bundle: Bundle, { id, log, events }: Recorded): Promise<Receipt> {
  const { logged, isShielded } = await loggedDecision(id, log)
  const rules = isShielded ? 'shield' : 'off'
  const decider = await createDecider(bundle, { rules, why: 'why' in logged })
  const { reading } = bundle.pipeline
  let again: string | null = null
  await decideStream(
    decider,
    inputLines(events === null ? eventsIn(log) : events()),
    async (lines) => {
      again = lines.split('\n').find((line) => line !== '' && String(fieldsOf(line)?.id) === id) ?? null
      return again === null
    },
    {
      // What a service has refused is in no past.
      ...{
        onError: 'skip',
        isJudged: eventFilter(reading),
        note: () => undefined,
        output: PLAIN_OUTPUT,
      },
      streamColumns: bundle.environment.response === null ? null : (reading?.stream ?? []),
    },
  )
  const made = again === null ? null : fieldsOf(again)
  const names = [...new Set([...Object.keys(logged), ...Object.keys(made ?? {})])]
  const differences = names.filter((name) => comparable(logged[name]) !== comparable(made?.[name]))
  return { logged, again: made, differences }
}

/** Which training events are nearest is told from a file beside the bundle, and is no part of the decision. */
function comparable(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value)
  return JSON.stringify({ ...value, nearest: undefined })
}

async function loggedDecision(id: string, log: Source): Promise<{ logged: Fields; isShielded: boolean }> {
  let isShielded = false
  for await (const { decision } of linesOf(log)) {
    if (decision?.shield !== undefined) isShielded = true
    if (decision === null || String(decision.id) !== id) continue
    if (decision.votes !== undefined) return { logged: decision, isShielded }
    throw invalid(`needs a decision of the team on event ${id}, and what was answered is a fallback or no decision`)
  }
  throw invalid(`needs a decision on event ${id}, which is not in the log`)
}

/** Lines of a log: decisions, or what a service tells of an event and its answer. */
async function* linesOf(log: Source): AsyncGenerator<{ decision: Fields | null; event: unknown }> {
  for await (const lines of inputLines(log())) {
    for (const { text } of lines) {
      const fields = text === null ? null : fieldsOf(text)
      if (fields?.votes !== undefined) yield { decision: fields, event: undefined }
      else if (typeof fields?.answer === 'object')
        yield { decision: fields.answer as Fields | null, event: fields.event }
      else if (fields?.id !== undefined) yield { decision: fields, event: undefined }
    }
  }
}

async function* eventsIn(log: Source): AsyncGenerator<Uint8Array> {
  let count = 0
  for await (const { event } of linesOf(log)) {
    if (event === undefined) continue
    count++
    yield Buffer.from(`${JSON.stringify(event)}\n`)
  }
  if (count === 0) throw invalid('needs the events, which are not in the log: give them, too')
}

function fieldsOf(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Fields) : null
  } catch {
    return null
  }
}

function invalid(reason: string): Error {
  return serviceError('RECEIPT_INVALID', `Receipt: ${reason}. Give the log and the events from where the team began.`)
}
