import { expect, it } from 'vitest'
import { sampleResponseEvaluation } from '../../../runs/src/sample-response.fixture.ts'
import { summaryTable } from './summary.ts'

it('puts the team beside its best member, tuned rules and the bound, by return', () => {
  const summary = summaryTable({ evaluation: sampleResponseEvaluation(), files: [], isTTY: false, environment: {} })
  expect(summary).toBe(`RL is needed here: the team gains 0.200 (0.100 to 0.300) per stream over the
best tuned rule, ladder on belief. It returns -2.300 per stream, the exact
optimum -2.200: 96.3 % of the way there from the per-event rule.

quickest, test: 1,000 events, 100 threats, quorum rule
                  return  contained  falsely  alerts  cut off
team              -2.300          6        1      20      200
best agent alone  -2.350          6        1      20      200
ladder            -2.500          0        0       0        0
per-event         -4.900          0        0       0        0
always-allow      -9.100          0        0       0        0
exact optimum     -2.200
clairvoyant       -0.600

Attacked by 1 of 4 agents: -3.400 per stream at worst (always-alert).
`)
})

it('keeps the first columns where the terminal is narrow', () => {
  const evaluation = sampleResponseEvaluation()
  const narrow = summaryTable({ evaluation, files: [], isTTY: false, environment: {}, columns: 40 })
  expect(narrow).toContain('return  contained\n')
})
