import { describe, expect, it } from 'vitest'
import { parseSavedConfig, resolveConfig } from './config.ts'

/** Settings under which an action's expected return is known exactly. */
const EXACT = { dataset: 'campaign', credit: 'exact' } as const

describe('credit', () => {
  it('is exact where nobody answers an alert, unless something else changes what follows', () => {
    const creditOf = (change: object) =>
      resolveConfig({ dataset: 'campaign', response: { analystDelay: 10_000 }, ...change }, 'test').credit
    expect(creditOf({})).toBe('exact')
    expect(resolveConfig(EXACT, 'test').epochs).toBe(1)
    expect(resolveConfig({ ...EXACT, epochs: 2 }, 'test').epochs).toBe(2)
    expect(resolveConfig({}, 'test').epochs).toBe(4)
    for (const change of [
      { response: { analystDelay: 9999 } },
      { response: { analystDelay: 10_000, block: 'retry' } },
      { policy: 'lstm', minibatchSize: 4096 },
      { staleness: 1 },
      { stlMode: 'lagrangian' },
      { environment: 'triage', response: {} },
      { credit: 'sampled' },
    ]) {
      expect(creditOf(change)).not.toBe('exact')
    }
  })

  it('is known in hindsight beside the belief hidden-markov, where block leaves the recording as it is', () => {
    const creditOf = (change: object) => resolveConfig({ dataset: 'campaign', ...change }, 'test').credit
    expect(creditOf({})).toBe('hindsight')
    expect(creditOf({ policy: 'lstm', minibatchSize: 4096 })).toBe('hindsight')
    for (const change of [
      { response: { block: 'retry' } },
      { belief: 'filtered' },
      { stlMode: 'lagrangian+direct' },
      { dataset: 'quickest' },
      { credit: 'sampled' },
    ]) {
      expect(creditOf(change)).toBe('sampled')
    }
  })

  it('stays what it was in a saved config', () => {
    const config = resolveConfig({ dataset: 'campaign', response: { analystDelay: 10_000 } }, 'test')
    expect(parseSavedConfig(JSON.parse(JSON.stringify(config)), 'config.json')).toEqual(config)
  })
})
