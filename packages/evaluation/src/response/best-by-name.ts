import type { ResponseScores } from '@vigil/runs'

/** Of the rules of one name that which did best on validation, without those on the team's own score. */
export function bestByName(references: ResponseScores['references']): ResponseScores['references'] {
  const ranked = references.filter(({ score }) => score !== 'team').toSorted((a, b) => b.validation - a.validation)
  return ranked.filter(({ name }, i) => ranked.findIndex((other) => other.name === name) === i)
}
