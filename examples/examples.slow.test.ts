import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

function outputOf(example: string): string[] {
  const path = fileURLToPath(new URL(`./${example}.ts`, import.meta.url))
  return execFileSync(process.execPath, [path], { encoding: 'utf8' }).trimEnd().split('\n')
}

describe('the examples', () => {
  it('train a team from a script and read its evaluation', () => {
    const said = outputOf('train-from-script')
    expect(said.slice(0, 6).map((line) => line.split(':')[0])).toEqual([1, 2, 3, 4, 5, 6].map((i) => `iteration ${i}`))
    const [team, ...rest] = said.slice(6)
    const f1 = Number(/^team: F1 (\d\.\d{3}), \d+\.\d\d % alerts, reward -?\d+\.\d\d$/.exec(team)?.[1])
    expect(f1).toBeGreaterThan(0.5)
    expect(rest.map((line) => line.split(':')[0])).toEqual([
      'always-allow',
      'always-block',
      'always-alert',
      'cross-entropy',
      'boosting',
      'report',
      'decision',
    ])
  })

  it('read events of their own', () => {
    expect(outputOf('own-adapter')).toEqual(['900 events, inputs hour, country', 'train 631, validation 135, test 134'])
  })

  it('find where a trace violates a rule of their own', () => {
    // An alarm at step 4 with loads of 0.95, 0.96, 0.97 behind it: the lowest is 0.05 above the limit.
    expect(outputOf('own-specification')).toEqual([
      'The trace is violated, robustness -0.05',
      'step 4 is violated by 0.05',
      'seen at step 6: step 4 is violated',
    ])
  })

  it('check a certificate and refuse a forged one', () => {
    expect(outputOf('check-certificate')).toEqual([
      'certificate: holds',
      'decisions: block allow allow block allow allow block allow allow block',
      'row 3: proven',
      'forged: WRONG_DECISIONS',
    ])
  })
})
