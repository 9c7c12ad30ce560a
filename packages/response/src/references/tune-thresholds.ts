import { NEVER, type Thresholds } from './ladder.ts'

/** Levels that thresholds are chosen from. */
const LEVEL_COUNT = 96

/** Levels of the full search, by the number of thresholds. */
const FULL_COUNTS = [0, 16, 10, 6]

/** Levels apart, where one threshold is moved over all its range and where variants are compared. */
const LINE_STRIDE = 6
const ROUGH_STRIDE = 9

/** Thresholds that are tuned together, in this order: one is never above a later one. */
export type Tuned = readonly (keyof Thresholds)[]

/** Mean return under some thresholds. */
type Objective = (thresholds: Thresholds) => number

/**
 * Levels of a statistic such that the shares of events above them fall evenly in their logarithm, from all to one, then
 * Infinity: rules on rare threats live in the tail.
 *
 * @param values any order, not changed; those that are not finite are left out
 * @returns ascending, without repetitions
 */
export function levelsOf(values: Float64Array): Float64Array {
  const sorted = values.filter(Number.isFinite).sort()
  const levels = new Set<number>()
  for (let i = 0; i < LEVEL_COUNT && sorted.length > 0; i++) {
    const above = Math.round(sorted.length ** (1 - i / (LEVEL_COUNT - 1)))
    levels.add(sorted[Math.max(0, sorted.length - 1 - above)])
  }
  return Float64Array.from([...levels, Number.POSITIVE_INFINITY])
}

/**
 * The thresholds of the highest return: every choice from a few levels; from the best of them each threshold alone over its
 * range, until none gains; then a pattern search (Hooke and Jeeves 1961) whose steps are halved down to one level. Of equal
 * choices the first found stays.
 *
 * @param isLimited whether the objective has walls, as a limit has, at which one threshold alone cannot move: then thresholds that are all
 *                  equal are among the first choices, and the search moves all of them together as well
 */
export function tuneThresholds(
  levels: Float64Array,
  tuned: Tuned,
  objective: Objective,
  isLimited = false,
): { readonly thresholds: Thresholds; readonly value: number } {
  const count = levels.length
  const worthOf = remembered((choice) => objective(thresholdsAt(levels, tuned, choice)))
  const stride = Math.max(1, Math.floor((count - 1) / FULL_COUNTS[tuned.length]))
  const equal = isLimited ? Array.from(levels, (_, index): Choice => tuned.map(() => index)) : []
  let best = bestOf([...risingChoices(count, stride, tuned.length), ...equal], worthOf)
  for (let isBetter = true; isBetter; ) {
    const found = bestOf([best, ...lines(best, LINE_STRIDE, count)], worthOf)
    isBetter = worthOf(found) > worthOf(best)
    best = found
  }
  for (let reach = LINE_STRIDE >> 1; reach >= 1; ) {
    const together = isLimited ? shifted(best, reach, count) : []
    const found = bestOf([best, ...neighbours(best, reach, count), ...together], worthOf)
    if (worthOf(found) > worthOf(best)) best = found
    else reach >>= 1
  }
  return { thresholds: thresholdsAt(levels, tuned, best), value: worthOf(best) }
}

/**
 * Several ladders at once, from the thresholds that are best where all are one: the pattern search of tuneThresholds.
 *
 * @param tuned for each ladder the thresholds that are tuned; its others are never reached
 * @param start thresholds that are among the levels
 */
export function tuneLadders(
  levels: Float64Array,
  tuned: readonly Tuned[],
  start: Thresholds,
  objective: (ladders: readonly Thresholds[]) => number,
): { readonly ladders: readonly Thresholds[]; readonly value: number } {
  const froms = tuned.map((_, ladder) => tuned.slice(0, ladder).flat().length)
  const choiceOf = (choice: Choice, ladder: number) => choice.slice(froms[ladder], froms[ladder] + tuned[ladder].length)
  const laddersAt = (choice: Choice) =>
    tuned.map((names, ladder) => thresholdsAt(levels, names, choiceOf(choice, ladder)))
  const areRising = (choice: Choice) => tuned.every((_, ladder) => isRising(choiceOf(choice, ladder)))
  const worthOf = remembered((choice) => objective(laddersAt(choice)))
  let best: Choice = tuned.flat().map((name) => levels.indexOf(start[name]))
  for (let reach = 2 * LINE_STRIDE; reach >= 1; ) {
    const found = bestOf([best, ...moves(best, reach, levels.length).filter(areRising)], worthOf)
    if (worthOf(found) > worthOf(best)) best = found
    else reach >>= 1
  }
  return { ladders: laddersAt(best), value: worthOf(best) }
}

/** The highest return over a few levels: enough to compare statistics by. */
export function roughReturn(levels: Float64Array, tuned: Tuned, objective: Objective): number {
  const choices = risingChoices(levels.length, ROUGH_STRIDE, tuned.length)
  return Math.max(...choices.map((choice) => objective(thresholdsAt(levels, tuned, choice))))
}

/** One index into the levels for each threshold. */
type Choice = readonly number[]

function thresholdsAt(levels: Float64Array, tuned: Tuned, choice: Choice): Thresholds {
  return { ...NEVER, ...Object.fromEntries(tuned.map((name, i) => [name, levels[choice[i]]])) }
}

function remembered(worthOf: (choice: Choice) => number): (choice: Choice) => number {
  const known = new Map<string, number>()
  return (choice) => {
    const key = choice.join()
    const worth = known.get(key) ?? worthOf(choice)
    known.set(key, worth)
    return worth
  }
}

/** The first of the best. */
function bestOf(choices: readonly Choice[], worthOf: (choice: Choice) => number): Choice {
  return choices.reduce((best, choice) => (worthOf(choice) > worthOf(best) ? choice : best))
}

/** All choices of indices that do not fall, the last index and others so far apart. */
function risingChoices(count: number, stride: number, slots: number, last = count - 1): Choice[] {
  if (slots === 0) return [[]]
  const choices: Choice[] = []
  for (let index = count - 1; index >= 0; index -= stride)
    if (index <= last)
      for (const lower of risingChoices(count, stride, slots - 1, index)) choices.push([...lower, index])
  return choices
}

/** One index moved over all its range, where the order stays. */
function lines(choice: Choice, stride: number, count: number): Choice[] {
  return choice.flatMap((_, slot) => {
    const moved: Choice[] = []
    for (let index = count - 1; index >= 0; index -= stride) moved.push(choice.with(slot, index))
    return moved.filter(isRising)
  })
}

/** Each index moved up or down, where the order stays. */
function neighbours(choice: Choice, reach: number, count: number): Choice[] {
  return moves(choice, reach, count).filter(isRising)
}

/** Each index moved up or down, within the levels. */
function moves(choice: Choice, reach: number, count: number): Choice[] {
  return choice
    .flatMap((index, slot) => [choice.with(slot, index - reach), choice.with(slot, index + reach)])
    .filter((moved) => moved.every((index) => index >= 0 && index < count))
}

/** All indices moved up or down, where none leaves the levels. */
function shifted(choice: Choice, reach: number, count: number): Choice[] {
  return [-reach, reach]
    .map((move) => choice.map((index) => index + move))
    .filter((moved) => moved[0] >= 0 && moved[moved.length - 1] < count)
}

function isRising(choice: Choice): boolean {
  return choice.every((index, i) => i === 0 || index >= choice[i - 1])
}
