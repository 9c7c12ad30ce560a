import type { ColumnFacts, ValueCount } from '../column-facts.ts'

/** What a label is, as a description says it. */
export type LabelGuess = {
  readonly column: string
  /** Values that mean a threat or none; null = a threat is where the cell is not missing. */
  readonly values: { readonly key: 'threat' | 'benign'; readonly texts: readonly string[] } | null
  /** Rows without a label are left out. */
  readonly leavesOut: boolean
  /** Whether threats of the column have more names than one. */
  readonly hasClasses: boolean
  readonly why: string
}

/** Names of labels, the surest first. */
const LABEL_NAMES = [
  /^(label|labels)$/i,
  /^event[_ ]?label$/i,
  /^is[_ ]?(attack|malicious|threat|anomaly|anomalous|suspicious|intrusion|fraud|malware|bad)$/i,
  /^(class|target|verdict|ground[_ ]?truth|y)$/i,
  /^(attack|malicious|malware|anomaly|threat|intrusion|outcome|result)$/i,
  /[_ .](label|class)$/i,
  /^(attack|label)[_ ]?(type|name|cat|category)$/i,
]

const BENIGN =
  /^(normal\.?|benign|0(\.0+)?|false|no|none|legit(imate)?|clean|good|ok|ham|negative|background|benign[ _]traffic|false[ _]positive|-)$/i
const THREAT =
  /^(1(\.0+)?|true|yes|attack|malicious|malware|threat|anomaly|anomalous|bad|positive|intrusion|suspicious|spam)$/i

/**
 * The label: a column of two to fifty values that is called so and has a value for what is benign, or one of two values that
 * mean it.
 */
export function guessLabel(columns: readonly ColumnFacts[]): LabelGuess | null {
  for (const pattern of LABEL_NAMES) {
    for (const facts of columns.filter(({ name }) => pattern.test(name))) {
      const guess = valuesOf(facts, 'by its name')
      if (guess !== null) return guess
    }
  }
  const byValues = columns.filter(
    ({ values }) => values?.length === 2 && values.some(isWordFor(BENIGN)) && values.some(isWordFor(THREAT)),
  )
  return byValues.length === 1 ? valuesOf(byValues[0], 'by its values') : null
}

/** A word, no number: 0 and 1 mean many things. */
function isWordFor(pattern: RegExp): (value: ValueCount) => boolean {
  return ({ text }) => pattern.test(text) && !/^[\d.-]+$|^(true|false|yes|no|none|ok)$/i.test(text)
}

/** The same of a column that a person names, whatever it is called. null = it has one value, or more than can be listed. */
export function labelOf(facts: ColumnFacts): LabelGuess | null {
  const guess = valuesOf(facts, 'as given')
  const [most] = facts.values ?? []
  if (guess !== null || most === undefined || facts.distinct < 2) return guess
  return {
    column: facts.name,
    values: { key: 'benign', texts: [most.text] },
    leavesOut: facts.missingShare > 0,
    hasClasses: facts.distinct > 2,
    why: `as given; which values are benign is a guess: ${most.text} is the most frequent one`,
  }
}

function valuesOf({ name, values, distinct, missingShare }: ColumnFacts, how: string): LabelGuess | null {
  if (values === null || distinct > VALUES_MAX) return null
  const texts = values.map(({ text }) => text)
  const benign = texts.filter((text) => BENIGN.test(text))
  const base = { column: name, leavesOut: missingShare > 0 }
  if (benign.length === 0) {
    // Every value is a threat: what is missing is benign, as "-" is.
    const isMark = missingShare > 0 && distinct >= 1 && how !== 'by its values'
    if (!isMark) return null
    const why = `${how}; cells in which nothing (or -) stands are benign`
    return { column: name, values: null, leavesOut: false, hasClasses: distinct > 1, why }
  }
  const threats = texts.filter((text) => !benign.includes(text))
  if (threats.length === 0) return null
  if (distinct === 2) {
    return {
      ...base,
      values: { key: 'threat', texts: threats },
      hasClasses: false,
      why: `${how}; ${benign[0]} is benign`,
    }
  }
  const why = `${how}; benign is ${benign.join(', ')}, and ${threats.length} other values are threats`
  return { ...base, values: { key: 'benign', texts: benign }, hasClasses: threats.length > 1, why }
}

const VALUES_MAX = 50
