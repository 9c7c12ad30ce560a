import { type EvaluationSplit, type Team, VOTES } from '@vigil/actors'
import type { BlockedIntruder } from '@vigil/env-wasm'
import type { Streams } from '@vigil/response'
import { countConfusion, deriveRates, type ResponseScores } from '@vigil/runs'
import type { OnStep } from '../on-step.ts'
import { playSplit } from '../play-split.ts'
import type { DecisionSettings } from '../settings.ts'
import { outcomeFigures } from './outcomes.ts'

/** What an attacker votes for. */
const ATTACKS = {
  'always-allow': 0,
  'always-quarantine': 2,
  'always-alert': 3,
  opposite: VOTES.opposite,
} as const

/**
 * The team with some agents that attack, the members of the highest return, acting anew: their votes change which events still
 * happen, so votes that are there cannot be counted again.
 *
 * @param team publishes the honest policy
 */
export async function attacksOn(
  team: Team,
  settings: DecisionSettings,
  {
    split,
    streams,
    block,
    stopFactor,
    members,
    onStep,
  }: {
    readonly split: EvaluationSplit
    readonly streams: Streams
    readonly block: BlockedIntruder
    readonly stopFactor: number
    readonly members: ResponseScores['members']
    readonly onStep: OnStep
  },
): Promise<ResponseScores['attacks']> {
  const bySkill = [...members.keys()].sort((a, b) => members[b].returnMean - members[a].returnMean || a - b)
  const sizes = Array.from({ length: Math.min(settings.faults + 1, settings.agents) }, (_, i) => i + 1)
  const plans = Object.entries(ATTACKS).flatMap(([attack, vote]) => sizes.map((f) => ({ attack, vote, f })))
  const attacked: ResponseScores['attacks'] = []
  for (const [done, { attack, vote, f }] of plans.entries()) {
    onStep('acting under attack', done, plans.length)
    const agents = bySkill.slice(0, f).sort((a, b) => a - b)
    const votes = new Uint8Array(settings.agents).fill(VOTES.own)
    for (const agent of agents) votes[agent] = vote
    const played = await playSplit(team, settings, split, { votes, stopFactor })
    const { actions, labels, decided } = played.events
    const { f1, alertRate } = deriveRates(countConfusion(actions, labels, decided))
    attacked.push({ attack, f, agents, f1, alertRate, ...outcomeFigures(played, streams, block) })
  }
  return attacked
}
