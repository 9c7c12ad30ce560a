/** Random runs of the protocol with at most f faulty agents: none may violate anything. */
import { expect, test } from 'vitest'
import { commandOf, simulate } from './simulate.ts'

test('800 random runs of 4 to 31 agents: nothing is violated', () => {
  const { totals, failure } = simulate({ seed: 1, runs: 800 })
  expect(failure === null ? null : `${commandOf(failure)} ${JSON.stringify(failure.outcome.violations)}`).toBeNull()
  expect(totals.runs).toBe(800)
  // The runs are worth something: real signatures, later views, and messages refused for every reason that a run can give.
  expect(totals.ed25519).toBeGreaterThan(480)
  expect(totals.unanimousRows).toBeGreaterThan(800)
  expect(totals.shortBatches).toBeGreaterThan(200)
  expect(totals.behaviours.censor).toBeGreaterThan(40)
  expect(totals.views.slice(1).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(400)
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
