import type { Team } from '@vigil/actors'
import { isBetter, rankedBy } from '../best-validation.ts'
import type { OnStep } from '../on-step.ts'
import { meanReturn, type PlayedSplit, playSplit } from '../play-split.ts'
import type { EvaluationSettings } from '../settings.ts'
import { decisionRobustness, satisfiedRateOf } from '../specification-scores.ts'
import { watchedDecisions } from './watched-decisions.ts'

/** Factors on the probabilities of quarantine and alert that are tried: e^-3 to e^3 in steps of half. */
const FACTORS = Array.from({ length: 13 }, (_, i) => Math.exp((i - 6) / 2))

/** Fewer, by which checkpoints are ranked while training goes on: e^-1 to e^3. */
export const ROUGH_FACTORS = Array.from({ length: 5 }, (_, i) => Math.exp(i - 1))

/** How readily a team stops, as validation chose it. */
export type StopLevel = {
  /** What the probabilities of quarantine and alert are multiplied by before the likeliest action is taken. */
  readonly stopFactor: number
  /** Every factor that was tried, ascending, with the team's mean return on validation. */
  readonly stopLevels: { readonly factor: number; readonly returnMean: number }[]
}

/** A team at its stop level. */
type PlayedLevel = {
  readonly level: StopLevel
  /** Its decisions on validation, and the share of them at which each specification holds */
  readonly played: PlayedSplit
  readonly satisfied: number[]
}

/** What is chosen from, and who is told. */
type LevelOptions = { readonly factors?: readonly number[]; readonly onStep?: OnStep | undefined }

/**
 * The stop level of a greedy team, chosen on validation like any threshold: greedy actions are not those that were sampled in
 * training, and over many steps a small probability of stopping, or of asking, adds up. Where training strives for targets, a level that
 * meets them goes before one that returns more. Of equal levels the one nearest to 1 stays.
 *
 * @param team    publishes the policy that acts
 * @param factors that are tried
 */
export async function playStopLevels(
  team: Team,
  settings: EvaluationSettings & { readonly stlMode: string },
  { factors = FACTORS, onStep = () => undefined }: LevelOptions = {},
): Promise<PlayedLevel> {
  const stopLevels: { factor: number; returnMean: number }[] = []
  let best: (Omit<PlayedLevel, 'level'> & { factor: number; ranked: ReturnType<typeof rankedBy> }) | null = null
  const nearestFirst = factors.toSorted((a, b) => Math.abs(Math.log(a)) - Math.abs(Math.log(b)))
  for (const [done, factor] of nearestFirst.entries()) {
    onStep('choosing the stop level on validation', done, factors.length)
    const played = await playSplit(team, settings, 'validation', { stopFactor: factor })
    const rewardMean = meanReturn(played)
    stopLevels.push({ factor, returnMean: rewardMean })
    const watched = watchedDecisions(team, settings, { split: 'validation', played })
    const satisfied = decisionRobustness(settings, watched).map(satisfiedRateOf)
    const ranked = rankedBy(settings, { rewardMean, satisfied })
    if (best === null || isBetter(ranked, best.ranked)) best = { factor, played, satisfied, ranked }
  }
  const { factor: stopFactor, played, satisfied } = best!
  return { level: { stopFactor, stopLevels: stopLevels.sort((a, b) => a.factor - b.factor) }, played, satisfied }
}

/** As `playStopLevels`, where the level alone is wanted. */
export async function chooseStopLevel(...words: Parameters<typeof playStopLevels>): Promise<StopLevel> {
  return (await playStopLevels(...words)).level
}
