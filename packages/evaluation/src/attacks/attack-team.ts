import type { EvaluationSplit, Team } from '@vigil/actors'
import type { UnderAttack } from '@vigil/runs'
import type { OnStep } from '../on-step.ts'
import type { EvaluationSettings } from '../settings.ts'
import { type SplitDecisions, weightsOfTeam } from '../team-decisions.ts'
import { voteSettings } from '../vote-settings.ts'
import { attackTable, type WeightedAttack } from './attack-table.ts'
import { type Attack, isVoteAttack } from './attack-votes.ts'
import { driftingVotes } from './drift.ts'
import { mostSkilled } from './faulty-sets.ts'

/**
 * Trains some agents of a team to do harm.
 *
 * @returns [A, P], those of the honest agents unchanged
 */
export type AttackerTraining = (attack: {
  /** [A, P] of the honest team */
  readonly honest: Float32Array
  /** agents that attack */
  readonly faulty: readonly number[]
  readonly onIteration: (done: number, total: number) => void
}) => Promise<Float32Array>

/** What is attacked, by what. */
export type TeamAttack = {
  readonly split: EvaluationSplit
  /** [A, P] of the honest team; left published */
  readonly parameters: Float32Array
  /** what the honest team decides on the split */
  readonly decisions: SplitDecisions
  /** in the order of the table */
  readonly attacks: readonly Attack[]
  /** told what is being done */
  readonly onStep: OnStep
  /** lets agents learn to do harm, for `trained` */
  readonly trainAttackers: AttackerTraining
}

/**
 * Attacks a team's decisions: evaluation.json's `byzantine`. Agents that act by other weights, drifting or trained to do
 * harm, are the most skilled ones.
 *
 * @throws {VigilError} as the team's pool when it evaluates: SHARD_FAILED, NON_FINITE_POLICY, SPECIFICATION_VALUE, BUSY
 */
export async function attackTeam(team: Team, settings: EvaluationSettings, attack: TeamAttack): Promise<UnderAttack[]> {
  const { split, parameters, decisions, attacks, onStep, trainAttackers } = attack
  const { seed, faults, rewards } = settings
  team.publish(parameters, 0)
  const weights = await weightsOfTeam(team, settings)
  const byWeights: WeightedAttack[] = []
  for (const name of attacks) {
    if (isVoteAttack(name)) continue
    for (let size = 1; size <= faults + 1; size++) {
      const faulty = mostSkilled(weights, size)
      const by = { split, parameters, faulty }
      const votes =
        name === 'drift' ? await driftingVotes(team, by) : await trainedVotes(team, { ...by, onStep, trainAttackers })
      byWeights.push({ attack: name, faulty, votes })
    }
  }
  team.publish(parameters, 0)
  const { votes, labels } = decisions
  const events = Uint32Array.from({ length: labels.length }, (_, row) => row)
  const settingsOf = (rule: Parameters<typeof voteSettings>[1]) => voteSettings(settings, rule, weights)
  return attackTable({ votes, labels, events, rewards, settingsOf, weights, seed, attacks, byWeights, onStep })
}

async function trainedVotes(
  team: Team,
  {
    split,
    parameters,
    faulty,
    onStep,
    trainAttackers,
  }: Pick<TeamAttack, 'split' | 'parameters' | 'onStep' | 'trainAttackers'> & { readonly faulty: readonly number[] },
) {
  const stage = `training ${faulty.length} of the agents to do harm`
  const onIteration = (done: number, total: number) => onStep(stage, done, total)
  team.publish(await trainAttackers({ honest: parameters, faulty, onIteration }), 0)
  return { ...(await team.pool.evaluate(split)), agentCount: team.network.agentCount }
}
