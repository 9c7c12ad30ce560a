import { Writable } from 'node:stream'
import type { IterationMetrics } from '@vigil/runs'
import { describe, expect, it } from 'vitest'
import { sampleMetrics } from '../../../runs/src/sample-run.fixture.ts'
import { createProgress, type ProgressOptions } from './progress.ts'

const escapeCharacter = String.fromCharCode(27)

/** A stream that keeps what is written; `columns` makes it look like a terminal of that width. */
class Collected extends Writable {
  text = ''
  readonly columns: number | undefined
  readonly rows: number | undefined

  constructor(columns?: number) {
    super({ decodeStrings: false })
    this.columns = columns
    this.rows = columns === 0 ? 0 : undefined
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk
    done()
  }
}

type Run = Partial<ProgressOptions> & { readonly columns?: number; readonly first?: number; readonly last?: number }

/** Shows iterations first to last, one second apart, and returns everything that was written. */
function show(run: Run, metricsOf: (iteration: number) => IterationMetrics = sampleMetrics): string {
  const stream = new Collected(run.columns)
  let nowMs = 0
  const totalIterations = run.totalIterations ?? 60
  const progress = createProgress({
    stream,
    isTTY: false,
    totalIterations,
    environment: { FORCE_COLOR: '1' },
    now: () => nowMs,
    ...run,
  })
  for (let i = run.first ?? 1; i <= (run.last ?? totalIterations); i++) {
    nowMs += 1000
    progress.iteration(metricsOf(i))
  }
  progress.finish()
  progress.finish()
  return stream.text
}

/** What a terminal shows at each redraw: the text between erasing sequences, without colours. */
function frames(text: string): string[] {
  const sequence = new RegExp(`(?:${escapeCharacter}\\[(?:2K|1A|G))+`)
  const colour = new RegExp(`${escapeCharacter}\\[\\d+m`, 'g')
  return text.split(sequence).map((frame) => frame.replace(colour, '').replace(/\n$/, ''))
}

describe('plain output', () => {
  it('prints first, last and about twenty lines, without control characters even under FORCE_COLOR', () => {
    const text = show({ totalIterations: 1000 })
    const lines = text.trimEnd().split('\n')
    expect(lines.length).toBeLessThanOrEqual(22)
    expect(lines[0]).toBe(
      'iteration    1/1000  6.5k steps/s  reward -1.00  value loss 1.00  F1 0.857  alerts 1.0 %  undecided 0.30 %  16 min 39 s left',
    )
    expect(lines.at(-1)).toContain('iteration 1000/1000')
    expect(lines.at(-1)).toContain('0 s left')
    expect(text).toMatch(/^[\x20-\x7e\n]*$/)
  })

  it('prints every iteration of a short run once, one iteration included', () => {
    expect(show({ totalIterations: 5 }).trimEnd().split('\n')).toHaveLength(5)
    expect(show({ totalIterations: 1 }).trimEnd().split('\n')).toHaveLength(1)
  })

  it('prints the last iteration of a run that was stopped early, and starts where a resumed run starts', () => {
    const stopped = show({ last: 47 }).trimEnd().split('\n')
    expect(stopped.at(-1)).toContain('iteration 47/60')
    expect(show({ first: 41 }).split('\n')[0]).toContain('iteration 41/60')
  })

  it('keeps the last validation and shows a figure that does not exist as a dash', () => {
    const lines = show({ totalIterations: 3 }, (i) =>
      sampleMetrics(i, { valueLoss: null, ...(i === 2 ? {} : { validation: null }) }),
    ).split('\n')
    expect(lines[0]).toMatch(/value loss - +F1 - /)
    expect(lines[2]).toContain('F1 0.857')
  })

  it('estimates the time left from the iterations of this process', () => {
    expect(show({ first: 41, last: 41 })).toContain('19 s left')
  })

  it.each([
    ['under CI in a terminal', { isTTY: true, environment: { CI: 'true' } }],
    ['in a dumb terminal', { isTTY: true, environment: { TERM: 'dumb' } }],
  ])('is used %s', (_, run) => {
    expect(show({ ...run, columns: 100 })).not.toContain(escapeCharacter)
  })

  it('takes control characters out of messages', () => {
    const stream = new Collected()
    const progress = createProgress({ stream, isTTY: false, totalIterations: 1, environment: {} })
    progress.message(`folder ${escapeCharacter}[2Jname\nnext`)
    expect(stream.text).toBe('folder [2Jname next\n')
  })
})

describe('live output', () => {
  it('replaces one line, with the bar, speed, reward, value loss, F1, alerts, undecided events and time left', () => {
    const shown = frames(show({ isTTY: true, columns: 140, last: 30 }))
    expect(shown).toHaveLength(30)
    expect(shown.at(-1)).toBe(
      '████████░░░░░░░░  30/60  6.5k steps/s  reward +0.93  value loss 0.03  F1 0.857  alerts 1.0 %  undecided 0.30 %  30 s left',
    )
  })

  it('never wraps, and keeps iteration and F1 longest', () => {
    const hostile = (i: number) =>
      sampleMetrics(i, { rewardMean: -1234.5, valueLoss: 98_830_000, stepsPerSecond: 123_456 })
    for (let columns = 12; columns <= 120; columns++) {
      for (const metricsOf of [sampleMetrics, hostile]) {
        const shown = frames(show({ isTTY: true, columns, last: 3 }, metricsOf))
        for (const frame of shown) {
          expect(frame.length).toBeLessThan(columns)
          expect(frame).not.toContain('\n')
          expect(frame).toMatch(/\d\/60/)
          if (columns >= 20) expect(frame).toContain('F1')
        }
      }
    }
  })

  it('shows everything in 80 columns, in short words, and the alerts beside F1 in 60', () => {
    expect(frames(show({ isTTY: true, columns: 80, last: 30 })).at(-1)).toBe(
      '████░░░░  30/60  6.5k/s  r +0.93  vl 0.03  F1 0.857  al 1.0 %  un 0.30 %  30 s',
    )
    expect(frames(show({ isTTY: true, columns: 60, last: 30 })).at(-1)).toBe(
      '30/60  r +0.93  F1 0.857  al 1.0 %  un 0.30 %  30 s',
    )
  })

  it('shows the line in a pseudo-terminal that reports a size of 0', () => {
    const shown = frames(show({ isTTY: true, columns: 0, last: 30 }))
    expect(shown.at(-1)).toContain('30/60')
    expect(shown.at(-1)!.length).toBeLessThan(80)
  })

  it('uses colour in a terminal, and none under NO_COLOR', () => {
    const colour = new RegExp(`${escapeCharacter}\\[\\d+m`)
    expect(show({ isTTY: true, columns: 100 })).toMatch(colour)
    expect(show({ isTTY: true, columns: 100, environment: { NO_COLOR: '1' } })).not.toMatch(colour)
  })

  it('puts a message above the live line', () => {
    const stream = new Collected(80)
    const progress = createProgress({ stream, isTTY: true, totalIterations: 2, environment: {} })
    progress.iteration(sampleMetrics(1))
    progress.message('saved')
    progress.iteration(sampleMetrics(2))
    progress.finish()
    const shown = frames(stream.text)
    expect(shown[0]).toContain('1/2')
    expect(shown[1]).toMatch(/^saved\n.*1\/2/)
    expect(shown[2]).toContain('2/2')
    expect(stream.text.endsWith('\n')).toBe(true)
  })
})
