/** The team's decision inside the environment: packages/vote `decide`, held to it by a property test. */
import { Plan, RULE_MAJORITY } from './plan'

/** Restrictive actions, block and quarantine, say "threat"; allow and alert say "benign". */
@inline
export function isRestrictive(action: u8): bool {
  return action == 1 || action == 2
}

/** How many agents act restrictively, 0 to A. @param actions [A] u8 */
export function restrictiveVotes(plan: Plan, actions: usize): i32 {
  let votes = 0
  for (let agent = 0; agent < plan.agentCount; agent++) votes += i32(isRestrictive(load<u8>(actions + agent)))
  return votes
}

/** Whether a class wins: it is the larger one and has a majority (more than A / 2) or a quorum (2f + 1). */
@inline
export function wins(plan: Plan, votes: i32): bool {
  const needed = plan.rule == RULE_MAJORITY ? plan.agentCount / 2 + 1 : plan.quorumSize
  return 2 * votes > plan.agentCount && votes >= needed
}

/**
 * First the class that wins, then the most frequent action of that class, the smaller number where two are equally
 * frequent. Without such a class: the fallback action.
 *
 * @param actions [A] u8
 */
export function teamAction(plan: Plan, actions: usize): u8 {
  let counts: u64 = 0 // four 16-bit counters
  for (let agent = 0; agent < plan.agentCount; agent++) counts += (<u64>1) << (<u64>load<u8>(actions + agent) * 16)
  const allow = countOf(counts, 0)
  const block = countOf(counts, 1)
  const quarantine = countOf(counts, 2)
  const alert = countOf(counts, 3)
  if (wins(plan, block + quarantine)) return block >= quarantine ? 1 : 2
  if (wins(plan, allow + alert)) return allow >= alert ? 0 : 3
  return <u8>plan.fallbackAction
}

@inline
function countOf(counts: u64, action: u64): i32 {
  return <i32>((counts >> (action * 16)) & 0xffff)
}
