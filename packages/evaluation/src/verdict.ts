import { actionBands, bandsInWords } from '@vigil/env-wasm'
import type { Evaluation, PolicyScores } from '@vigil/runs'
import type { RewardDifference } from './scores.ts'
import type { SplitDecisions } from './team-decisions.ts'

/** Into how many groups of like suspicion the events are cut when asking whether any group is worth stopping. */
const GROUPS = 100

const ALLOW = 0
const ALERT = 3

/** Rewards per event closer than this count as equal. */
const TIE = 1e-3

/** A baseline as the team's rival on the same events. */
export type Rival = { readonly name: string; readonly rewardMean: number; readonly teamGains: RewardDifference }

/**
 * One plain sentence: does the team beat the baselines? Reward decides, since it is what the team is trained for, and a
 * difference counts only where it is larger than its 95 % interval.
 */
export function verdictOn({
  team,
  rivals,
}: {
  readonly team: Pick<PolicyScores, 'rewardMean' | keyof OutcomeCounts>
  readonly rivals: readonly Rival[]
}): string {
  const alike = rivals.find(({ name }) => name === constantPolicy(team))
  if (alike) {
    const better = rivals.filter(({ teamGains }) => teamGains.mean < -teamGains.halfWidth).map(({ name }) => name)
    const others = better.length > 0 ? ` Better: ${better.join(', ')}.` : ' No baseline is better.'
    return `The team makes no distinction: it decides like ${alike.name}, reward ${reward(team.rewardMean)} per event.${others}`
  }
  const best = rivals.reduce((a, b) => (b.rewardMean > a.rewardMean ? b : a))
  const { mean, halfWidth } = best.teamGains
  const figures = `${reward(team.rewardMean)} per event against ${reward(best.rewardMean)}`
  const gain = `a difference of ${reward(mean)} ± ${halfWidth.toFixed(3)} (95 %)`
  if (rivals.every(({ teamGains }) => teamGains.mean > teamGains.halfWidth))
    return `The team beats every baseline: reward ${figures} of the best of them, ${best.name}, ${gain}.`
  const beaten = rivals.filter(({ teamGains }) => teamGains.mean > teamGains.halfWidth).map(({ name }) => name)
  const others =
    beaten.length > 0 ? ` It beats ${new Intl.ListFormat('en-GB').format(beaten)}.` : ' It beats none of the baselines.'
  if (mean >= -halfWidth)
    return `The team cannot be told apart from the best baseline, ${best.name}: reward ${figures}, ${gain}.${others}`
  return `The team does not beat ${best.name}: reward ${figures}, ${gain}.${others}`
}

type OutcomeCounts = Pick<PolicyScores, 'tp' | 'fp' | 'tn' | 'fn' | 'threatAlerts' | 'benignAlerts'>

/** The constant policy that these decisions amount to; null when they distinguish events. */
function constantPolicy({ tp, fp, tn, fn, threatAlerts, benignAlerts }: OutcomeCounts): string | null {
  const alerts = threatAlerts + benignAlerts
  if (tn + fn === 0) return 'always-block'
  if (tp + fp > 0) return null
  if (alerts === 0) return 'always-allow'
  return alerts === tn + fn ? 'always-alert' : null
}

/** Further sentences that a reader must know: constant policies, inputs without signal, classes unseen in training. */
export function notesOn(
  result: Pick<Evaluation, 'team' | 'baselines' | 'perClass' | 'rewards' | 'rows' | 'split' | 'threats'> & {
    readonly supervised: Omit<SplitDecisions, 'votes'>
    readonly features: string
  },
): string[] {
  // What a split without threats cannot tell is said by rareLabelNotes.
  if (result.threats === 0) return []
  const notes: string[] = []
  const { team, rows } = result
  const restrictive = team.tp + team.fp
  if (restrictive === 0) notes.push(nothingStoppedNote(result))
  else if (restrictive === rows) notes.push(`The team stops all ${rows} events: it is the policy always-block.`)
  for (const entry of result.perClass) if (entry.trainRows === 0) notes.push(novelClassNote(entry, result.split))
  if (team.tp === 0 && restrictive > 0) notes.push('The team found none of the threats.')
  return notes
}

/** A class that nothing was learnt of. The choice of the checkpoint may have seen it all the same. */
function novelClassNote({ name, rows, recall, validationRows }: Evaluation['perClass'][number], split: string): string {
  const decided = `The class "${name}" does not occur in the training split; of its ${rows} events the team decided ${percent(recall)} rightly.`
  if (validationRows === 0) return decided
  const those = split === 'validation' ? 'These events are' : `Another ${validationRows} of its events are`
  return `${decided} ${those} in the validation split, so the choice of the checkpoint, and of any threshold, saw the class.`
}

/** Why stopping nothing may be right: on these inputs no group of events is threatening enough to pay. */
function nothingStoppedNote({
  team,
  rows,
  rewards,
  supervised,
  features,
  baselines,
}: Parameters<typeof notesOn>[0]): string {
  const alerts = team.threatAlerts + team.benignAlerts
  const constant = alerts === rows ? 'always-alert' : 'always-allow'
  const does =
    alerts === 0
      ? 'allows every event'
      : alerts === rows
        ? 'alerts on every event'
        : `stops no event and alerts on ${alerts} of ${rows}`
  const { scores, labels } = supervised
  // Above this the table pays more for something else; 0 where the constant action is nowhere the best.
  const band = actionBands(rewards).find(({ action }) => action === (alerts === rows ? ALERT : ALLOW))
  const threshold = band?.to ?? 0
  const richest = richestGroup(scores, labels)
  const above = scores.reduce((sum, score) => sum + (score > threshold ? 1 : 0), 0)
  const own = baselines.find(({ name }) => name === constant)!
  const network = baselines.find(({ name }) => name === 'cross-entropy')!
  const trees = baselines.find(({ name }) => name === 'boosting')!
  const facts =
    `Under the reward table ${bandsInWords(rewards)}. ` +
    `The same network trained on the labels puts ${above} of ${scores.length} events above ${threshold.toFixed(3)}; ` +
    `ordered by its suspicion and cut into groups of ${richest.size}, the group richest in threats holds ${percent(richest.rate)}. ` +
    `It earns ${reward(network.rewardMean)} per event, ${constant} ${reward(own.rewardMean)}.`
  const isOptimal =
    (alerts === 0 || alerts === rows) && network.rewardMean <= own.rewardMean + TIE && richest.rate <= threshold
  const conclusion = isOptimal
    ? `For a network like this one ${constant} is optimal on these inputs (${features}) under this reward; boosting, another kind of model, earns ${reward(trees.rewardMean)}.`
    : `The inputs (${features}) hold more than the team has learnt.`
  return `The team ${does}. ${facts} ${conclusion}`
}

/** The threat rate of the group of events, alike in score, that holds the most threats. */
function richestGroup(scores: Float32Array, labels: Uint8Array): { readonly size: number; readonly rate: number } {
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b)
  const size = Math.ceil(order.length / GROUPS)
  let most = 0
  for (let from = 0; from + size <= order.length; from += size) {
    const threats = order.subarray(from, from + size).reduce((sum, i) => sum + labels[i], 0)
    most = Math.max(most, threats)
  }
  return { size, rate: most / size }
}

function reward(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`
}
