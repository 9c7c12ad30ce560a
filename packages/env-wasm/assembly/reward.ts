/**
 * The reward of every agent.
 *
 *   own:        r_i = actionRewards[label, action_i]      + bonus
 *   consensus:  r_i = actionRewards[label, team's action] + bonus
 *   bonus       = teamBonus (1 [all agents in one class] + 2 * share of agents that are right)
 *
 * Costs are part of actionRewards, so a fallback costs what its action costs.
 */
import { ACTION_REWARDS, ATTRIBUTION_OWN, Plan } from './plan'
import { isRestrictive, teamAction } from './vote'

/** Reward of one action by the table alone. */
@inline
export function tableReward(plan: Plan, threat: bool, action: u8): f32 {
  const at = changetype<usize>(plan) + ACTION_REWARDS
  return load<f32>(at + ((((<usize>threat) << 2) + <usize>action) << 2))
}

/** Reward of `agent` for the actions [A] that the team played. */
export function agentReward(plan: Plan, threat: bool, actions: usize, agent: i32): f32 {
  const action = plan.attribution == ATTRIBUTION_OWN ? load<u8>(actions + agent) : teamAction(plan, actions)
  const reward = tableReward(plan, threat, action)
  return plan.teamBonus == 0 ? reward : reward + bonus(plan, threat, actions)
}

/**
 * What `agent` could expect from its own policy with the others' actions fixed, sum_a pi(a) r(a): the counterfactual
 * baseline of COMA (arXiv:1705.08926, eq. 4) with the exact reward in place of a learned Q.
 *
 * @param actions       [A] u8; the agent's own entry is changed meanwhile and put back
 * @param probabilities [4] f32, the agent's policy
 */
export function expectedReward(plan: Plan, threat: bool, actions: usize, agent: i32, probabilities: usize): f32 {
  const played = load<u8>(actions + agent)
  let expected: f32 = 0
  for (let action = 0; action < 4; action++) {
    store<u8>(actions + agent, <u8>action)
    expected += load<f32>(probabilities + ((<usize>action) << 2)) * agentReward(plan, threat, actions, agent)
  }
  store<u8>(actions + agent, played)
  return expected
}

function bonus(plan: Plan, threat: bool, actions: usize): f32 {
  const agents = plan.agentCount
  let restrictive = 0
  for (let agent = 0; agent < agents; agent++) restrictive += i32(isRestrictive(load<u8>(actions + agent)))
  const right = threat ? restrictive : agents - restrictive
  const agreed: f32 = restrictive == 0 || restrictive == agents ? 1 : 0
  return plan.teamBonus * (agreed + (2 * <f32>right) / <f32>agents)
}
