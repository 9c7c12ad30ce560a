/** Evaluates rules of Sigma as their page describes them, for the modifiers that are written here. */

type Fields = Readonly<Record<string, string | number | null>>

/** A rule as it is read from YAML. */
export type SigmaRule = {
  readonly title: string
  readonly level: string
  readonly detection: { readonly condition: string } & Readonly<Record<string, Fields | string>>
}

/** Whether a rule is about an event; a column that is not there is null. */
export function matches({ detection }: SigmaRule, event: Fields): boolean {
  const words = detection.condition.match(/\(|\)|[^\s()]+/g) ?? []
  let at = 0
  function any(): boolean {
    let value = all()
    while (words[at] === 'or') {
      at++
      const next = all()
      value ||= next
    }
    return value
  }
  function all(): boolean {
    let value = one()
    while (words[at] === 'and') {
      at++
      const next = one()
      value &&= next
    }
    return value
  }
  function one(): boolean {
    const word = words[at++]
    if (word === 'not') return !one()
    if (word !== '(') return selects(detection[word] as Fields, event)
    const value = any()
    if (words[at++] !== ')') throw new Error(`a bracket is open: ${detection.condition}`)
    return value
  }
  const value = any()
  if (at !== words.length) throw new Error(`words are left over: ${detection.condition}`)
  return value
}

function selects(selection: Fields, event: Fields): boolean {
  if (typeof selection !== 'object' || Object.keys(selection).length === 0) throw new Error('no such selection')
  return Object.entries(selection).every(([key, wanted]) => {
    const [field, modifier] = key.split('|')
    const value = event[field] ?? null
    if (wanted === null) return value === null
    if (value === null) return false
    if (modifier === 'gt') return value > wanted
    if (modifier === 'lte') return value <= wanted
    if (modifier === 'cased') return pattern(String(wanted)).test(String(value))
    throw new Error(`no such modifier: ${key}`)
  })
}

/** Wildcards * and ?, and backslashes before what is meant literally. */
function pattern(text: string): RegExp {
  const parts = text.replace(/\\([\\*?])|([*?])|([^\\*?])|(\\)/gs, (_, literal, wildcard, plain, alone) =>
    wildcard === undefined
      ? (literal ?? plain ?? alone).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      : wildcard === '*'
        ? '.*'
        : '.',
  )
  return new RegExp(`^${parts}$`, 's')
}
