import type { Dataset } from '@vigil/data'

/** Fewer events of a label than this in a part of the split make its figures a matter of single events. Own choice. */
const FEW = 10

/** Events of a label of which the stratified split, 70 / 15 / 15 to one event, gives FEW to each part. */
const STRATIFIED_NEEDS = 65

const PARTS = ['train', 'validation', 'test'] as const
const LABELS = [
  { label: 1, one: 'threat', many: 'threats', figures: 'recall, F1 and PR AUC' },
  { label: 0, one: 'benign event', many: 'benign events', figures: 'the false-positive rate, precision and F1' },
] as const

/**
 * What cannot be learnt, chosen or measured because a part of the split holds hardly any events of a label, in plain
 * sentences: said when a training begins, and in the notes of an evaluation. Empty where every part holds enough.
 */
export function rareLabelNotes({ splits, labels }: Pick<Dataset, 'splits' | 'labels'>): string[] {
  const notes = PARTS.flatMap((part) => {
    const { rows } = splits[part]
    return LABELS.flatMap(({ label, one, many, figures }) => {
      const found = rows.reduce((sum, row) => sum + (labels[row] === label ? 1 : 0), 0)
      if (found >= FEW) return []
      const held = found === 0 ? `no ${many}` : `${found} ${found === 1 ? one : many}`
      return [
        `The ${part} split holds ${held} among ${rows.length} event${rows.length === 1 ? '' : 's'}: ${consequence(part, found, figures)}.`,
      ]
    })
  })
  if (notes.length === 0) return []
  const remedy = `Each part needs ${FEW} of each label: give data with more. The stratified split needs ${STRATIFIED_NEEDS} threats and ${STRATIFIED_NEEDS} benign events.`
  return [...notes, remedy]
}

function consequence(part: (typeof PARTS)[number], found: number, figures: string): string {
  if (part === 'train') return 'hardly anything can be learnt of them'
  if (part === 'validation')
    return `the choice of the checkpoint ${found === 0 ? 'sees none' : 'hangs on single events'}`
  return found === 0 ? `${figures} say nothing` : `${figures} hang on single events`
}
