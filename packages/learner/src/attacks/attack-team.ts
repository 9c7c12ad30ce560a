import type { EvaluationSplit } from '@vigil/actors'
import type { Config } from '../config/config.ts'
import type { SplitDecisions } from '../evaluation/team-decisions.ts'
import { weightsOfTeam } from '../evaluation/team-decisions.ts'
import { voteSettings } from '../evaluation/vote-settings.ts'
import type { Team } from '../run/team.ts'
import type { UnderAttack } from '../run-files/under-attack.ts'
import type { OnStep } from '../terminal/steps.ts'
import { attackTable, type WeightedAttack } from './attack-table.ts'
import { type Attack, isVoteAttack } from './attack-votes.ts'
import { driftingVotes } from './drift.ts'
import { mostSkilled } from './faulty-sets.ts'
import { trainAttackers } from './train-attackers.ts'

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
}

/**
 * Attacks a team's decisions: evaluation.json's `byzantine`. Agents that act by other weights, drifting or trained to do
 * harm, are the most skilled ones.
 *
 * @throws {ActorError} {EngineError}
 */
export async function attackTeam(team: Team, config: Config, attack: TeamAttack): Promise<UnderAttack[]> {
  const { split, parameters, decisions, attacks, onStep } = attack
  const { seed, faults, rewards } = config
  team.publish(parameters, 0)
  const weights = await weightsOfTeam(team, config)
  const byWeights: WeightedAttack[] = []
  for (const name of attacks) {
    if (isVoteAttack(name)) continue
    for (let size = 1; size <= faults + 1; size++) {
      const faulty = mostSkilled(weights, size)
      const by = { split, parameters, faulty }
      const votes =
        name === 'drift' ? await driftingVotes(team, by) : await trainedVotes(team, config, { ...by, onStep })
      byWeights.push({ attack: name, faulty, votes })
    }
  }
  team.publish(parameters, 0)
  const { votes, labels } = decisions
  const events = Uint32Array.from({ length: labels.length }, (_, row) => row)
  const settingsOf = (rule: Parameters<typeof voteSettings>[1]) => voteSettings(config, rule, weights)
  return attackTable({ votes, labels, events, rewards, settingsOf, weights, seed, attacks, byWeights, onStep })
}

async function trainedVotes(
  team: Team,
  config: Config,
  {
    split,
    parameters,
    faulty,
    onStep,
  }: Pick<TeamAttack, 'split' | 'parameters' | 'onStep'> & { readonly faulty: readonly number[] },
) {
  const stage = `training ${faulty.length} of the agents to do harm`
  const onIteration = (done: number, total: number) => onStep(stage, done, total)
  team.publish(await trainAttackers(team, config, { honest: parameters, faulty, onIteration }), 0)
  return { ...(await team.pool.evaluate(split)), agentCount: config.agents }
}
