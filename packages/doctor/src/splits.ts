import type { Dataset } from '@vigil/data'
import type { Finding } from './finding.ts'
import { labelsOf, RATE_DIFFERENCE_MAX, ratesDiffer, threatRateOf } from './threat-rate.ts'
import { count, list, percent } from './words.ts'

/** Classes of the split that hold less than this share of its rows are rare enough to be missing by chance. Own choice. */
const UNSEEN_ROWS_MAX = 0.01

const OTHERS = ['validation', 'test'] as const

/** The parts of the split have different shares of threats. */
export function splitMismatch(dataset: Dataset): Finding | null {
  const { splits } = dataset
  const rateOf = (name: keyof Dataset['splits']) => threatRateOf(labelsOf(dataset, splits[name].rows))
  const trained = rateOf('train')
  const counted = (name: keyof Dataset['splits']) => ({ rate: rateOf(name), events: splits[name].rows.length })
  const isFar = (name: (typeof OTHERS)[number]) => ratesDiffer(counted('train'), counted(name))
  if (!OTHERS.some(isFar)) return null
  return {
    code: 'SPLIT_MISMATCH',
    severity: 'problem',
    title: 'The parts of the split have different threat rates',
    evidence: `threats: train ${percent(trained)}, validation ${percent(rateOf('validation'))}, test ${percent(rateOf('test'))}; more than ${percent(RATE_DIFFERENCE_MAX)} of the first apart.`,
    cause:
      'What happened early is not what happened late. Figures of one part do not foretell those of another, and the best checkpoint by validation need not be the best on test.',
    remedy:
      'Compare with --split=stratified. Keep --split=temporal where the drift itself is the question, and say so.',
  }
}

/** Classes of events that are judged but were never trained on. */
export function classesUnseen({ splits, classes, classNames }: Dataset): Finding | null {
  const countsOf = (name: keyof Dataset['splits']) => {
    const counts = new Uint32Array(classNames.length)
    for (const row of splits[name].rows) counts[classes[row]]++
    return counts
  }
  const seen = countsOf('train')
  const found = OTHERS.flatMap((name) => {
    const counts = countsOf(name)
    const { length } = splits[name].rows
    return classNames.flatMap((className, index) =>
      seen[index] > 0 || counts[index] === 0
        ? []
        : [{ name, className, rows: counts[index], share: counts[index] / length }],
    )
  })
  if (found.length === 0) return null
  const words = found.map(
    ({ name, className, rows, share }) => `"${className}" (${count(rows)} rows of ${name}, ${percent(share)})`,
  )
  return {
    code: 'CLASSES_UNSEEN',
    severity: found.some(({ share }) => share > UNSEEN_ROWS_MAX) ? 'problem' : 'note',
    title: 'Training never saw some classes of events',
    evidence: `no row of the training split has ${list(words)}.`,
    cause: 'The split divides by time or by stream, and these classes occur only on the other side of the cut.',
    remedy: 'Read the figures class by class (evaluation.json, perClass), or compare with --split=stratified.',
  }
}
