import type { Fold, HistoryKey } from './fold.ts'
import { absorbers, reader } from './fold-state.ts'
import { createKeyTable, type KeyTable, type SlotIndex } from './key-table.ts'
import type { HistoryPlan } from './plan.ts'
import { createSlab, growSlab, type Slab } from './slab.ts'
import { LAST_TIME, slotLayout } from './slot-layout.ts'
import type { Clock, EventColumn, FeatureColumn } from './surroundings.ts'

/** What events show, by row. */
export type EventRows<Key> = {
  /** Nanoseconds since 1970. */
  readonly times: BigInt64Array
  /** Key of an event, of those that the plan calls `name`; null = the event has none. */
  keysOf(name: string): (row: number) => Key | null
  /** An empty index of those keys. */
  indexOf(name: string): SlotIndex<Key>
  column(name: string): EventColumn
}

/** The folds of a plan, for events that come one by one. */
export type Evaluator<Key> = {
  /** One per fold of the plan. */
  readonly features: readonly FeatureColumn[]
  /** Writes the features of an event, from the events absorbed so far. */
  read(row: number): void
  /** Makes an event part of the past. */
  absorb(row: number): void
  /** Calls with the code of every token that the state holds, with repetitions. */
  visitTokens(visit: (code: number) => void): void
  /** What the state holds of each kind of key. */
  save(): KeptKeys<Key>[]
  /** Takes what another evaluator of the plan has saved, into one that has absorbed nothing. @returns false where it does not fit */
  restore(kinds: readonly KeptKeys<Key>[]): boolean
}

/** Keys of one kind, from the one unused longest on, and the words of their slots one after another. */
export type KeptKeys<Key> = { readonly keys: readonly Key[]; readonly words: Int32Array }

/**
 * The one implementation of the folds, for recordings (`replayHistory`) and for live events (`createHistory`).
 *
 * A key's time never runs back: an event from before the key's last one counts as of the same time.
 *
 * @param rowCount rows of the features
 */
export function createEvaluator<Key>(plan: HistoryPlan, rows: EventRows<Key>, rowCount: number): Evaluator<Key> {
  const features = plan.folds.map((fold): FeatureColumn => {
    const isToken = fold.kind === 'previous' && rows.column(fold.of).kind === 'token'
    if (isToken) return { kind: 'token', codes: new Int32Array(rowCount).fill(-1), of: fold.of }
    return { kind: 'number', values: new Float64Array(rowCount).fill(Number.NaN) }
  })
  const histories = plan.keys.map((key) => {
    const own = plan.folds.map((fold, i) => ({ fold, out: features[i] })).filter(({ fold }) => fold.key === key.name)
    return createKeyHistory(key, own, rows)
  })
  return {
    features,
    read: (row) => {
      for (const history of histories) history.read(row)
    },
    absorb: (row) => {
      for (const history of histories) history.absorb(row)
    },
    visitTokens: (visit) => {
      for (const history of histories) history.visitTokens(visit)
    },
    save: () => histories.map((history) => history.save()),
    restore: (kinds) => kinds.length === histories.length && histories.every((history, i) => history.restore(kinds[i])),
  }
}

type KeyKeeper<Key> = { save(): KeptKeys<Key>; restore(kept: KeptKeys<Key>): boolean }

/** A fold with the column of its feature. */
type Output = { readonly fold: Fold; readonly out: FeatureColumn }

/** The state of one kind of key, and its folds. */
function createKeyHistory<Key>(
  { name, limit, idleMs }: HistoryKey,
  outputs: readonly Output[],
  rows: EventRows<Key>,
): Pick<Evaluator<Key>, 'read' | 'absorb' | 'visitTokens'> & KeyKeeper<Key> {
  const folds = outputs.map(({ fold }) => fold)
  const layout = slotLayout(folds, (column) => rows.column(column).kind === 'number')
  const { words } = layout
  const keyOf = rows.keysOf(name)
  const slab = createSlab(words)
  const table = createKeyTable<Key>(rows.indexOf(name), limit, (slotCount) => growSlab(slab, slotCount * words))
  const clock: Clock = { sinceNs: Number.NaN, high: 0, low: 0 }
  const setClock = clockSetter(clock, slab, rows.times)
  const around = { slab, layout, clock, column: rows.column }
  const read = outputs.map(({ fold, out }) => reader(fold, out, around))
  const absorb = absorbers(folds, around)
  const idleNs = idleMs === null ? Number.POSITIVE_INFINITY : idleMs * 1e6

  return {
    read: (row) => {
      const key = keyOf(row)
      if (key === null) {
        for (const { out } of outputs) setMissing(out, row)
        return
      }
      let base = table.find(key) * words
      setClock(base, row)
      if (clock.sinceNs > idleNs) {
        base = 0
        setClock(base, row)
      }
      for (const step of read) step(base, row)
    },
    absorb: (row) => {
      const key = keyOf(row)
      if (key === null) return
      const { slot, isNew } = table.use(key)
      const base = slot * words
      if (!isNew) setClock(base, row)
      if (isNew || clock.sinceNs > idleNs) {
        slab.i32.fill(0, base, base + words)
        setClock(base, row)
      }
      for (const step of absorb) step(base, row)
      slab.f64[base >> 1]++
      slab.i32[base + LAST_TIME] = clock.high
      slab.u32[base + LAST_TIME + 1] = clock.low
    },
    visitTokens: (visit) => {
      for (let slot = 1; slot <= table.size; slot++) {
        for (const word of layout.tokenWords) {
          const mark = slab.i32[slot * words + word]
          if (mark !== 0) visit(mark - 1)
        }
      }
    },
    ...keeper({ table, slab, words, limit }),
  }
}

/** Keeps the slots of a table of keys. */
function keeper<Key>({
  table,
  slab,
  words,
  limit,
}: {
  readonly table: KeyTable<Key>
  readonly slab: Slab
  readonly words: number
  readonly limit: number
}): KeyKeeper<Key> {
  return {
    save: () => {
      const entries = [...table.entries()]
      const kept = new Int32Array(entries.length * words)
      for (const [i, [, slot]] of entries.entries()) {
        kept.set(slab.i32.subarray(slot * words, (slot + 1) * words), i * words)
      }
      return { keys: entries.map(([key]) => key), words: kept }
    },
    restore: ({ keys, words: kept }) => {
      if (kept.length !== keys.length * words || keys.length > limit || new Set(keys).size < keys.length) return false
      for (const [i, key] of keys.entries()) {
        const { slot } = table.use(key)
        slab.i32.set(kept.subarray(i * words, (i + 1) * words), slot * words)
      }
      return true
    },
  }
}

/** Sets the clock to an event's time, or to the last time of the key in the slot where that is later. */
function clockSetter(clock: Clock, slab: Slab, times: BigInt64Array): (base: number, row: number) => void {
  // Little-endian, as every host that Node runs WebAssembly shared memory on.
  const halves = new Int32Array(times.buffer, times.byteOffset, 2 * times.length)
  return (base, row) => {
    clock.high = halves[2 * row + 1]
    clock.low = halves[2 * row] >>> 0
    if (slab.f64[base >> 1] === 0) {
      clock.sinceNs = Number.NaN
      return
    }
    const high = slab.i32[base + LAST_TIME]
    const low = slab.u32[base + LAST_TIME + 1]
    // Both terms are exact, so the difference is rounded once.
    clock.sinceNs = (clock.high - high) * 2 ** 32 + (clock.low - low)
    if (clock.sinceNs >= 0) return
    clock.sinceNs = 0
    clock.high = high
    clock.low = low
  }
}

function setMissing(out: FeatureColumn, row: number): void {
  if (out.kind === 'token') out.codes[row] = -1
  else out.values[row] = Number.NaN
}
