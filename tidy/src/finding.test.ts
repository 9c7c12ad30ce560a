import { expect, it } from 'vitest'
import { withoutExceptions } from './finding.ts'

const finding = { where: 'a.ts', what: 'too long' }

it('an exception excuses every finding at its place, and no other', () => {
  expect(withoutExceptions([finding, { ...finding, what: 'too wide' }], { 'a.ts': 'a table' })).toEqual([])
  expect(withoutExceptions([finding, { ...finding, where: 'b.ts' }], { 'a.ts': 'a table' })).toEqual(['b.ts: too long'])
})

it('an exception that excuses nothing is found', () => {
  expect(withoutExceptions([finding], { 'a.ts': 'a table', 'b.ts': 'gone' })).toEqual([
    'b.ts: its exception excuses nothing',
  ])
})
