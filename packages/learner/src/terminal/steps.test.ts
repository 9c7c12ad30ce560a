import { describe, expect, it } from 'vitest'
import { createSteps } from './steps.ts'

/** Reports two stages, one of them of eight steps of a second each. */
function report(isTTY: boolean, columns: number, environment = {}): string {
  let said = ''
  let nowMs = 0
  const stream = { write: (text: string) => (said += text), columns }
  const steps = createSteps({ stream, isTTY, environment, now: () => nowMs })
  steps.message('evaluating')
  steps.step('deciding', 0, 1)
  for (let done = 0; done <= 8; done++) {
    nowMs = 1000 * done
    steps.step('training the baseline', done, 8)
  }
  steps.finish()
  steps.step('too late', 0, 1)
  return said
}

const CONTROL = String.fromCharCode(27)

describe('the steps of an evaluation', () => {
  it('are a few plain lines in a pipe and under CI', () => {
    const lines = [
      'evaluating',
      'deciding',
      'training the baseline: 8 steps',
      'training the baseline: 2 of 8, 6 s left',
      'training the baseline: 4 of 8, 4 s left',
      'training the baseline: 6 of 8, 2 s left',
    ]
    expect(report(false, 80)).toBe(`${lines.join('\n')}\n`)
    expect(report(true, 80, { CI: 'true' })).toBe(`${lines.join('\n')}\n`)
  })

  it('are one live line in a terminal, which never wraps and is gone at the end', () => {
    for (const columns of [0, 12, 40, 80]) {
      const said = report(true, columns, { NO_COLOR: '1' })
      expect(said).toContain(CONTROL)
      const texts = said.replaceAll(new RegExp(`${CONTROL}\\[[\\d;?]*[A-Za-z]`, 'g'), '\n').split('\n')
      for (const text of texts) expect(text.length).toBeLessThan(columns || 80)
      if (columns === 80) expect(said).toContain('training the baseline  4/8  4 s left')
      expect(said).not.toContain('too late')
    }
  })
})
