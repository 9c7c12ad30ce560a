import type { Finding } from '@vigil/doctor'
import type { RunDiagnosis } from '@vigil/learner'
import { describe, expect, it } from 'vitest'
import { doctorReport } from './report.ts'

const ESCAPE = String.fromCharCode(27)

const problem: Finding = {
  code: 'INPUTS_WITHOUT_SIGNAL',
  severity: 'problem',
  title: 'The inputs "seed7" carry next to no signal under this reward',
  evidence: 'of what perfect decisions earn above the best constant action a tree of depth 6 gets 0.08 %.',
  cause: 'Hardly any group of events is threatening enough.',
  remedy: 'Give other inputs: --features=behaviour.',
}
const consequence: Finding = {
  ...problem,
  code: 'NO_THREAT_STOPPED',
  severity: 'consequence',
  title: 'The team stops no threat',
  evidence: 'TP = 0 of 88 threats.',
}
const note: Finding = { ...problem, code: 'NO_FAULT_TOLERATED', severity: 'note', title: 'The team tolerates no fault' }

const diagnosis: RunDiagnosis = {
  iterations: 20,
  totalIterations: 60,
  isFinished: false,
  findings: [problem, note, consequence],
  checked: ['metrics of 20 iterations'],
  leftOut: [{ what: 'evaluation', reason: 'There is no evaluation.json yet.' }],
}
const report = (change: Partial<Parameters<typeof doctorReport>[0]> = {}) =>
  doctorReport({ run: 'runs/one', diagnosis, isTTY: false, environment: {}, ...change })

describe('doctorReport', () => {
  it('says what is wrong, why, and what to do; what was looked at and what was not', () => {
    expect(report()).toBe(`runs/one: 20 of 60 iterations, training is under way, or was stopped.

  problem INPUTS_WITHOUT_SIGNAL: The inputs "seed7" carry next to no signal
    under this reward.
  note NO_FAULT_TOLERATED: The team tolerates no fault.
What may merely follow from them:
  consequence NO_THREAT_STOPPED: The team stops no threat.

problem INPUTS_WITHOUT_SIGNAL: The inputs "seed7" carry next to no signal under
this reward.
  evidence of what perfect decisions earn above the best constant action a tree
           of depth 6 gets 0.08 %.
  cause    Hardly any group of events is threatening enough.
  remedy   Give other inputs: --features=behaviour.

note NO_FAULT_TOLERATED: The team tolerates no fault.
  evidence of what perfect decisions earn above the best constant action a tree
           of depth 6 gets 0.08 %.
  cause    Hardly any group of events is threatening enough.
  remedy   Give other inputs: --features=behaviour.

consequence NO_THREAT_STOPPED: The team stops no threat.
  evidence TP = 0 of 88 threats.

Left out: evaluation. There is no evaluation.json yet.
Checked: metrics of 20 iterations.
1 problem, 1 note, 1 consequence in runs/one. docs/doctor.md explains each code.
`)
  })

  it('says that nothing is wrong', () => {
    const whole = { ...diagnosis, leftOut: [] }
    expect(report({ diagnosis: { ...whole, findings: [] } })).toMatch(/\nNothing wrong found in runs\/one\.\n$/)
    expect(report({ diagnosis: { ...whole, findings: [note, note] } })).toMatch(/\nno problems, 2 notes in runs/)
  })

  it('says that nothing is wrong only of what could be looked at', () => {
    const leftOut = [{ what: 'data (inputs, labels)', reason: 'It is gone.' }, ...diagnosis.leftOut]
    expect(report({ columns: 110, diagnosis: { ...diagnosis, leftOut, findings: [] } })).toMatch(
      /\nNothing wrong found in what could be looked at of runs\/one \(left out: data, evaluation\)\.\n$/,
    )
    expect(report({ columns: 110, diagnosis: { ...diagnosis, leftOut, findings: [note] } })).toMatch(
      /\nno problems, 1 note in what could be looked at of runs\/one \(left out: data, evaluation\)\./,
    )
  })

  it('needs no overview of one finding', () => {
    expect(report({ diagnosis: { ...diagnosis, findings: [note] } }).match(/NO_FAULT_TOLERATED/g)).toHaveLength(1)
  })

  it('keeps to the width of the terminal', () => {
    for (let columns = 40; columns <= 130; columns++) {
      const lines = report({ columns }).split('\n')
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
    }
    expect(report({ columns: 0 })).toBe(report())
  })

  it('uses colour only in a terminal that wants it', () => {
    expect(report({ environment: { FORCE_COLOR: '1' } })).not.toContain(ESCAPE)
    expect(report({ isTTY: true })).toContain(ESCAPE)
    expect(report({ isTTY: true, environment: { NO_COLOR: '1' } })).not.toContain(ESCAPE)
    expect(report({ isTTY: true, environment: { TERM: 'dumb' } })).not.toContain(ESCAPE)
  })

  it('prints hostile names as text', () => {
    const hostile = { ...problem, evidence: `class "${ESCAPE}[2J\nx"` }
    expect(report({ run: `a${ESCAPE}[31m`, diagnosis: { ...diagnosis, findings: [hostile] } })).not.toContain(ESCAPE)
  })
})
