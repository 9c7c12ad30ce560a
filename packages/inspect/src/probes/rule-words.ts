import { formatMeasure, harmlessText } from '@vigil/command-line'
import { type BinnedColumn, MISSING_BIN } from './binned-column.ts'
import type { SmallTree, TreeLeaf } from './small-tree.ts'

/** More values than this are counted, not named. */
const VALUES_NAMED_MAX = 6

/** A condition on one column in words: `proto is udp`, `bytes > 5000`. @param bins [binCount] 1 = holds */
export function conditionWords(column: BinnedColumn, bins: Uint8Array): string {
  const name = harmlessText(column.name, 40)
  if (column.kind === 'ordered') return `${name} ${intervalWords(column, bins)}`
  const [held, others] = [namesOf(column, bins, 1), namesOf(column, bins, 0)]
  const isNegative = others.length < held.length
  const run = column.isNumber ? runWords(column, bins) : null
  if (run !== null) return `${name} ${run}`
  return `${name} is ${isNegative ? 'not ' : ''}${listWords(isNegative ? others : held)}`
}

/** The rule that a tree is: the leaves that are threats, largest first. */
export function ruleWords(tree: SmallTree): string {
  return threatLeaves(tree).map(leafWords).join('; or ')
}

/** Columns that such a rule asks about, in the order of their names. */
export function columnsOf(tree: SmallTree): string[] {
  const names = threatLeaves(tree).flatMap(({ conditions }) => [...conditions.keys()].map(({ name }) => name))
  return [...new Set(names)].sort()
}

function threatLeaves({ leaves }: SmallTree): TreeLeaf[] {
  return leaves.filter(({ threats, benign }) => threats > benign).toSorted((a, b) => b.threats - a.threats)
}

function leafWords({ conditions }: TreeLeaf): string {
  return [...conditions].map(([column, bins]) => conditionWords(column, bins)).join(' and ')
}

function namesOf({ texts, binCount }: BinnedColumn, bins: Uint8Array, side: 0 | 1): string[] {
  const names: string[] = []
  for (let bin = 1; bin < binCount; bin++) {
    // Beyond the named values there may be none.
    if (bins[bin] === side && bin <= texts.length) names.push(harmlessText(texts[bin - 1], 40))
  }
  if (bins[MISSING_BIN] === side) names.push('missing')
  return names
}

function listWords(names: readonly string[]): string {
  if (names.length > VALUES_NAMED_MAX) {
    return `one of ${names.slice(0, VALUES_NAMED_MAX).join(', ')} and ${names.length - VALUES_NAMED_MAX} more`
  }
  return names.length === 1 ? names[0] : `one of ${names.join(', ')}`
}

/** Many values of a number that lie at one end: a threshold says the same. */
function runWords({ texts }: BinnedColumn, bins: Uint8Array): string | null {
  const held = texts.map((_, i) => bins[i + 1])
  const changes = held.filter((is, i) => i > 0 && is !== held[i - 1]).length
  if (changes !== 1 || bins[MISSING_BIN] === 1 || held.length < 3) return null
  const at = held.findIndex((is) => is !== held[0])
  return held[0] === 1 ? `<= ${texts[at - 1]}` : `>= ${texts[at]}`
}

function intervalWords({ edges, binCount }: BinnedColumn, bins: Uint8Array): string {
  const parts: string[] = []
  for (let bin = 1; bin < binCount; bin++) {
    if (bins[bin] === 0) continue
    const from = bin
    while (bin + 1 < binCount && bins[bin + 1] === 1) bin++
    const [low, high] = [edges[from - 2], edges[bin - 1]]
    if (low === undefined) parts.push(high === undefined ? 'is there' : `<= ${numberWords(high)}`)
    else parts.push(high === undefined ? `> ${numberWords(low)}` : `from ${numberWords(low)} to ${numberWords(high)}`)
  }
  if (bins[MISSING_BIN] === 1) parts.push('is missing')
  return parts.join(' or ') || 'is missing'
}

function numberWords(value: number): string {
  return Number.isInteger(value) ? String(value) : formatMeasure(value)
}
