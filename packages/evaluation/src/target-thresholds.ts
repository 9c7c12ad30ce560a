import { meanReward } from '@vigil/env-wasm'
import { countConfusion, type ThresholdScores } from '@vigil/runs'
import { isBetter, shortfallOf } from './best-validation.ts'
import { scoresOf } from './scores.ts'
import type { EvaluationSettings } from './settings.ts'
import { decisionRobustness, satisfiedRateOf } from './specification-scores.ts'

const BLOCK = 1
const QUARANTINE = 2
const ALERT = 3

type ThresholdSettings = Pick<EvaluationSettings, 'agents' | 'environment' | 'specifications' | 'rewards'>

/** Thresholds that are tried first: those at which so many events are blocked, in units of the threats. */
const BLOCKED_PER_THREAT = [0, 0.2, 0.4, 0.6, 0.75, 0.85, 0.9, 0.94, 0.97, 1, 1.03, 1.06, 1.1, 1.2, 1.5, 2, 3, 5, 10]

/** And so many between the neighbours of the best of them. */
const REFINEMENTS = 10

/** One policy's decisions on events in the order of their part of the split. */
type Decided = {
  /** [n] 0 to 3 */
  readonly actions: Uint8Array
  /** [n] suspicion, the higher the more threatening */
  readonly scores: Float32Array
}

/** Events with the truth about them. */
type Part<Policy> = { readonly labels: Uint8Array; readonly policies: readonly Policy[] }

/**
 * What a single threshold on a policy's score does for the specifications in force, beside training that strives for them:
 * block where the score is above it; below, do what the policy does, and alert where it would block. The threshold is the one of
 * those tried whose decisions on validation are nearest to all targets and, equally near, earn most. The part evaluated is not
 * looked at before. A threshold decides every event: a fallback of the team counts as the alert that it is.
 *
 * @param validation what the policies decide on the validation split
 * @param evaluated  what the same policies, in the same order, decide on the split evaluated
 */
export function targetThresholds(
  settings: ThresholdSettings,
  validation: Part<Decided>,
  evaluated: Part<Decided & { readonly name: string }>,
): ThresholdScores[] {
  return evaluated.policies.map(({ name, ...policy }, i) => {
    const { threshold, shortfall } = bestThreshold(settings, validation.policies[i], validation.labels)
    const { labels } = evaluated
    const actions = aboveThreshold(policy, threshold)
    return {
      name,
      threshold,
      metOnValidation: shortfall === 0,
      satisfied: satisfiedRates(settings, actions, labels),
      ...scoresOf({ actions, scores: policy.scores, labels }, settings.rewards),
    }
  })
}

type Ranked = { readonly place: number; readonly shortfall: number; readonly rewardMean: number }

/** The best place in the order of suspicion: first of some far apart, then of some between the neighbours of the best. */
function bestThreshold(
  settings: ThresholdSettings,
  policy: Decided,
  labels: Uint8Array,
): Ranked & { readonly threshold: number } {
  const threats = labels.reduce((sum, label) => sum + label, 0)
  const descending = policy.scores.toSorted().reverse()
  const coarse = BLOCKED_PER_THREAT.map((share) => Math.min(descending.length - 1, Math.round(share * threats)))
  const rank = (place: number): Ranked => {
    const actions = aboveThreshold(policy, descending[place])
    const shortfall = shortfallOf(settings.specifications, satisfiedRates(settings, actions, labels))
    return { place, shortfall, rewardMean: meanReward(countConfusion(actions, labels, null), settings.rewards) }
  }
  const bestOf = (places: readonly number[], start: Ranked | null) =>
    places.map(rank).reduce((best, found) => (isBetter(found, best) ? found : best), start)
  const near = bestOf([...new Set(coarse)], null)!
  const from = Math.max(...coarse.filter((place) => place < near.place), 0)
  const to = Math.min(...coarse.filter((place) => place > near.place), descending.length - 1)
  const between = Array.from({ length: REFINEMENTS }, (_, i) =>
    Math.round(from + ((i + 1) * (to - from)) / (REFINEMENTS + 1)),
  )
  const best = bestOf([...new Set(between)], near)!
  return { ...best, threshold: descending[best.place] }
}

/** At which share of the steps each specification holds, of decisions that all agents agree on. */
function satisfiedRates(settings: ThresholdSettings, actions: Uint8Array, labels: Uint8Array): number[] {
  const decided = new Uint8Array(actions.length).fill(1)
  const margin = new Int32Array(actions.length).fill(settings.agents)
  return decisionRobustness(settings, { labels, actions, decided, margin }).map(satisfiedRateOf)
}

function aboveThreshold({ actions, scores }: Decided, threshold: number): Uint8Array {
  const chosen = actions.slice()
  for (let i = 0; i < chosen.length; i++) {
    const isRestrictive = chosen[i] === BLOCK || chosen[i] === QUARANTINE
    if (scores[i] > threshold) chosen[i] = BLOCK
    else if (isRestrictive) chosen[i] = ALERT
  }
  return chosen
}
