/** The part of evaluation.json that says how far the agents differ. */
import { z } from 'zod'
import type { Inconsistency } from './policy-scores.ts'
import { count, share } from './schema-parts.ts'

const correlation = z.number().min(-1).max(1)

/** Pairs of agents, and the agents' F1 beside which the team's stands. Means over the pairs that have a value. */
export const diversitySchema = z.strictObject({
  /** Mean share of events on which two agents decide for different classes; null for one agent. */
  disagreement: share.nullable(),
  /** Mean correlation (phi) of two agents' errors: 1 = they err together, 0 = independently; null where no pair has one. */
  errorCorrelation: correlation.nullable(),
  /** F1 of the agent that alone decides best; null without agents. */
  bestAgentF1: share.nullable(),
  /** Mean F1 of the agents alone; null without agents. */
  meanAgentF1: share.nullable(),
  /** Each pair of agents once, the smaller number first. */
  pairs: z.array(
    z.strictObject({
      agents: z.tuple([count, count]),
      disagreement: share,
      /** null where one of the two is always right, or never. */
      errorCorrelation: correlation.nullable(),
    }),
  ),
})

/** @see diversitySchema */
export type Diversity = Readonly<z.infer<typeof diversitySchema>>

/** Every pair stands once, and the agents' F1 are those of the agents. */
export function inconsistentDiversity(evaluation: {
  readonly diversity: Diversity
  readonly agents: readonly { readonly f1: number }[]
}): Inconsistency[] {
  const { diversity, agents } = evaluation
  const found: Inconsistency[] = []
  const expected = agents.flatMap((_, first) => agents.slice(first + 1).map((_, i) => [first, first + 1 + i]))
  if (JSON.stringify(diversity.pairs.map(({ agents }) => agents)) !== JSON.stringify(expected)) {
    found.push({ path: ['diversity', 'pairs'], message: `must be the ${expected.length} pairs of agents in order` })
  }
  const f1s = agents.map(({ f1 }) => f1)
  const derived = {
    bestAgentF1: f1s.length === 0 ? null : Math.max(...f1s),
    meanAgentF1: f1s.length === 0 ? null : f1s.reduce((sum, f1) => sum + f1, 0) / f1s.length,
  }
  for (const [name, value] of Object.entries(derived)) {
    const received = diversity[name as keyof typeof derived]
    if (value === received || Math.abs((value ?? Number.NaN) - (received ?? Number.NaN)) < 1e-6) continue
    found.push({ path: ['diversity', name], message: `must follow from the agents (${value}), received ${received}` })
  }
  return found
}
