import { dataError } from '../errors.ts'
import { shownPath, shownText } from './csv-text.ts'

/**
 * Finds columns by their names, which count without the white space around them. A table that lacks one is refused, with the
 * nearest name that is there (a spelling slip is the usual cause); so is one that has two columns of a name, capitals or not.
 *
 * @param path     the file
 * @param required names that must be present
 * @param present  names that are, in the file's order
 * @returns for each required name the index of its column
 * @throws {VigilError} COLUMNS_MISSING or COLUMNS_REPEATED
 */
export function findColumns(path: string, required: readonly string[], present: readonly string[]): number[] {
  const names = present.map((name) => name.trim())
  requireColumns(path, required, names)
  for (const name of required) {
    const places = names.flatMap((other, index) => (other.toLowerCase() === name.toLowerCase() ? [index + 1] : []))
    if (places.length === 1) continue
    throw dataError(
      'COLUMNS_REPEATED',
      `Data file ${shownPath(path)}: needs one column '${name}', received ${places.length}, the columns ${places.slice(0, 5).join(', ')}. Remove or rename all but one.`,
    )
  }
  return required.map((name) => names.indexOf(name))
}

function requireColumns(path: string, required: readonly string[], present: readonly string[]): void {
  const missing = required.filter((name) => !present.includes(name))
  if (missing.length === 0) return
  const [first] = missing
  const nearest = nearestName(first, present)
  const others =
    missing.length > 1
      ? ` and ${missing.length - 1} more (${missing.slice(1, 6).join(', ')}${missing.length > 6 ? ', ...' : ''})`
      : ''
  const hint = nearest === null ? 'It has no columns.' : `The nearest column there is ${shownText(nearest)}.`
  throw dataError(
    'COLUMNS_MISSING',
    `Data file ${shownPath(path)}: needs the column '${first}'${others}. ${hint} Rename the columns or give data of this kind.`,
  )
}

/** The name with the smallest edit distance, the first among equals; null when there is none to choose from. */
function nearestName(wanted: string, names: readonly string[]): string | null {
  let nearest: string | null = null
  let smallest = Number.POSITIVE_INFINITY
  for (const name of names) {
    const distance = editDistance(wanted, name.slice(0, 100))
    if (distance < smallest) {
      smallest = distance
      nearest = name
    }
  }
  return nearest
}

/** Levenshtein distance, one row of the table at a time. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)
      current[j] = Math.min(replaced, previous[j] + 1, current[j - 1] + 1)
    }
    previous = current
  }
  return previous[b.length]
}
