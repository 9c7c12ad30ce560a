import { describe, expect, it } from 'vitest'
import { sampleMetrics } from '../../runs/src/sample-run.fixture.ts'
import { renderComparison } from './comparison.ts'

const run = (name: string, iterations: number, rewardMean = 1) => ({
  name,
  metrics: Array.from({ length: iterations }, (_, i) => sampleMetrics(i + 1, { rewardMean: rewardMean + i })),
})
const TABLE = { title: 'Differences', columns: ['', 'a', 'b'], rows: [['seed', '1', '2']], omission: null }
const page = (runs: Parameters<typeof renderComparison>[0]['runs']) =>
  renderComparison({ title: 'runs', headline: 'Two runs', lead: 'Side by side.', tables: [TABLE], runs })
const textOf = (markup: string) => markup.replace(/<style>[\s\S]*?<\/style>|<[^>]+>/g, ' ').replace(/\s+/g, ' ')
const svgOf = (markup: string, id: string) =>
  markup.match(new RegExp(`<svg[^>]*aria-labelledby="${id}-title[\\s\\S]*?</svg>`))![0]

describe('renderComparison', () => {
  it('draws each figure once, with a line for each run and the last values in words', () => {
    const markup = page([run('a', 20), run('b', 30, 5)])
    expect(markup.match(/<svg /g)).toHaveLength(9)
    const training = svgOf(markup, 'training-reward')
    expect(training).toContain('Training reward over 30,000 events')
    expect(training).toContain('a: first +1.00, last +20.00. b: first +5.00, last +34.00.')
    expect(training.match(/fill="none" stroke="var\(--(team|second)\)"/g)).toHaveLength(2)
    expect(textOf(markup)).toContain('seed 1 2')
  })

  it('needs no network and no script, and escapes names', () => {
    const markup = page([run('<img src=x>', 3), run('b', 3)])
    expect(markup).not.toMatch(/<script|<img|https?:/)
    expect(markup).toContain('&#60;img src=x&#62;')
  })

  it('tells how many runs it leaves out: those after the tenth, and those without an iteration', () => {
    expect(textOf(page(Array.from({ length: 13 }, (_, i) => run(`run ${i}`, i === 4 ? 0 : 2))))).toContain(
      '4 of 13 runs are not drawn.',
    )
    expect(textOf(page([run('a', 0)]))).toContain('No iteration was recorded.')
  })

  it('draws a figure that only some runs have, with a dash for the others', () => {
    const bare = { name: 'bare', metrics: [sampleMetrics(1, { validation: null })] }
    const markup = page([bare, run('b', 3)])
    expect(svgOf(markup, 'validation-f1')).toContain('bare: first –, last –. b: first 0.857, last 0.857.')
    expect(page([bare])).not.toContain('validation-f1-title')
  })
})
