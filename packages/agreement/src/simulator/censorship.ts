/** Whose ballots a leader that censors leaves out: up to f honest ones, since a value needs n - f. */
import type { Ballot } from '../protocol/messages.ts'
import type { BatchSettings } from '../protocol/value.ts'
import type { Draws } from './draws.ts'

/** What honest agents vote for, by agent. */
export type HonestVotes = ReadonlyMap<number, Pick<Ballot, 'actions' | 'scores'>>

/**
 * The victims of one liar in one batch, in one of four ways: any f, fewer than f, the f heaviest by the weights of the
 * batch, or the f whose scores are clearest, which is what each rule can miss least. Only whole ballots can be left out, so
 * the choice is the same for all rows.
 */
export function victimsOf(draws: Draws, votes: HonestVotes, { faults, decision }: BatchSettings): ReadonlySet<number> {
  const order = new Map([...votes.keys()].map((agent) => [agent, draws.unit()]))
  const clarity = (agent: number) =>
    votes.get(agent)!.scores.reduce((sum, score) => sum + Math.abs(score - (decision.threshold ?? 0.5)), 0)
  const weight = (agent: number) => decision.weights?.[agent] ?? 1
  const inOrder = (value: (agent: number) => number) =>
    [...votes.keys()].sort((a, b) => value(b) - value(a) || order.get(a)! - order.get(b)!)
  const way = draws.pick(['any', 'fewer', 'heaviest', 'clearest'] as const)
  const ordered = way === 'heaviest' ? inOrder(weight) : way === 'clearest' ? inOrder(clarity) : inOrder(() => 0)
  return new Set(ordered.slice(0, way === 'fewer' ? draws.below(faults) : faults))
}
