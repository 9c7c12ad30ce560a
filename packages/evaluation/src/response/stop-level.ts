import type { Team } from '@vigil/actors'
import { type ContainmentLimit, containmentLimitOf } from '@vigil/response'
import { isBetter, rankedBy } from '../best-validation.ts'
import type { OnStep } from '../on-step.ts'
import { meanReturn, type PlayedSplit, playSplit } from '../play-split.ts'
import type { EvaluationSettings } from '../settings.ts'
import { decisionRobustness, satisfiedRateOf } from '../specification-scores.ts'
import { isBenignContained, isFalselyContained, outcomesOf } from './outcomes.ts'
import { streamsOf } from './streams-of.ts'
import { watchedDecisions } from './watched-decisions.ts'

/** Factors on the probabilities of quarantine and alert that are tried: e^-3 to e^3 in steps of half. */
const FACTORS = Array.from({ length: 13 }, (_, i) => Math.exp((i - 6) / 2))

/** Fewer, by which checkpoints are ranked while training goes on: e^-1 to e^3. */
export const ROUGH_FACTORS = Array.from({ length: 5 }, (_, i) => Math.exp(i - 1))

/** How readily a team stops, as validation chose it. */
export type StopLevel = {
  /** What the probabilities of quarantine and alert are multiplied by before the likeliest action is taken. */
  readonly stopFactor: number
  /** Every factor that was tried, ascending, with what the team came to on validation. */
  readonly stopLevels: TriedLevel[]
  /** What it had to keep, as the rules beside the team have; null = nothing */
  readonly containmentLimit: ContainmentLimit | null
}

/** Mean return, the streams that were contained before any threat, and of those the ones that have none at all. */
type TriedLevel = {
  readonly factor: number
  readonly returnMean: number
  readonly falselyContained: number
  readonly benignContained: number
}

/** A team at its stop level. */
type PlayedLevel = {
  readonly level: StopLevel
  /** Its decisions on validation, and the share of them at which each specification holds */
  readonly played: PlayedSplit
  readonly satisfied: number[]
}

/** What is chosen from, and who is told. */
type LevelOptions = {
  readonly factors?: readonly number[]
  readonly maxFalseContainmentRate?: number | null | undefined
  readonly onStep?: OnStep | undefined
}

/**
 * The stop level of a greedy team, chosen on validation like any threshold: greedy actions are not those that were sampled in
 * training, and over many steps a small probability of stopping, or of asking, adds up. Where training strives for targets, a level that
 * meets them goes before one that returns more, and before both one that keeps the limit on false containments, where there is one. Of
 * equal levels the one nearest to 1 stays.
 *
 * @param team    publishes the policy that acts
 * @param factors that are tried
 * @param maxFalseContainmentRate share of the streams without a threat that may be contained, with 95 % confidence
 */
export async function playStopLevels(
  team: Team,
  settings: EvaluationSettings & { readonly stlMode: string },
  { factors = FACTORS, maxFalseContainmentRate: max = null, onStep = () => undefined }: LevelOptions = {},
): Promise<PlayedLevel> {
  const streams = streamsOf(team.dataset, 'validation')
  const limit = max === null ? null : containmentLimitOf(streams, max)
  const block = settings.environment.response?.block ?? 'fail-soft'
  const stopLevels: StopLevel['stopLevels'] = []
  let best: (Omit<PlayedLevel, 'level'> & Tried) | null = null
  const nearestFirst = factors.toSorted((a, b) => Math.abs(Math.log(a)) - Math.abs(Math.log(b)))
  for (const [done, factor] of nearestFirst.entries()) {
    onStep('choosing the stop level on validation', done, factors.length)
    const played = await playSplit(team, settings, 'validation', { stopFactor: factor })
    const rewardMean = meanReturn(played)
    const outcomes = outcomesOf(played.actions, streams, block)
    const [falselyContained, benignContained] = [isFalselyContained, isBenignContained].map(
      (isCounted) => outcomes.filter(isCounted).length,
    )
    stopLevels.push({ factor, returnMean: rewardMean, falselyContained, benignContained })
    const watched = watchedDecisions(team, settings, { split: 'validation', played })
    const satisfied = decisionRobustness(settings, watched).map(satisfiedRateOf)
    const excess = limit === null ? 0 : Math.max(0, benignContained - limit.allowed)
    const tried = { factor, excess, ranked: rankedBy(settings, { rewardMean, satisfied }) }
    if (best === null || goesBefore(tried, best)) best = { ...tried, played, satisfied }
  }
  const { factor: stopFactor, played, satisfied } = best!
  stopLevels.sort((a, b) => a.factor - b.factor)
  return { level: { stopFactor, stopLevels, containmentLimit: limit }, played, satisfied }
}

/** A factor with the streams without a threat that it contains beyond the limit. */
type Tried = { readonly factor: number; readonly excess: number; readonly ranked: ReturnType<typeof rankedBy> }

function goesBefore(tried: Tried, best: Tried): boolean {
  return tried.excess === best.excess ? isBetter(tried.ranked, best.ranked) : tried.excess < best.excess
}

/** As `playStopLevels`, where the level alone is wanted. */
export async function chooseStopLevel(...words: Parameters<typeof playStopLevels>): Promise<StopLevel> {
  return (await playStopLevels(...words)).level
}
