/** What alerts and events without a decision cost the people behind a team, which F1 does not show. */
import type { Config } from '@vigil/config'
import { actionBands, actionRewards, BEST_ACTION_NAMES, bandsInWords, type RewardTable } from '@vigil/env-wasm'
import type { Evaluation } from '@vigil/runs'
import type { Finding } from './finding.ts'
import { count, percent } from './words.ts'

/** Of a hundred events people are asked to look at more than this many. Own choice; the defaults stay below 1 %. */
const ALERT_RATE_MAX = 0.05

/** The vote comes to nothing more often than this. Own choice; the defaults stay below 1 %. */
const UNDECIDED_RATE_MAX = 0.02

/** Whether the reward table makes alerts free, or leaves them no use. */
export function alertReward({ rewards }: Pick<Config, 'rewards'>): Finding | null {
  const remedy =
    'Give --rewards.alert-cost, what the look of an analyst costs, and --rewards.alerted-threat, the part of the damage that it prevents; `npx nx run tools:reward-balance` shows where each action is then the best.'
  const { alertCost, alertedThreat } = rewards
  const given = `alertCost ${alertCost}, alertedThreat ${alertedThreat}: ${bandsInWords(rewards)}.`
  if (isAlertFree(rewards)) {
    return {
      code: 'REWARD_ALERT_FREE',
      severity: 'note',
      title: 'An alert costs nothing',
      evidence: given,
      cause:
        'On benign events and on threats an alert earns at least what allow earns, so nothing keeps a team from sending every event that it would allow to people.',
      remedy,
    }
  }
  if (actionBands(rewards).some(({ action }) => BEST_ACTION_NAMES[action] === 'alert')) return null
  return {
    code: 'REWARD_ALERT_NEVER_BEST',
    severity: 'note',
    title: 'An alert is the best action at no threat probability',
    evidence: given,
    cause:
      'What an alert costs is more than what it is worth where allow and block are in doubt, so a team learns to do without.',
    remedy,
  }
}

function isAlertFree(rewards: RewardTable): boolean {
  return actionRewards(rewards).every(([allow, , , alert]) => alert >= allow)
}

/** The team asks people to look at more than they can. */
export function alertsMany({ fallbackAction }: Config, { team, rows, split, rewards }: Evaluation): Finding | null {
  if (team.alertRate <= ALERT_RATE_MAX) return null
  const alerts = team.threatAlerts + team.benignAlerts
  const areFallbacks = fallbackAction === 'alert' && 2 * team.undecided > alerts
  return {
    code: 'ALERTS_MANY',
    severity: 'note',
    title: `${percent(team.alertRate)} of the events are alerts`,
    evidence: `${count(alerts)} of ${count(rows)} events of the ${split} split, above ${percent(ALERT_RATE_MAX)}; ${percent(team.threatAlerts / alerts)} of the alerts are threats; ${count(team.undecided)} events are without a decision (fallback: ${fallbackAction}).`,
    cause: areFallbacks
      ? 'Most alerts are the fallback of a vote that came to nothing.'
      : isAlertFree(rewards)
        ? 'An alert costs nothing under this reward table. F1 counts it as let through, so it shows nowhere else.'
        : `The team is unsure of many events, or more of them are in doubt than people can look at; ${bandsInWords(rewards)}.`,
    remedy: areFallbacks
      ? 'See UNDECIDED_MANY.'
      : 'Give a higher --rewards.alert-cost or a lower --rewards.alerted-threat; `npx nx run tools:reward-balance` shows the bands.',
  }
}

/** The vote comes to nothing too often. */
export function undecidedMany({ fallbackAction, rule }: Config, { team, rows, split }: Evaluation): Finding | null {
  if (team.undecidedRate <= UNDECIDED_RATE_MAX) return null
  return {
    code: 'UNDECIDED_MANY',
    severity: 'note',
    title: `The team comes to no decision on ${percent(team.undecidedRate)} of the events`,
    evidence: `${count(team.undecided)} of ${count(rows)} events of the ${split} split, above ${percent(UNDECIDED_RATE_MAX)}; the rule "${rule}" then falls back to ${fallbackAction}.`,
    cause: 'The agents are split, and no side has the votes that the rule asks for.',
    remedy: 'Train longer; or give --rule=majority, which asks for fewer votes with seven agents and more.',
  }
}
