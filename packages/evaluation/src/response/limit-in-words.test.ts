import { expect, it } from 'vitest'
import { sampleResponse } from '../../../runs/src/sample-response.fixture.ts'
import { limitInWords } from './limit-in-words.ts'

const LIMIT = { max: 0.025, benign: 772, allowed: 11, isShown: true }
const levels = (benignContained: number) => [
  { factor: 1, returnMean: -2.4, falselyContained: benignContained + 3, benignContained },
]

it('a limit on false containments is said with what validation allowed and what became of it', () => {
  const words = limitInWords(LIMIT, sampleResponse({ stopLevels: levels(11), falselyContained: 4, benignContained: 1 }))
  expect(words).toBe(
    'For at most 2.5\u00A0% false containments with 95 % confidence, 11 of the 772 validation streams without a threat might be contained. Here the team contains 1 of 12 (8.3 %), the best rule 0 of 12 (0.0 %).',
  )
})

it('and that no stop level keeps it where none does', () => {
  expect(limitInWords(LIMIT, sampleResponse({ stopLevels: levels(12) }))).toContain(
    'No stop level keeps that: the team contained 12.',
  )
})

it('claims no confidence where there are too few streams, and says how many it takes', () => {
  const few = { max: 0.05, benign: 16, allowed: 0, isShown: false }
  const words = limitInWords(few, sampleResponse({ stopLevels: levels(0) }))
  expect(words).toMatch(
    /^At most 5\u00A0% false containments cannot be shown with 95 % confidence on 16 validation streams .* takes 59 of which/,
  )
})

it.each([
  [0.0004, '0.04'],
  [0.0025, '0.25'],
  [0.07, '7'],
])('says a limit of %d as it was given', (max, said) => {
  const words = limitInWords({ ...LIMIT, max }, sampleResponse({ stopLevels: levels(0) }))
  expect(words).toContain(`For at most ${said}\u00A0% false containments`)
})
