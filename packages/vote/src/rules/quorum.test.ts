import { VigilError } from '@vigil/errors'
import { describe, expect, test } from 'vitest'
import { maxFaults, quorumSize } from './quorum.ts'

test.each([
  [1, 0],
  [2, 0],
  [3, 0],
  [4, 1],
  [6, 1],
  [7, 2],
  [10, 3],
  [127, 42],
])('%i agents tolerate %i', (agentCount, faults) => {
  expect(maxFaults(agentCount)).toBe(faults)
})

test('maxFaults is the largest f with n >= 3f + 1, and the quorum then holds f + 1 honest votes', () => {
  for (let agentCount = 1; agentCount <= 127; agentCount++) {
    const faults = maxFaults(agentCount)
    expect(agentCount).toBeGreaterThanOrEqual(3 * faults + 1)
    expect(agentCount).toBeLessThan(3 * (faults + 1) + 1)
    const quorum = quorumSize(agentCount, faults)
    expect(quorum - faults).toBe(faults + 1)
    // The honest agents alone can always form one.
    expect(quorum).toBeLessThanOrEqual(agentCount - faults)
  }
})

describe('errors', () => {
  test('three agents cannot tolerate one fault, and the message says why and what to do', () => {
    expect(() => quorumSize(3, 1)).toThrow(VigilError)
    expect(() => quorumSize(3, 1)).toThrow(expect.objectContaining({ code: 'TOO_FEW_AGENTS' }))
    expect(() => quorumSize(3, 1)).toThrow(
      'agents must number at least 3 x faults + 1 = 4 to tolerate 1 Byzantine (n >= 3f + 1), received 3 agents. ' +
        'Use 4 agents or more, or set faults to 0, the most that 3 agents can tolerate.',
    )
  })

  test.each([[0], [-1], [1.5], [128], [Number.NaN]])('%d agents', (agentCount) => {
    expect(() => maxFaults(agentCount)).toThrow(expect.objectContaining({ code: 'AGENT_COUNT' }))
    expect(() => quorumSize(agentCount, 0)).toThrow(expect.objectContaining({ code: 'AGENT_COUNT' }))
  })

  test.each([[-1], [0.5], [Number.NaN], [Number.POSITIVE_INFINITY]])('%d faults', (faults) => {
    expect(() => quorumSize(4, faults)).toThrow(expect.objectContaining({ code: 'FAULTS' }))
  })
})
