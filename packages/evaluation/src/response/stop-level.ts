import type { Team } from '@vigil/actors'
import { usesMultipliers } from '@vigil/ppo'
import { type ContainmentLimit, containmentLimitOf, type Streams } from '@vigil/response'
import { isBetter, rankedBy } from '../best-validation.ts'
import type { OnStep } from '../on-step.ts'
import { meanReturn, type PlayedSplit, playSplit } from '../play-split.ts'
import type { EvaluationSettings } from '../settings.ts'
import { decisionRobustness, satisfiedRateOf } from '../specification-scores.ts'
import { isBenignContained, isFalselyContained, outcomesOf } from './outcomes.ts'
import { streamsOf } from './streams-of.ts'
import { watchedDecisions } from './watched-decisions.ts'

/** Of the factors' logarithms. */
const STEP = 1 / 2

/** Factors on the probabilities of quarantine and alert that are tried: e^-3 to e^3. */
const FACTORS = Array.from({ length: 13 }, (_, i) => Math.exp((i - 6) * STEP))

const LARGEST = FACTORS[FACTORS.length - 1]

/** Fewer, by which checkpoints are ranked while training goes on: e^-1 to e^3. */
const ROUGH_FACTORS = Array.from({ length: 5 }, (_, i) => Math.exp(i - 1))

/** How often the step is halved where something is to be kept: the last level that keeps it lies between two of FACTORS. */
const HALVINGS = 4

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

type LevelSettings = EvaluationSettings & { readonly stlMode: string }

/** What is chosen from, and who is told. */
type LevelOptions = {
  /** As a validation during training: few levels, none between them */
  readonly isRough?: boolean
  readonly maxFalseContainmentRate?: number | null | undefined
  readonly onStep?: OnStep | undefined
}

/**
 * The stop level of a greedy team, chosen on validation like any threshold: greedy actions are not those that were sampled in
 * training, and over many steps a small probability of stopping, or of asking, adds up. Where training strives for targets, a level that
 * meets them goes before one that returns more, and before both one that keeps the limit on false containments, where there is one. There
 * levels between the best one and its neighbours are tried too, by halving the step. Of equal levels the first that was tried stays: the one
 * nearest to 1, then the coarser.
 *
 * @param team    publishes the policy that acts
 * @param maxFalseContainmentRate share of the streams without a threat that may be contained, with 95 % confidence
 */
export async function playStopLevels(
  team: Team,
  settings: LevelSettings,
  { isRough = false, maxFalseContainmentRate: max = null, onStep = () => undefined }: LevelOptions = {},
): Promise<PlayedLevel> {
  const streams = streamsOf(team.dataset, 'validation')
  const limit = max === null ? null : containmentLimitOf(streams, max)
  const halvings = !isRough && (limit !== null || usesMultipliers(settings)) ? HALVINGS : 0
  const [first, ...factors] = nearestFirst(isRough ? ROUGH_FACTORS : FACTORS)
  const stopLevels: TriedLevel[] = []
  const attempt = async (factor: number) => {
    onStep('choosing the stop level on validation', stopLevels.length, 1 + factors.length + 2 * halvings)
    const tried = await playLevel(team, settings, { factor, streams, limit })
    stopLevels.push(tried.level)
    return tried
  }
  let best = await attempt(first)
  const compare = async (factor: number) => {
    const tried = await attempt(factor)
    if (goesBefore(tried, best)) best = tried
  }
  for (const factor of factors) await compare(factor)
  for (let halving = 1; halving <= halvings; halving++) {
    const { factor } = best.level
    const step = Math.exp(STEP * 2 ** -halving)
    for (const next of [factor / step, factor * step])
      if (Math.abs(Math.log(next)) < Math.log(LARGEST)) await compare(next)
  }
  stopLevels.sort((a, b) => a.factor - b.factor)
  const { level, played, satisfied } = best
  return { level: { stopFactor: level.factor, stopLevels, containmentLimit: limit }, played, satisfied }
}

function nearestFirst(factors: readonly number[]): readonly number[] {
  return factors.toSorted((a, b) => Math.abs(Math.log(a)) - Math.abs(Math.log(b)))
}

/** A level that was tried, with the streams without a threat that it contains beyond the limit. */
type Tried = Omit<PlayedLevel, 'level'> & {
  readonly level: TriedLevel
  readonly excess: number
  readonly ranked: ReturnType<typeof rankedBy>
}

/** The greedy team on validation at one level. */
async function playLevel(
  team: Team,
  settings: LevelSettings,
  at: { readonly factor: number; readonly streams: Streams; readonly limit: ContainmentLimit | null },
): Promise<Tried> {
  const { factor, streams, limit } = at
  const played = await playSplit(team, settings, 'validation', { stopFactor: factor })
  const outcomes = outcomesOf(played.actions, streams, settings.environment.response?.block ?? 'fail-soft')
  const falselyContained = outcomes.filter(isFalselyContained).length
  const benignContained = outcomes.filter(isBenignContained).length
  const watched = watchedDecisions(team, settings, { split: 'validation', played })
  const satisfied = decisionRobustness(settings, watched).map(satisfiedRateOf)
  const rewardMean = meanReturn(played)
  return {
    level: { factor, returnMean: rewardMean, falselyContained, benignContained },
    ...{ played, satisfied },
    excess: limit === null ? 0 : Math.max(0, benignContained - limit.allowed),
    ranked: rankedBy(settings, { rewardMean, satisfied }),
  }
}

function goesBefore(tried: Tried, best: Tried): boolean {
  return tried.excess === best.excess ? isBetter(tried.ranked, best.ranked) : tried.excess < best.excess
}

/** As `playStopLevels`, where the level alone is wanted. */
export async function chooseStopLevel(...words: Parameters<typeof playStopLevels>): Promise<StopLevel> {
  return (await playStopLevels(...words)).level
}
