import { describe, expect, it } from 'vitest'
import type { ColumnFacts } from '../column-facts.ts'
import { headerOf } from './header.ts'
import { guessLabel } from './label.ts'
import { guessClass, guessPreset, guessStream } from './roles.ts'

/** Facts of a column of these values, each as often as the one before and once more. */
function facts(name: string, values: readonly string[], change: Partial<ColumnFacts> = {}): ColumnFacts {
  const counted = values.map((text, i) => ({ text, count: 100 - i }))
  return {
    ...{ name, kind: 'text', missingShare: 0, infinite: 0, malformed: 0, distinct: values.length },
    present: counted.reduce((sum, { count }) => sum + count, 0),
    values: counted,
    ...{ isInteger: false, isRising: false, min: 0, max: 0, isForgotten: false },
    ...change,
  }
}

describe('the label', () => {
  it.each<[string, readonly string[], object | null]>([
    ['label', ['0', '1'], { key: 'threat', texts: ['1'] }],
    ['Label', ['BENIGN', 'DDoS', 'PortScan'], { key: 'benign', texts: ['BENIGN'] }],
    ['class', ['normal', 'neptune', 'smurf'], { key: 'benign', texts: ['normal'] }],
    ['is_malicious', ['false', 'true'], { key: 'threat', texts: ['true'] }],
    ['verdict', ['clean', 'bad'], { key: 'threat', texts: ['bad'] }],
    ['y', ['0', '1'], { key: 'threat', texts: ['1'] }],
    ['attack', ['no', 'yes'], { key: 'threat', texts: ['yes'] }],
    ['target', ['legitimate', 'phishing'], { key: 'threat', texts: ['phishing'] }],
    ['bytes', ['0', '1'], null],
    ['label', ['red', 'green'], null],
  ])('%s of %j is %j', (name, values, expected) => {
    const guess = guessLabel([facts('proto', ['tcp', 'udp']), facts(name, values)])
    expect(guess?.values ?? null).toEqual(expected)
    expect(guess?.column ?? null).toBe(expected === null ? null : name)
  })

  it('is the surest of several names, and one of words where no name tells', () => {
    const both = [facts('class', ['normal', 'dos']), facts('label', ['0', '1'])]
    expect(guessLabel(both)?.column).toBe('label')
    expect(guessLabel([facts('x', ['tcp', 'udp']), facts('state', ['benign', 'malware'])])?.column).toBe('state')
    expect(guessLabel([facts('a', ['benign', 'attack']), facts('b', ['normal', 'bad'])])).toBe(null)
  })
})

describe('other columns', () => {
  it('tell entity, class and preset by their names', () => {
    const often = (name: string) => facts(name, ['a', 'b', 'c'])
    expect(guessStream([often('proto'), often('pid'), often('src_ip')])).toBe('src_ip')
    expect(guessStream([facts('src_ip', ['a', 'b'], { distinct: 190 })])).toBe(null)
    expect(guessClass([often('label'), often('attack_cat')], 'label')).toBe('attack_cat')
    expect(guessClass([often('proto')], 'label')).toBe(null)
    const zeek = ['ts', 'uid', 'id.orig_h', 'id.resp_h', 'proto', 'service', 'conn_state']
    expect(guessPreset(new Set(zeek))).toBe('zeek-conn')
    // Without the column that its time is in, a preset would be refused.
    expect(guessPreset(new Set(zeek.slice(1)))).toBe('none')
    expect(guessPreset(new Set(['Flow Duration', 'Label', 'Protocol']))).toBe('cic-flow')
  })

  it('have names where the first line holds values', () => {
    expect(headerOf(['ts', 'proto', 'label'])).toBe(null)
    expect(headerOf(null)).toBe(null)
    expect(headerOf(['1', 'tcp', '2.5'])?.names).toEqual(['column_1', 'column_2', 'column_3'])
    const kdd = ['0', 'tcp', ...Array.from({ length: 39 }, () => '0'), 'normal', '20']
    expect(headerOf(kdd)).toMatchObject({ known: 'NSL-KDD' })
    expect(headerOf(kdd)?.names.slice(-2)).toEqual(['class', 'difficulty'])
    // A header may hold a number that names a column.
    expect(headerOf(['time', 'sensor', 'value', '0', 'label'])).toBe(null)
  })
})
