/**
 * The probability that a team acts restrictively, as the mean of its agents' probabilities.
 *
 * Differs: a vote's own probability is a step that is the steeper the more agents agree (0 or 1 for agents that are sure);
 * the mean has a gradient for every agent, 1 / A each, and meets it where all agents agree.
 *
 * @param restrictive [T, E, A], each agent's probability of block or quarantine
 * @returns [T, E]
 */
export function teamProbability(restrictive: ArrayLike<number>, agentCount: number): Float32Array {
  const team = new Float32Array(restrictive.length / agentCount)
  for (let row = 0; row < team.length; row++) {
    let sum = 0
    for (let agent = 0; agent < agentCount; agent++) sum += restrictive[row * agentCount + agent]
    team[row] = sum / agentCount
  }
  return team
}
