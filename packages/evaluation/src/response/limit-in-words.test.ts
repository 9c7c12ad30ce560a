import { expect, it } from 'vitest'
import { sampleResponse } from '../../../runs/src/sample-response.fixture.ts'
import { limitInWords } from './limit-in-words.ts'

const LIMIT = { max: 0.025, benign: 772, allowed: 11 }
const levels = (falselyContained: number) => [{ factor: 1, returnMean: -2.4, falselyContained }]

it('a limit on false containments is said with what validation allowed and what became of it', () => {
  const words = limitInWords(LIMIT, sampleResponse({ stopLevels: levels(11) }))
  expect(words).toBe(
    'For at most 2.5 % false containments with 95 % confidence, 11 of the 772 validation streams without a threat might be contained. Here the team contains 1 of 12 (8.3 %), the best rule 0 of 12 (0.0 %).',
  )
})

it('and that no stop level keeps it where none does', () => {
  expect(limitInWords(LIMIT, sampleResponse({ stopLevels: levels(12) }))).toContain(
    'No stop level keeps that: the team contained 12.',
  )
})
