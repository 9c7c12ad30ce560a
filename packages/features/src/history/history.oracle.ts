import type { Fold } from './fold.ts'
import type { LiveEvent } from './live-history.ts'
import type { HistoryPlan } from './plan.ts'

type Feature = string | number | null

/**
 * The definition of every fold, by looking at the whole past again for each event. Nothing is carried from event to event.
 *
 * @param instants events in their order, several to an instant
 * @returns per event the features in the plan's order
 */
export function historyOracle(plan: HistoryPlan, instants: readonly (readonly LiveEvent[])[]): Feature[][] {
  const results: Feature[][] = []
  const past: LiveEvent[] = []
  for (const instant of instants) {
    for (const event of instant) results.push(plan.folds.map((fold) => featureOf(plan, fold, past, event)))
    past.push(...instant)
  }
  return results
}

function featureOf(plan: HistoryPlan, fold: Fold, past: readonly LiveEvent[], event: LiveEvent): Feature {
  const ofTokens = fold.kind === 'previous' && plan.columns.find(({ name }) => name === fold.of)?.kind === 'token'
  const key = event.keys[fold.key] ?? null
  if (key === null) return ofTokens ? null : Number.NaN
  const life = presentLife(plan, fold.key, past, key)
  const now = later(event.time, life.at(-1)?.time)
  const { idleMs } = plan.keys.find(({ name }) => name === fold.key) as HistoryPlan['keys'][number]
  const isIdle = idleMs !== null && life.length > 0 && now - life[life.length - 1].time > BigInt(idleMs) * 1_000_000n
  return foldValue(fold, isIdle ? [] : life, { ...event, time: isIdle ? event.time : now }, ofTokens)
}

/** The key's events since it was forgotten last, at times that never run back. */
function presentLife(plan: HistoryPlan, keyName: string, past: readonly LiveEvent[], key: string): LiveEvent[] {
  const { limit, idleMs } = plan.keys.find(({ name }) => name === keyName) as HistoryPlan['keys'][number]
  let life: LiveEvent[] = []
  let others = new Set<string>()
  for (const event of past) {
    const name = event.keys[keyName] ?? null
    if (name === null) continue
    if (name !== key) {
      others.add(name)
      // As many other keys as there is room for have had events since.
      if (others.size >= limit) life = []
      continue
    }
    others = new Set()
    const last = life.at(-1)
    if (last !== undefined && idleMs !== null && event.time - last.time > BigInt(idleMs) * 1_000_000n) life = []
    life.push({ ...event, time: later(event.time, life.at(-1)?.time) })
  }
  return life
}

function foldValue(fold: Fold, life: readonly LiveEvent[], event: LiveEvent, ofTokens: boolean): Feature {
  const seen = (name: string) => life.map(({ values }) => values[name] ?? null)
  switch (fold.kind) {
    case 'previous':
      return seen(fold.of).at(-fold.back) ?? (ofTokens ? null : Number.NaN)
    case 'gap':
      return life.length === 0 ? Number.NaN : Number(event.time - life[life.length - 1].time) / 1e6
    case 'events':
      return life.length
    case 'count':
      return seen(fold.of)
        .slice(fold.last === null ? 0 : -fold.last)
        .filter((value) => value === fold.value).length
    case 'within': {
      const stepOf = ({ time }: LiveEvent) => floorDivide(time * 16n, BigInt(fold.ms) * 1_000_000n)
      return life.filter(
        (earlier) =>
          (fold.of === null || earlier.values[fold.of] === fold.value) && stepOf(earlier) > stepOf(event) - 16n,
      ).length
    }
    case 'spans': {
      const spanOf = ({ time }: LiveEvent) => floorDivide(time, BigInt(fold.ms) * 1_000_000n)
      return life.filter(
        (earlier) =>
          (fold.of === null || earlier.values[fold.of] === fold.value) &&
          spanOf(earlier) > spanOf(event) - BigInt(fold.last),
      ).length
    }
    case 'firsts': {
      const spanOf = ({ time }: LiveEvent) => floorDivide(time, BigInt(fold.ms) * 1_000_000n)
      const tokens = seen(fold.of)
      const isFirst = (i: number) => {
        const latestFirst = new Set(
          tokens
            .slice(0, i)
            .filter((value) => value !== null)
            .toReversed(),
        )
        return tokens[i] !== null && ![...latestFirst].slice(0, fold.remembered).includes(tokens[i])
      }
      return life.filter((earlier, i) => spanOf(earlier) === spanOf(event) && isFirst(i)).length
    }
    case 'new': {
      const own = event.values[fold.of] ?? null
      if (own === null) return Number.NaN
      const latestFirst = new Set(
        seen(fold.of)
          .filter((value) => value !== null)
          .toReversed(),
      )
      return [...latestFirst].slice(0, fold.remembered).includes(own) ? 0 : 1
    }
  }
}

function later(a: bigint, b: bigint | undefined): bigint {
  return b === undefined || a > b ? a : b
}

function floorDivide(a: bigint, b: bigint): bigint {
  return a % b < 0n ? a / b - 1n : a / b
}
