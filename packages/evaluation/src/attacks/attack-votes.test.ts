import { expect, it } from 'vitest'
import { ATTACKS, attacksAsked, CHEAP_ATTACKS } from './attack-votes.ts'

it('a named attack is added to those of every evaluation', () => {
  expect(attacksAsked(undefined)).toEqual(CHEAP_ATTACKS)
  expect(attacksAsked('targeted')).toEqual(CHEAP_ATTACKS)
  expect(attacksAsked('trained')).toEqual([...CHEAP_ATTACKS, 'trained'])
  expect(attacksAsked('drift')).toEqual([...CHEAP_ATTACKS, 'drift'])
  expect(attacksAsked('all')).toEqual(ATTACKS)
})
