import type { Config } from '@vigil/config'
import type { Evaluation } from '@vigil/runs'
import { attainedShare, constantRewards, isNoGain } from './constant-rewards.ts'
import type { Finding, MetricsCheck } from './finding.ts'
import { decidedThreatRate } from './threat-rate.ts'
import { figure, percent, signed } from './words.ts'

/** Agents whose errors correlate more than this have hardly an error of their own. Own choice; the defaults have 0.8. */
const ERROR_CORRELATION_MAX = 0.95

/** The vote guards against nobody. */
export const noFaultTolerated: MetricsCheck = ({ agents, faults, rule }) => {
  if (faults > 0) return null
  return {
    code: 'NO_FAULT_TOLERATED',
    severity: 'note',
    title: 'The team tolerates no faulty agent',
    evidence: `f = ${faults} with ${agents} agents; the rule "${rule}" then asks for ${2 * faults + 1} vote.`,
    cause: 'n >= 3f + 1: with fewer than 4 agents f is 0, the quorum is one vote, and every round succeeds.',
    remedy: 'Give --agents=4 --faults=1, or more.',
  }
}

/** The agents are one agent, or err as one. */
export function agentsAlike(_config: Config, { diversity, team, agents, split }: Evaluation): Finding | null {
  const errors = team.fp + team.fn
  if (agents.length < 2 || errors === 0) return null
  if (diversity.disagreement === 0) {
    return {
      code: 'AGENTS_IDENTICAL',
      severity: 'problem',
      title: 'The agents decide alike on every event',
      evidence: `disagreement 0 between all ${diversity.pairs.length} pairs on the ${split} split, with ${errors} errors of the team.`,
      cause: 'All have learnt the same policy, often a constant action. A vote of copies corrects no error.',
      remedy: 'First see that anything is learnt at all: agents that begin with other weights differ then.',
    }
  }
  const correlation = diversity.errorCorrelation
  if (correlation === null || correlation <= ERROR_CORRELATION_MAX) return null
  return {
    code: 'AGENTS_WRONG_TOGETHER',
    severity: 'note',
    title: 'The agents are wrong on the same events',
    evidence: `errorCorrelation ${figure(correlation)} on the ${split} split, above ${ERROR_CORRELATION_MAX}.`,
    cause: 'The agents see the same inputs and learn from the same rows, so the vote adds next to nothing.',
    remedy:
      'None where faults are the worry: agents that agree are what a liar finds hardest. docs/robustness.md has the figures.',
  }
}

/** All that was learnt is worth no more than a constant action. */
export function noBetterThanConstant({ rewards }: Config, { team, split }: Evaluation): Finding | null {
  const constants = constantRewards(decidedThreatRate(team), rewards)
  if (!isNoGain(team.rewardMean, constants)) return null
  const share = attainedShare(team.rewardMean, constants) ?? 0
  return {
    code: 'TEAM_NO_BETTER_THAN_CONSTANT',
    severity: 'problem',
    title: 'The team earns no more than a constant action',
    evidence: `${signed(team.rewardMean)} per event on the ${split} split against ${signed(constants.best)} of always ${constants.bestName} and ${signed(constants.perfect)} of perfect decisions: ${share > 0 ? percent(share) : 'nothing'} of what can be gained; TP ${team.tp}, FP ${team.fp}, TN ${team.tn}, FN ${team.fn}.`,
    cause: 'What the team decides does not depend on the events, or not in a way that pays.',
    remedy: 'Look at the inputs first, then at returns and gradients.',
  }
}
