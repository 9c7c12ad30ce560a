import { expect, it } from 'vitest'
import { rareLabelNotes } from './rare-labels.ts'

/** Rows of which the first of each part are threats. */
function dataset(
  parts: { readonly [part in 'train' | 'validation' | 'test']: readonly [threats: number, benign: number] },
) {
  const labels: number[] = []
  const made = (part: keyof typeof parts) => {
    const [threats, benign] = parts[part]
    const rows = Uint32Array.from({ length: threats + benign }, (_, i) => labels.length + i)
    labels.push(...Array<number>(threats).fill(1), ...Array<number>(benign).fill(0))
    return { rows, streamStarts: Uint32Array.of(0, rows.length) }
  }
  const splits = { train: made('train'), validation: made('validation'), test: made('test') }
  return { splits, labels: Uint8Array.from(labels) }
}

it('has nothing to say where every part holds ten of each label', () => {
  expect(rareLabelNotes(dataset({ train: [10, 900], validation: [900, 10], test: [10, 10] }))).toEqual([])
})

it('names part, label, number and what follows, and how many are needed', () => {
  expect(rareLabelNotes(dataset({ train: [2, 278], validation: [0, 60], test: [1, 59] }))).toEqual([
    'The train split holds 2 threats among 280 events: hardly anything can be learnt of them.',
    'The validation split holds no threats among 60 events: the choice of the checkpoint sees none.',
    'The test split holds 1 threat among 60 events: recall, F1 and PR AUC hang on single events.',
    'Each part needs 10 of each label: give data with more. The stratified split needs 65 threats and 65 benign events.',
  ])
  expect(rareLabelNotes(dataset({ train: [90, 9], validation: [60, 1], test: [60, 0] }))).toEqual([
    'The train split holds 9 benign events among 99 events: hardly anything can be learnt of them.',
    'The validation split holds 1 benign event among 61 events: the choice of the checkpoint hangs on single events.',
    'The test split holds no benign events among 60 events: the false-positive rate, precision and F1 say nothing.',
    expect.stringMatching(/^Each part needs 10/),
  ])
})
