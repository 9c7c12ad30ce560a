import { formatCount, formatSigned } from '@vigil/command-line'
import { bestByName, boundsOf } from '@vigil/evaluation'
import type { Evaluation, ResponseScores } from '@vigil/runs'

/** A line of the summary's table. */
export type Line = { readonly cells: readonly string[]; readonly kind: 'team' | 'optimum' | 'other' }

/** Columns in the order of importance: narrow terminals show the first ones. */
export const RESPONSE_HEADINGS = ['', 'return', 'contained', 'falsely', 'alerts', 'cut off']

/** The team beside its best member, tuned rules and the bound, by mean return of a stream. */
export function responseLines(response: ResponseScores, { actions, cutOff }: Evaluation): Line[] {
  const { returnMean, contained, falselyContained, members, references } = response
  const best = members.toSorted((a, b) => b.returnMean - a.returnMean)[0]
  const rules = bestByName(references).toSorted((a, b) => b.returnMean - a.returnMean)
  const team = { returnMean, contained, falselyContained, actions, cutOff: cutOff ?? 0 }
  return [
    lineOf('team', 'team', team),
    lineOf('other', 'best agent alone', best),
    ...rules.map((rule) => lineOf('other', rule.name, rule)),
    ...boundsOf(response).map(
      ({ name, returnMean: mean }): Line => ({ kind: 'optimum', cells: [name, formatSigned(mean, 3), '', '', '', ''] }),
    ),
  ]
}

/** What as many faulty agents as the rule is meant to bear do to the return. */
export function responseAttackLines({ attacks }: ResponseScores, { faults, agents }: Evaluation): string[] {
  const own = attacks.filter(({ f }) => f === faults)
  if (own.length === 0) return []
  const worst = own.reduce((worst, attack) => (attack.returnMean < worst.returnMean ? attack : worst))
  return [
    `Attacked by ${faults} of ${agents.length} agents: ${formatSigned(worst.returnMean, 3)} per stream at worst (${worst.attack}).`,
  ]
}

function lineOf(kind: Line['kind'], name: string, outcome: ResponseScores['members'][number]): Line {
  const { returnMean, contained, falselyContained, actions, cutOff } = outcome
  const counts = [contained, falselyContained, actions.alert, cutOff].map(formatCount)
  return { kind, cells: [name, formatSigned(returnMean, 3), ...counts] }
}
