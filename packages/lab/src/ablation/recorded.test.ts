import { expect, it } from 'vitest'
import { presetNames, readPreset } from '../presets/presets.ts'
import { recordedOf } from './recorded.ts'

const ATTEMPTS = presetNames().flatMap((name) => recordedOf(name) ?? [])

it('has figures of every preset whose record has some, and of no other', () => {
  const worded = presetNames().filter((name) => readPreset(name).recorded !== null)
  expect(ATTEMPTS.map(({ preset }) => preset)).toEqual(worded)
  expect(recordedOf('default')).toBeNull()
})

it.each(ATTEMPTS)(
  'says of $preset what the record says in words',
  ({ preset, criticLoss, hopedCriticLoss, collapsed }) => {
    const words = readPreset(preset).recorded!
    const figures = criticLoss === null ? [] : [...new Set([criticLoss.first, criticLoss.last])]
    if (hopedCriticLoss !== null) figures.push(hopedCriticLoss)
    // 1 is written 1.0 there.
    for (const figure of figures) expect(words).toContain(figure === 1 ? '1.0' : figure.toLocaleString('en-US'))
    if (collapsed === 'TP 0') expect(words).toContain('TP 0')
    if (collapsed === 'all blocked') expect(words).toContain('always block')
    if (collapsed === 'one action') expect(words).toContain('all allow or all block')
  },
)

it('says in words, not in a line, the F1 of a team that blocks all, which follows from its accuracy', () => {
  const { f1, remark } = recordedOf('original')!
  expect(f1).toBeNull()
  expect(remark).toContain(`F1 was ${((2 * 0.2017) / (1 + 0.2017)).toFixed(3)}, `)
  expect(remark).toContain('20.17 % are threats')
  // The record's 181 threats on 1,600 rows.
  expect(recordedOf('no-norm')!.remark).toContain(`${((2 * 181) / (2 * 181 + 1419)).toFixed(3)}, is`)
  expect(readPreset('no-norm').recorded).toContain('best F1 0.203')
  expect(readPreset('stratified').recorded).toContain('of 181 on 1,600 rows')
  // 59,869 false positives on 75,000 rows leave as many threats as that accuracy says.
  expect((75_000 - 59_869) / 75_000).toBeCloseTo(0.2017, 4)
})
