import { borderlessTable, type TableStyle } from '@vigil/command-line'
import { actionRewards, bandsInWords } from '@vigil/env-wasm'
import pc from 'picocolors'
import type { PolicyName } from './policy.ts'
import type { BalanceReport, CheckedPolicy } from './report.ts'

/** The report for a person: the policies as a table and what follows from them. Ends with a newline. */
export function balanceTable(report: BalanceReport, style: TableStyle): string {
  // nx sets FORCE_COLOR for pipes too, so only the stream and NO_COLOR (no-color.org) are asked.
  const colors = pc.createColors(style.isTTY && !style.environment.NO_COLOR)
  const { threatRate, policies, simulation, withoutSignal } = report
  const digits = digitsFor(policies)
  const table = borderlessTable({ text: 1, numbers: 4 })
  table.push(['policy', 'expected', 'simulated', 'standard error', 'deviation'].map((heading) => colors.dim(heading)))
  for (const policy of policies) {
    const { meanReward, standardError, deviation, agrees } = policy.simulated
    const cells = [
      policyLabel(policy.name, report.right),
      signed(policy.expectedReward, digits),
      signed(meanReward, digits),
      standardError.toFixed(digits),
      deviation === null ? (agrees ? 'exact' : 'wrong') : `${signed(deviation, 2)} SE`,
    ]
    const best = withoutSignal.optima.includes(policy.name)
    table.push(cells.map(agrees ? (best ? colors.bold : (text: string) => text) : colors.red))
  }
  const lines = [
    colors.bold(`Expected reward per event at ${percent(threatRate)} threats`),
    rewardsLine(report),
    '',
    // Cells are padded to their column, which leaves blanks at the ends of lines.
    table.toString().replace(/ +$/gm, ''),
    '',
    ...bandLines(report),
    withoutSignalLine(report, digits),
    signalLine(report),
    '',
    `Simulated: ${simulation.samples.toLocaleString('en-US')} events per policy in env.wasm, seed ${simulation.seed}.`,
    ...(simulation.threatRate === threatRate
      ? []
      : [`Played and checked at ${percent(simulation.threatRate, 4)} threats, the nearest share of a million rows.`]),
    simulation.agrees
      ? colors.green('Simulation and closed form agree.')
      : colors.red('Simulation and closed form DISAGREE: chance does not explain the rows in question.'),
  ]
  return `${lines.join('\n')}\n`
}

function rewardsLine({ rewards, preset }: BalanceReport): string {
  const { truePositive, trueNegative, falsePositive, falseNegative, restrictiveCost, alertCost, alertedThreat } =
    rewards
  const name = preset === null ? 'own table' : `preset ${preset}`
  return `${name}: TP ${plain(truePositive)}, TN ${plain(trueNegative)}, FP ${plain(falsePositive)}, FN ${plain(falseNegative)}, restrictive action ${plain(-restrictiveCost)}, alert ${plain(-alertCost)} (prevents ${percent(alertedThreat)} of a threat's damage)`
}

/** The best action at each threat probability, and what is to be said of actions that nowhere are it. */
function bandLines({ bands, rewards }: BalanceReport): string[] {
  const names = bands.map(({ action }) => action)
  const lines = [`Best action by threat probability: ${bandsInWords(rewards)}.`]
  for (const action of ['allow', 'alert', 'block'] as const) {
    if (names.includes(action)) continue
    const [[allowBenign, , , alertBenign], [allowThreat, , , alertThreat]] = actionRewards(rewards)
    const isFreeAlert = action === 'alert' && allowBenign === alertBenign && allowThreat === alertThreat
    lines.push(
      isFreeAlert
        ? 'Alert earns what allow earns: nothing keeps a team from alerting on everything.'
        : `${capital(action)} is nowhere better than the other actions.`,
    )
  }
  const rank = { allow: 0, alert: 1, block: 2 }
  if (names.some((action, i) => i > 0 && rank[action] < rank[names[i - 1]])) {
    lines.push('A LESS intrusive action pays at a HIGHER threat probability: wrong decisions earn more.')
  }
  return lines
}

function withoutSignalLine({ withoutSignal, threatRate }: BalanceReport, digits: number): string {
  const { optima, expectedReward } = withoutSignal
  const reward = signed(expectedReward, digits)
  const rate = percent(threatRate)
  const names = optima.map((name) => policyLabel(name, 0)).join(' and ')
  if (optima.length > 1)
    return `At ${rate} ${names} ${optima.length === 2 ? 'both' : 'all'} earn ${reward}.\nWithout a signal that is the optimum: any mix of these actions earns the same.`
  return `The best constant action at ${rate} is ${names}, ${reward}.\nWithout a signal that is the optimum: a mix of the actions earns a mix of their figures.`
}

function signalLine({ rightShareNeeded, right, policies, withoutSignal }: BalanceReport): string {
  if (rightShareNeeded === null) return 'Even perfect decisions earn no more than that under this table.'
  const fallible = policies.find(({ name }) => name === 'right-on-share')!
  const enough = fallible.expectedReward > withoutSignal.expectedReward
  const verdict = `${percent(right)} is ${enough ? 'enough' : 'not enough'}`
  return `To earn more, decisions must be right on more than ${percent(rightShareNeeded, 2)} of both classes: ${verdict}.`
}

function policyLabel(name: PolicyName, right: number): string {
  return name === 'right-on-share' ? `right on ${percent(right)}` : name.replace('-', ' ')
}

/** Decimals that show two digits of the smallest standard error, at least four: expectations are exact. */
function digitsFor(policies: readonly CheckedPolicy[]): number {
  const errors = policies.map(({ simulated }) => simulated.standardError).filter((error) => error > 0)
  return Math.min(10, Math.max(4, 1 - Math.floor(Math.log10(Math.min(1, ...errors)))))
}

function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits)
  if (Number(text) === 0) return text
  return `${value < 0 ? '-' : '+'}${text}`
}

/** A figure as the user gave it, with its sign. */
function plain(value: number): string {
  return value > 0 ? `+${value}` : String(value === 0 ? 0 : value)
}

/** A share as per cent, all its digits or a number of decimals: 10.93 %. */
function percent(share: number, decimals?: number): string {
  return `${decimals === undefined ? Number((100 * share).toPrecision(12)) : (100 * share).toFixed(decimals)} %`
}

function capital(word: string): string {
  return word[0].toUpperCase() + word.slice(1)
}
