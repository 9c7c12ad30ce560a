/** The part of evaluation.json that says how the team's decisions bear faulty agents. */
import { z } from 'zod'
import type { Inconsistency } from './policy-scores.ts'
import { policyScoresShape } from './policy-scores.ts'
import { count, label, share } from './schema-parts.ts'

/** One attack by some faulty agents on the decisions by one rule. */
export const underAttackSchema = z.strictObject({
  /** Name of the attack; `none` = the votes as they are. */
  attack: label,
  /** How many agents are faulty; 0 with `none` alone. May exceed `faults`, what the rule is meant to bear. */
  f: count,
  /** Numbers of the faulty agents, ascending, the set that does most harm; null = on every event others. */
  agents: z.array(count).nullable(),
  rule: label,
  team: z.strictObject(policyScoresShape),
  /** Share of the decisions, on these votes, that some `faults` agents could turn by other votes and by leaving ballots out. */
  flippable: share,
})

/** @see underAttackSchema */
export type UnderAttack = Readonly<z.infer<typeof underAttackSchema>>

/** Every attack, f and rule stands once; faulty agents are of the team and number f; no attack is what the team did. */
export function inconsistentAttacks(evaluation: {
  readonly byzantine: readonly UnderAttack[]
  readonly agents: readonly unknown[]
  readonly rule: string
  readonly team: UnderAttack['team']
}): Inconsistency[] {
  const { byzantine, agents: team, rule } = evaluation
  const found: Inconsistency[] = []
  const seen = new Set<string>()
  for (const [index, { attack, f, agents, ...entry }] of byzantine.entries()) {
    const complain = (field: string, message: string) => found.push({ path: ['byzantine', index, field], message })
    const name = JSON.stringify([attack, f, entry.rule])
    if (seen.has(name)) complain('attack', 'attack, f and rule must differ from those of other entries')
    seen.add(name)
    if (f > team.length) complain('f', `must be at most ${team.length}, the agents, received ${f}`)
    if ((f === 0) !== (attack === 'none')) complain('f', `must be 0 for the attack "none" alone, received ${f}`)
    if (agents !== null && !isSetOf(agents, { size: f, of: team.length })) {
      complain('agents', `must be ${f} numbers of agents below ${team.length}, ascending, received ${agents}`)
    }
    if (attack === 'none' && entry.rule === rule && !hasSameCounts(entry.team, evaluation.team)) {
      complain('team', 'must have the counts of the team, whose rule and votes these are')
    }
  }
  return found
}

function isSetOf(agents: readonly number[], { size, of }: { size: number; of: number }): boolean {
  const isAscending = agents.every((agent, i) => agent < of && (i === 0 || agent > agents[i - 1]))
  return agents.length === size && isAscending
}

/** The counts of a policy. */
export const COUNTS = ['tp', 'fn', 'fp', 'tn', 'threatAlerts', 'benignAlerts', 'undecided'] as const

function hasSameCounts(first: UnderAttack['team'], second: UnderAttack['team']): boolean {
  return COUNTS.every((name) => first[name] === second[name])
}
