import type { Team } from '@vigil/actors'
import type { OnStep } from '../on-step.ts'
import { meanReturn, playSplit } from '../play-split.ts'
import type { DecisionSettings } from '../settings.ts'

/** Factors on the probabilities of quarantine and alert that are tried: e^-3 to e^3 in steps of half. */
const FACTORS = Array.from({ length: 13 }, (_, i) => Math.exp((i - 6) / 2))

/** How readily a team stops, as validation chose it. */
export type StopLevel = {
  /** What the probabilities of quarantine and alert are multiplied by before the likeliest action is taken. */
  readonly stopFactor: number
  /** Every factor that was tried, ascending, with the team's mean return on validation. */
  readonly stopLevels: { readonly factor: number; readonly returnMean: number }[]
}

/**
 * The stop level of a greedy team, chosen on validation like any threshold: greedy actions are not those that were sampled in
 * training, and over many steps a small probability of stopping, or of asking, adds up. Of equal levels the one nearest to 1 stays.
 *
 * @param team publishes the policy that acts
 */
export async function chooseStopLevel(
  team: Team,
  settings: DecisionSettings,
  onStep: OnStep = () => undefined,
): Promise<StopLevel> {
  const stopLevels: { factor: number; returnMean: number }[] = []
  for (const [done, factor] of FACTORS.entries()) {
    onStep('choosing the stop level on validation', done, FACTORS.length)
    const played = await playSplit(team, settings, 'validation', { stopFactor: factor })
    stopLevels.push({ factor, returnMean: meanReturn(played) })
  }
  const best = Math.max(...stopLevels.map(({ returnMean }) => returnMean))
  const [{ factor: stopFactor }] = stopLevels
    .filter(({ returnMean }) => returnMean === best)
    .toSorted((a, b) => Math.abs(Math.log(a.factor)) - Math.abs(Math.log(b.factor)))
  return { stopFactor, stopLevels }
}
