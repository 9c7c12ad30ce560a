import { formatCount, formatShare, harmlessText } from '@vigil/command-line'
import { isIdentifier } from '../column-facts.ts'
import type { InspectFinding } from '../finding.ts'
import type { Subject } from '../subject.ts'
import { nameList } from './leaks.ts'

/** Less is not worth a word. */
const MISSING_SHARE_MIN = 0.05

/** Columns that name one row or thing. */
export function identifiers({ columns }: Subject, isDraft: boolean): InspectFinding[] {
  return columns.flatMap(({ facts, role }): InspectFinding[] => {
    if (!['input', 'left out'].includes(role) || !isIdentifier(facts)) return []
    const name = harmlessText(facts.name, 60)
    const isInput = role === 'input'
    return [
      {
        code: 'IDENTIFIER',
        severity: isInput ? 'problem' : 'note',
        columns: [facts.name],
        title: `${name} ${facts.isRising ? 'rises from row to row' : 'is an identifier'}`,
        evidence: facts.isForgotten
          ? 'more than a million different texts.'
          : `${formatCount(facts.distinct)} different values in ${formatCount(facts.present)} rows${facts.isRising ? `, from ${facts.min} to ${facts.max}, ascending` : ''}.`,
        cause: facts.isRising
          ? 'It says when the row was written. A team can learn the rows by heart, and a live event has a value that training never saw.'
          : 'It names a row or a thing, and says nothing of the next one.',
        remedy: isInput
          ? `List ${name} in columns.ignore; if it is the time of the event, give "time".`
          : isDraft
            ? `Nothing: the draft lists ${name} in columns.ignore.`
            : 'Nothing: it is no input.',
      },
    ]
  })
}

/** Columns that are the same everywhere. */
export function constants({ columns, sample }: Subject): InspectFinding | null {
  const names = columns
    .filter(({ facts, role }) => facts.distinct <= 1 && !facts.isForgotten && ['input', 'left out'].includes(role))
    .map(({ facts }) => facts.name)
  if (names.length === 0) return null
  const empty = columns.filter(({ facts }) => facts.distinct === 0 && names.includes(facts.name)).length
  return {
    code: 'CONSTANT',
    severity: 'note',
    columns: names,
    title: `Of ${formatCount(columns.length)} columns ${names.length === 1 ? 'one is' : `${formatCount(names.length)} are`} constant`,
    evidence: `the same in each of ${formatCount(sample.rows.length)} rows: ${nameList(names)}${empty > 0 ? `; ${formatCount(empty)} of them always missing` : ''}.`,
    cause: 'The recording does not fill these columns, or the sensor has one value for all events here.',
    remedy: 'Nothing: constants are never inputs.',
  }
}

/** Columns in which much is missing, or that hold what is no number. */
export function missing({ columns, rowCount }: Subject): InspectFinding | null {
  const used = columns.filter(({ role, facts }) => ['input', 'time', 'stream'].includes(role) && facts.distinct > 0)
  const found = used
    .filter(({ facts }) => facts.missingShare >= MISSING_SHARE_MIN || facts.infinite + facts.malformed > 0)
    .toSorted((a, b) => b.facts.missingShare - a.facts.missingShare)
  if (found.length === 0) return null
  const words = found.slice(0, 8).map(({ facts }) => {
    const odd = [
      ...(facts.infinite > 0 ? [`${formatCount(facts.infinite)} infinite`] : []),
      ...(facts.malformed > 0 ? [`${formatCount(facts.malformed)} no number`] : []),
    ]
    return `${harmlessText(facts.name, 60)} ${formatShare(facts.missingShare)}${odd.length > 0 ? ` (${odd.join(', ')})` : ''}`
  })
  return {
    code: 'MISSING',
    severity: 'note',
    columns: found.map(({ facts }) => facts.name),
    title:
      found.length === 1 ? 'One column has missing cells' : `${formatCount(found.length)} columns have missing cells`,
    evidence: `of ${formatCount(rowCount)} rows: ${words.join('; ')}${found.length > 8 ? `; and ${found.length - 8} more` : ''}.`,
    cause:
      'A missing cell is a value of its own to a team. Where cells are missing for another reason live than in the recording, it is misled.',
    remedy:
      'Look at why they are missing. Texts that mean it are listed in "missing"; infinite cells, and texts in columns of numbers, are read as missing.',
  }
}
