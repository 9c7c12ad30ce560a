import { formatCounted } from '@vigil/command-line'
import type { Config } from '@vigil/config'
import type { Session } from '@vigil/learner'
import type { Options } from './options.ts'
import { compareScores, rungsOf } from './rank.ts'
import type { Space } from './space.ts'
import { modelUnits, randomUnits } from './suggest.ts'
import { runTrials, type Trial, type TrialOutcome, trialAt, UNVARIED, unvariedTrial } from './trials.ts'

/** Trials so far; `isWhole` tells whether there are no more to come. */
export type Found = { readonly outcomes: readonly TrialOutcome[]; readonly isWhole: boolean }

type Searching = {
  readonly space: Space
  readonly options: Options
  /** Of a trial without what is varied. */
  readonly base: Config
  readonly session: Pick<Session, 'stream' | 'stop'>
}

/**
 * Searches by the method that is asked for. What is tried next follows from the seed and from scores on validation, never from
 * times: after an interruption, and with any number of processes, the same trials come out.
 *
 * @throws as runTrials
 */
export async function search(searching: Searching): Promise<Found> {
  const { method } = searching.options
  if (method === 'halving') return await byHalving(searching)
  return method === 'model' ? await byModel(searching) : await atRandom(searching)
}

async function atRandom(searching: Searching): Promise<Found> {
  const { options, session } = searching
  const outcomes = await runTrials(randomTrials(searching), options, { upTo: null, session })
  return { outcomes: outcomes ?? [], isWhole: outcomes !== null }
}

async function byModel({ space, options, base, session }: Searching): Promise<Found> {
  const outcomes: TrialOutcome[] = []
  while (outcomes.length < options.trials) {
    const first = outcomes.length + 1
    const count = Math.min(options.batch, options.trials - outcomes.length)
    // What conflicts or diverges is as good as the worst.
    const ranked = [...outcomes].sort(compareOutcomes).flatMap(({ units }) => (units === null ? [] : [{ units }]))
    const trials = Array.from({ length: count }, (_, i) => {
      const place = { seed: options.sweepSeed, trial: first + i }
      if (place.trial === UNVARIED) return unvariedTrial(space, base)
      const units =
        outcomes.length < STARTUP ? randomUnits(space, place.seed, place.trial) : modelUnits(space, ranked, place)
      return trialAt(space, first + i, units)
    })
    const generation = await runTrials(trials, options, { upTo: null, session })
    if (generation === null) return { outcomes, isWhole: false }
    outcomes.push(...generation)
  }
  return { outcomes, isWhole: true }
}

/** Trials before the model proposes any. */
const STARTUP = 8

async function byHalving(searching: Searching): Promise<Found> {
  const { options, base, session } = searching
  const { iterations, validateEvery } = base
  const rungs = rungsOf(options.trials, { iterations, validateEvery, eta: options.eta })
  let alive: readonly Trial[] = randomTrials(searching)
  const latest = new Map<number, TrialOutcome>()
  for (const [index, rung] of rungs.entries()) {
    const upTo = index === rungs.length - 1 ? null : rung.iterations
    session.stream.write(`to iteration ${rung.iterations} of ${iterations}: ${formatCounted(alive.length, 'trial')}\n`)
    const outcomes = await runTrials(alive, options, { upTo, session })
    if (outcomes === null) return { outcomes: [...latest.values()], isWhole: false }
    for (const outcome of outcomes) latest.set(outcome.trial, outcome)
    const next = rungs[index + 1]
    if (next !== undefined) alive = survivors(outcomes, next.trials)
  }
  return { outcomes: [...latest.values()], isWhole: true }
}

/**
 * Trials that go on: the best, and beside them the one that varies nothing, so that the best at the end is never below it.
 *
 * @param count of the best
 */
export function survivors(outcomes: readonly TrialOutcome[], count: number): readonly TrialOutcome[] {
  const ranked = [...outcomes].sort(compareOutcomes)
  return ranked.filter(({ trial, score }, rank) => rank < count || (trial === UNVARIED && score !== null))
}

/** The trial that varies nothing, then random ones. */
function randomTrials({ space, options, base }: Searching): readonly Trial[] {
  const random = Array.from({ length: options.trials - UNVARIED }, (_, i) => {
    const trial = UNVARIED + 1 + i
    return trialAt(space, trial, randomUnits(space, options.sweepSeed, trial))
  })
  return [unvariedTrial(space, base), ...random]
}

/** Better ones first; those without a score last; of equals the earlier trial. */
export function compareOutcomes(a: TrialOutcome, b: TrialOutcome): number {
  if (a.score === null || b.score === null) {
    return Number(a.score === null) - Number(b.score === null) || a.trial - b.trial
  }
  return compareScores(a.score, b.score) || a.trial - b.trial
}
