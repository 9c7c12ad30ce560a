import { featureError } from '../errors.ts'
import { createEvaluator, type KeptKeys } from './evaluator.ts'
import { TOKEN_LENGTH_MAX } from './fold.ts'
import type { HistoryPlan } from './plan.ts'
import type { EventColumn } from './surroundings.ts'
import { createTokenTable } from './token-table.ts'

/** An event as it happens. What is missing is null, or not there. */
export type LiveEvent = {
  /** Nanoseconds since 1970. */
  readonly time: bigint
  /** By key of the plan. */
  readonly keys: Readonly<Record<string, string | null>>
  /** By column of the plan: text for tokens, a number for numbers. */
  readonly values: Readonly<Record<string, string | number | null>>
}

/** The past of live events. */
export type LiveHistory = {
  /** [folds of the plan] features of an event, which does not become part of the past yet; null or NaN = missing */
  read(event: LiveEvent): (string | number | null)[]
  /** Makes an event part of the past. Events of one instant are all read before the first of them is absorbed. */
  absorb(event: LiveEvent): void
  /** The past as it is now. */
  save(): KeptHistory
  /**
   * Takes the past that another history of the plan has saved, into one that has none.
   *
   * @throws {VigilError} HISTORY_KEPT where it is that of another plan; this history is then of no use
   */
  restore(kept: KeptHistory): void
}

/** The past of live events, as it can be kept in a file. */
export type KeptHistory = {
  /** by code; null = a code that is free */
  readonly tokens: readonly (string | null)[]
  /** by key of the plan */
  readonly kinds: readonly KeptKeys<string>[]
}

/**
 * The folds of a plan for live events: the same code, and the same bits, as `replayHistory` has for a recording.
 *
 * State takes at most `stateBytes` of the plan, the keys themselves (at most their limits, 1,000 characters each), and at most
 * twice the tokens that fit into the state.
 *
 * @example
 * ```ts
 * const history = createHistory(plan)
 * const features = history.read(event) // before the decision
 * history.absorb(event)
 * ```
 *
 * @throws {VigilError} EVENT_INVALID from `read` and `absorb`, which then change nothing: a time out of 64 bits, a value of another
 *   kind, a key of more than 1,000 characters
 */
export function createHistory(plan: HistoryPlan): LiveHistory {
  const tokens = createTokenTable()
  const times = new BigInt64Array(1)
  const keys = plan.keys.map(({ name }) => ({ name, key: null as string | null }))
  const columns = plan.columns.map(({ name, kind }): { readonly name: string; readonly column: EventColumn } => ({
    name,
    column:
      kind === 'number'
        ? { kind, values: new Float64Array(1) }
        : { kind, codes: new Int32Array(1), codeOf: tokens.pinnedCodeOf },
  }))
  const evaluator = createEvaluator<string>(
    plan,
    {
      times,
      keysOf: (name) => {
        const own = keys.find((each) => each.name === name)
        return () => own?.key ?? null
      },
      indexOf: () => new Map(),
      column: (name) => columns.find((each) => each.name === name)?.column as EventColumn,
    },
    1,
  )
  let taken: LiveEvent | null = null
  /** Puts an event into the one row, unless it is there: an event is read and then absorbed. What is refused leaves the past as it was. */
  const take = (event: LiveEvent) => {
    if (event === taken) return
    taken = null
    tokens.sweepWhereDue(evaluator.visitTokens)
    times[0] = timeOf(event)
    for (const own of keys) own.key = keyOf(event.keys, own.name)
    for (const { name, column } of columns) {
      if (column.kind === 'number') column.values[0] = numberOf(event.values, name)
      else {
        const token = textOf(event.values, name)
        // As in a recording: a longer text is missing.
        column.codes[0] = token === null || token.length > TOKEN_LENGTH_MAX ? -1 : tokens.codeOf(token)
      }
    }
    taken = event
  }
  return {
    read: (event) => {
      take(event)
      evaluator.read(0)
      return evaluator.features.map((feature) =>
        feature.kind === 'number' ? feature.values[0] : tokens.tokenOf(feature.codes[0]),
      )
    },
    absorb: (event) => {
      take(event)
      evaluator.absorb(0)
    },
    save: () => ({ tokens: tokens.all(), kinds: evaluator.save() }),
    restore: ({ tokens: kept, kinds }) => {
      taken = null
      if (tokens.restore(kept) && evaluator.restore(kinds)) {
        let isWithin = true
        evaluator.visitTokens((code) => {
          isWithin &&= code >= 0 && code < kept.length
        })
        if (isWithin) return
      }
      throw featureError('HISTORY_KEPT', 'History: needs what a history of the same plan has saved, received another.')
    },
  }
}

function timeOf({ time }: LiveEvent): bigint {
  if (typeof time === 'bigint' && BigInt.asIntN(64, time) === time) return time
  throw invalid('time', 'whole nanoseconds since 1970 within 64 bits', `${time}`)
}

function keyOf(fields: LiveEvent['keys'], name: string): string | null {
  const key = textOf(fields, name)
  if (key === null || key.length <= TOKEN_LENGTH_MAX) return key
  throw invalid(name, `a key of at most ${TOKEN_LENGTH_MAX} characters, or null`, `${key.length} characters`)
}

function textOf(fields: Readonly<Record<string, string | number | null>>, name: string): string | null {
  const text = Object.hasOwn(fields, name) ? fields[name] : null
  if (text === null || typeof text === 'string') return text
  throw invalid(name, 'text or null', `${text}`)
}

/** NaN = missing */
function numberOf(fields: LiveEvent['values'], name: string): number {
  const value = Object.hasOwn(fields, name) ? fields[name] : null
  if (value === null) return Number.NaN
  if (typeof value === 'number') return value
  throw invalid(name, 'a number or null', `'${value}'`)
}

function invalid(field: string, needed: string, received: string) {
  return featureError(
    'EVENT_INVALID',
    `Event, ${field}: needs ${needed}, received ${received}. Give events as the plan of history describes them.`,
  )
}
