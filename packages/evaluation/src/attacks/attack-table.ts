import type { RewardTable } from '@vigil/env-wasm'
import { COUNTS, type ConfusionCounts, countConfusion, deriveRates, type UnderAttack } from '@vigil/runs'
import {
  type BatchVotes,
  colludeAgainst,
  DECISION_RULES,
  type DecisionRule,
  decideBatch,
  type VoteSettings,
} from '@vigil/vote'
import type { OnStep } from '../on-step.ts'
import { scoresOf } from '../scores.ts'
import { type Attack, isVoteAttack, type VoteAttack, type Votes, votesUnder } from './attack-votes.ts'
import { faultySets } from './faulty-sets.ts'

/** Votes of a whole team some of whose agents act by other weights. */
export type WeightedAttack = {
  readonly attack: Attack
  readonly faulty: readonly number[]
  readonly votes: Required<BatchVotes>
}

/** What is attacked, and how. */
export type AttackTableInput = Votes & {
  readonly rewards: RewardTable
  /** how the votes are counted by each rule, with f */
  readonly settingsOf: (rule: DecisionRule) => VoteSettings
  /** [A] agents by skill */
  readonly weights: Uint32Array
  readonly seed: number
  /** attacks that change votes, in the order of the table */
  readonly attacks: readonly Attack[]
  /** attacks that changed weights, whose votes are here */
  readonly byWeights: readonly WeightedAttack[]
  /** told what is being done */
  readonly onStep?: OnStep
}

const STAGE = 'attacking the decisions'

const RULES = Object.keys(DECISION_RULES) as DecisionRule[]

/**
 * What the team decides under every attack by 1 to f + 1 agents, by every rule; first without any attack.
 *
 * Where a choice of agents is to be made it is, of the sets that are tried (faulty-sets.ts), the one that leaves the team the
 * least F1 under the rule; of equal ones the first. What an attack changes of the context of later events (streams) is counted for attacks by weights alone.
 */
export function attackTable(input: AttackTableInput): UnderAttack[] {
  const { faults } = input.settingsOf('majority')
  const sizes = Array.from({ length: faults + 1 }, (_, i) => i + 1)
  const byVotes = input.attacks.filter(isVoteAttack)
  const { onStep = () => undefined } = input
  const total = byVotes.length * sizes.length * RULES.length
  let done = 0
  onStep(STAGE, done, total)
  const table = RULES.map((rule) => entryOf(input, { attack: 'none', faulty: [], rule, votes: input.votes }))
  const reach = new Map(
    sizes.flatMap((size) => RULES.map((rule) => [`${size} ${rule}`, withinReach(input, { size, rule })] as const)),
  )
  for (const attack of byVotes) {
    for (const size of sizes) {
      for (const rule of RULES) {
        const faulty = worstSet(input, { attack, size, rule, reach: reach.get(`${size} ${rule}`)! })
        const by = { faulty, settings: input.settingsOf(rule), seed: input.seed }
        table.push(entryOf(input, { attack, faulty, rule, votes: votesUnder(attack, input, by) }))
        onStep(STAGE, ++done, total)
      }
    }
  }
  for (const given of input.byWeights) for (const rule of RULES) table.push(entryOf(input, { ...given, rule }))
  return table
}

function entryOf(
  { labels, rewards, settingsOf }: AttackTableInput,
  {
    attack,
    faulty,
    rule,
    votes,
  }: { attack: Attack | 'none'; faulty: readonly number[]; rule: DecisionRule; votes: Required<BatchVotes> },
): UnderAttack {
  const { actions, decided, flippable } = decideBatch({ ...votes, ...settingsOf(rule) })
  return {
    attack,
    f: faulty.length,
    agents: attack === 'targeted-any' ? null : [...faulty],
    rule,
    team: scoresOf({ actions, scores: meanScores(votes), labels, decided }, rewards),
    flippable: flippable.length === 0 ? 0 : flippable.reduce((sum, flag) => sum + flag, 0) / flippable.length,
  }
}

/** What of the events some agents could change at all, and what the rest comes to whatever they do. */
type Reach = { readonly open: Votes; readonly settled: ConfusionCounts }

/** Most events stay as they are whoever attacks; a search for the worst agents need not look at them again and again. */
function withinReach(
  { votes, labels, events, settingsOf }: AttackTableInput,
  { size, rule }: { size: number; rule: DecisionRule },
): Reach {
  const settings = settingsOf(rule)
  const n = labels.length
  const pushedTo = (label: number) => {
    const pushed = colludeAgainst({ votes, labels: new Uint8Array(n).fill(label), settings, faulty: size })
    return decideBatch({ ...pushed, ...settings }).actions
  }
  const [towardsThreat, towardsBenign] = [pushedTo(0), pushedTo(1)]
  const isOpen = (row: number) => isThreat(towardsThreat[row]) !== isThreat(towardsBenign[row])
  const rows = Uint32Array.from(Array.from({ length: n }, (_, row) => row).filter(isOpen))
  const settledRows = Uint32Array.from(Array.from({ length: n }, (_, row) => row).filter((row) => !isOpen(row)))
  const pick = (values: Uint8Array, at: Uint32Array) => Uint8Array.from(at, (row) => values[row])
  return {
    open: { votes: rowsOf(votes, rows), labels: pick(labels, rows), events: rows.map((row) => events[row]) },
    settled: countConfusion(pick(towardsThreat, settledRows), pick(labels, settledRows)),
  }
}

function worstSet(
  { weights, settingsOf, seed }: AttackTableInput,
  {
    attack,
    size,
    rule,
    reach: { open, settled },
  }: { attack: VoteAttack; size: number; rule: DecisionRule; reach: Reach },
): readonly number[] {
  const sets = faultySets(weights, size)
  if (sets.length === 1 || attack === 'targeted-any') return sets[0]
  const settings = settingsOf(rule)
  const f1s = sets.map((faulty) => {
    const { actions } = decideBatch({ ...votesUnder(attack, open, { faulty, settings, seed }), ...settings })
    return deriveRates(added(countConfusion(actions, open.labels), settled)).f1
  })
  return sets[f1s.indexOf(Math.min(...f1s))]
}

function added(a: ConfusionCounts, b: ConfusionCounts): ConfusionCounts {
  return Object.fromEntries(COUNTS.map((name) => [name, a[name] + b[name]])) as ConfusionCounts
}

function rowsOf({ actions, scores, agentCount: A }: Required<BatchVotes>, rows: Uint32Array): Required<BatchVotes> {
  const picked = { actions: new Uint8Array(rows.length * A), scores: new Float32Array(rows.length * A), agentCount: A }
  for (const [i, row] of rows.entries()) {
    picked.actions.set(actions.subarray(row * A, (row + 1) * A), i * A)
    picked.scores.set(scores.subarray(row * A, (row + 1) * A), i * A)
  }
  return picked
}

/** [n] mean threat score of the agents that voted; 0 where none did. */
function meanScores({ actions, scores, agentCount: A }: Required<BatchVotes>): Float32Array {
  const means = new Float32Array(actions.length / A)
  for (let row = 0; row < means.length; row++) {
    let sum = 0
    let count = 0
    for (let at = row * A; at < (row + 1) * A; at++) {
      if (actions[at] > 3) continue
      sum += scores[at]
      count++
    }
    means[row] = count === 0 ? 0 : sum / count
  }
  return means
}

function isThreat(action: number): boolean {
  return action === 1 || action === 2
}
