import type { Evaluation } from '../run-files/evaluation.ts'
import type { SplitDecisions } from './team-decisions.ts'

/** Share of the rows that one looks at when asking whether the best-looking events are worth stopping. */
const TOP_SHARE = 0.01

/** Rewards per event closer than this count as equal. */
const TIE = 1e-3

/** One plain sentence: does the team beat the baselines? Reward decides, since it is what the team is trained for. */
export function verdictOn({ team, baselines }: Pick<Evaluation, 'team' | 'baselines'>): string {
  const best = baselines.reduce((a, b) => (b.rewardMean > a.rewardMean ? b : a))
  const figures = `${reward(team.rewardMean)} per event against ${reward(best.rewardMean)}`
  if (team.rewardMean > best.rewardMean + TIE) {
    return `The team beats every baseline: reward ${figures} of the best of them, ${best.name}.`
  }
  if (team.rewardMean > best.rewardMean - TIE)
    return `The team does as well as the best baseline, ${best.name}: reward ${figures}.`
  const beaten = baselines.filter(({ rewardMean }) => rewardMean < team.rewardMean - TIE).map(({ name }) => name)
  const others = beaten.length > 0 ? ` It beats ${beaten.join(' and ')}.` : ' It beats none of the baselines.'
  return `The team does not beat ${best.name}: reward ${figures}.${others}`
}

/** Further sentences that a reader must know: constant policies, inputs without signal, classes unseen in training. */
export function notesOn(
  result: Pick<Evaluation, 'team' | 'baselines' | 'perClass' | 'rows' | 'threats'> & {
    readonly supervised: SplitDecisions
    readonly threshold: number
    readonly features: string
  },
): string[] {
  const notes: string[] = []
  const { team, rows, threats } = result
  const restrictive = team.tp + team.fp
  if (restrictive === 0) notes.push(alwaysAllowNote(result))
  else if (restrictive === rows) notes.push(`The team stops all ${rows} events: it is the policy always-block.`)
  for (const { name, rows: classRows, recall, trainRows } of result.perClass) {
    if (trainRows > 0) continue
    notes.push(
      `The class "${name}" does not occur in the training split; of its ${classRows} events the team decided ${percent(recall)} rightly.`,
    )
  }
  if (threats > 0 && team.tp === 0 && restrictive > 0) notes.push('The team found none of the threats.')
  return notes
}

/** Why allowing everything may be right: on these inputs no group of events is threatening enough to pay. */
function alwaysAllowNote({
  supervised,
  threshold,
  features,
  baselines,
}: Pick<Evaluation, 'baselines'> & {
  readonly supervised: SplitDecisions
  readonly threshold: number
  readonly features: string
}): string {
  const { scores, labels } = supervised
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a])
  const top = order.subarray(0, Math.max(1, Math.round(TOP_SHARE * order.length)))
  const rate = top.reduce((sum, i) => sum + labels[i], 0) / top.length
  const above = scores.reduce((sum, score) => sum + (score > threshold ? 1 : 0), 0)
  const allow = baselines.find(({ name }) => name === 'always-allow')!
  const network = baselines.find(({ name }) => name === 'cross-entropy')!
  const facts =
    `A restrictive action pays above a threat probability of ${threshold.toFixed(3)}. ` +
    `The same network trained on the labels puts ${above} of ${scores.length} events above it; ` +
    `of the ${top.length} events that it finds most suspicious ${percent(rate)} are threats. ` +
    `It earns ${reward(network.rewardMean)} per event, always-allow ${reward(allow.rewardMean)}.`
  const conclusion =
    network.rewardMean <= allow.rewardMean + TIE
      ? `Always-allow is optimal on these inputs (${features}) under this reward, as far as this network can tell: no training can do better than allow everything.`
      : `The inputs (${features}) hold more than the team has learnt.`
  return `The team allows every event. ${facts} ${conclusion}`
}

function reward(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`
}
