/** Random runs of the protocol with at most f faulty agents: none may violate anything. */
import { expect, test } from 'vitest'
import { commandOf, simulate } from './simulate.ts'

test('2,000 random runs of 4 to 31 agents: nothing is violated', () => {
  const { totals, failure } = simulate({ seed: 1, runs: 2000 })
  expect(failure === null ? null : `${commandOf(failure)} ${JSON.stringify(failure.outcome.violations)}`).toBeNull()
  expect(totals.runs).toBe(2000)
  // The runs are worth something: real signatures, later views, and messages refused for every reason that a run can give.
  expect(totals.ed25519).toBeGreaterThan(1200)
  expect(totals.unanimousRows).toBeGreaterThan(2000)
  expect(totals.shortBatches).toBeGreaterThan(500)
  expect(totals.behaviours.censor).toBeGreaterThan(100)
  expect(totals.views.slice(1).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(1000)
  expect(Object.keys(totals.rejections)).toEqual(
    expect.arrayContaining([
      ...[
        'BAD_SIGNATURE',
        'BAD_VALUE',
        'DECIDED',
        'LOCK_MISSING',
        'NOT_LEADER',
        'OBSERVER',
        'OLD_VIEW',
        'OTHER_DIGEST',
      ],
      ...[
        'OTHER_VIEW',
        'REPEATED',
        'REPEATED_SIGNER',
        'TOO_FEW_SIGNERS',
        'UNJUSTIFIED',
        'UNKNOWN_AGENT',
        'WRONG_EPOCH',
      ],
    ]),
  )
})
