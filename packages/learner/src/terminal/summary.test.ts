import { describe, expect, it } from 'vitest'
import { sampleEvaluation, sampleScores, sampleSpecification } from '../../../runs/src/sample-run.fixture.ts'
import { type SummaryOptions, summaryTable } from './summary.ts'

const escapeCharacter = String.fromCharCode(27)
const files = [
  { what: 'report', path: 'runs/one/report.html' },
  { what: 'metrics', path: 'runs/one/metrics.jsonl' },
]

const summary = (options: Partial<SummaryOptions> = {}) =>
  summaryTable({ evaluation: sampleEvaluation(), files, isTTY: false, environment: { FORCE_COLOR: '1' }, ...options })

describe('summaryTable', () => {
  it('puts the team beside its best agent, the baselines and the optimum, and names the files', () => {
    expect(summary()).toBe(`The team beats every baseline.
A threshold of 0.5 on the team score keeps at most 1 % false positives on
validation (1.0 %); on test it has 2.0 %, 2 times the budget, with recall
90.0 %, accuracy 97.2 % and F1 0.865.

synthetic, test: 1,000 events, 100 threats, majority rule
                     F1  alerts  undecided  reward     FPR  recall  precision
team              0.939   2.2 %      1.5 %  +1.554  0.56 %   0.930      0.949
best agent alone  0.934     0 %        0 %  +1.550  0.56 %   0.920      0.948
supervised        0.925     0 %        0 %  +1.528  0.78 %   0.920      0.929
always-block      0.182     0 %        0 %  -7.700   100 %   1.000      0.100
always-allow      0.000     0 %        0 %  -0.100     0 %   0.000      0.000
Bayes optimum     0.960   1.3 %        0 %  +1.640  0.33 %   0.950      0.969

Attacked by 1 of 4 agents: F1 0.895 at worst (targeted-any; 3.0 % alerts, 1.0 %
undecided); 5.0 % alerts at worst (crash); 96.0 % of the decisions cannot be
turned by so many.

report   runs/one/report.html
metrics  runs/one/metrics.jsonl
`)
  })

  it('says of every specification whether it keeps its target', () => {
    const evaluation = sampleEvaluation({
      stl: [
        sampleSpecification(),
        sampleSpecification({ name: 'response', satisfiedRate: 1, satisfiedInterval: [0.8, 1] }),
        sampleSpecification({ name: 'posture', satisfiedRate: 0.94, satisfiedInterval: [0.92, 0.96] }),
      ],
    })
    const text = summary({ evaluation, columns: 200 })
    expect(text).toContain(
      'Specification false alarms holds at 90.0 % of the steps (88.0 % to 92.0 %) and misses its target of 95.0 %.\n',
    )
    expect(text).toContain('Specification response holds at 100 % of the steps (80.0 % to 100 %) and meets its target')
    expect(text).toContain(
      'Specification posture holds at 94.0 % of the steps (92.0 % to 96.0 %) and is below its target, but',
    )
  })

  it('says what the budget of the team became', () => {
    const text = summary({ evaluation: sampleEvaluation(), columns: 400 })
    expect(text).toContain('on test it has 2.0 %, 2 times the budget, with recall 90.0 %')
  })

  it('keeps to the width of the terminal down to 40 columns', () => {
    const evaluation = sampleEvaluation({
      verdict: 'A sentence of many words. '.repeat(8),
      notes: ['And a note. '.repeat(9)],
      stl: [sampleSpecification()],
    })
    for (let columns = 40; columns <= 100; columns++) {
      for (const line of summary({ evaluation, columns }).split('\n')) expect(line.length).toBeLessThanOrEqual(columns)
    }
  })

  it('takes a width of 0 for an unknown one', () => {
    expect(summary({ columns: 0 })).toBe(summary({ columns: 80 }))
  })

  it('works without agents, baselines, optimum and files', () => {
    const text = summary({
      evaluation: sampleEvaluation({ agents: [], baselines: [], bayes: null, byzantine: [], operatingPoints: [] }),
      files: [],
    })
    expect(text.trimEnd().split('\n')).toHaveLength(5)
  })

  it('uses colour only in a terminal that wants it', () => {
    expect(summary()).not.toContain(escapeCharacter)
    expect(summary({ isTTY: true, environment: {} })).toContain(escapeCharacter)
    expect(summary({ isTTY: true, environment: { NO_COLOR: '1' } })).not.toContain(escapeCharacter)
  })

  it('prints hostile names as text on one line', () => {
    const name = `${escapeCharacter}[2J\nbaseline with a very long name`
    const evaluation = sampleEvaluation({
      verdict: `done ${escapeCharacter}[31m`,
      baselines: [{ name, ...sampleScores({ tp: 1, fn: 99, fp: 0, tn: 900 }) }],
    })
    const text = summary({ evaluation })
    expect(text).not.toContain(escapeCharacter)
    expect(text).toMatch(/^\[2J baseline with a ver… {2}0\.020/m)
  })
})
