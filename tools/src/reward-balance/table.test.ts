import { compileEnvironment, DEFAULT_REWARDS, type RewardTable } from '@vigil/env-wasm'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkedBalance } from './report.ts'
import { balanceTable } from './table.ts'

const escapeCharacter = String.fromCharCode(27)
let module: WebAssembly.Module
beforeAll(async () => {
  module = await compileEnvironment()
})

type Case = { readonly rewards?: RewardTable; readonly threatRate?: number; readonly right?: number }

const reportOf = ({ rewards = DEFAULT_REWARDS, threatRate = 0.089, right = 0.85 }: Case) =>
  checkedBalance(module, { rewards, threatRate, right, preset: 'default', samples: 1000, seed: 1 })

const plainText = (options: Case) =>
  balanceTable(reportOf(options), { isTTY: false, environment: { FORCE_COLOR: '1' } })

describe('balanceTable', () => {
  it('shows the policies and what follows, in plain text for a pipe', () => {
    const text = plainText({})
    expect(text).toMatch(/^[\x20-\x7e\n]*$/)
    expect(text).not.toMatch(/ $/m)
    expect(text).toContain('Expected reward per event at 8.9 % threats')
    expect(text).toMatch(/^always allow +\+0\.0210 /m)
    expect(text).toMatch(/^always block +-7\.8980 /m)
    expect(text).toMatch(/^always alert +-1\.0890 /m)
    expect(text).toMatch(/^right on 85 % +-0\.0143 /m)
    expect(text).toMatch(/^perfect +\+1\.6675 /m)
    expect(text).toContain('allow pays most below a threat probability of 0.2, alert up to 0.447, block above.')
    expect(text).toContain("alert -2 (prevents 50 % of a threat's damage)")
    expect(text).toContain('The best constant action at 8.9 % is always allow, +0.0210.')
    expect(text).toContain('more than 85.31 % of both classes: 85 % is not enough.')
    expect(text).toContain('Simulation and closed form agree.')
  })

  it('says so when the share is enough', () => {
    expect(plainText({ threatRate: 0.1093 })).toContain('82.22 % of both classes: 85 % is enough.')
  })

  const zero = {
    ...{ truePositive: 0, trueNegative: 0, falsePositive: 0, falseNegative: 0 },
    ...{ restrictiveCost: 0, alertCost: 0, alertedThreat: 0 },
  }
  it.each([
    [zero, 'Best action by threat probability: allow pays most whatever the threat probability.'],
    [zero, 'Alert earns what allow earns: nothing keeps a team from alerting on everything.'],
    [zero, 'Block is nowhere better than the other actions.'],
    [zero, 'always allow and always alert and always block all earn 0.0000.'],
    [zero, 'Even perfect decisions earn no more than that'],
    [{ ...zero, restrictiveCost: -1 }, 'block pays most whatever the threat probability.'],
    [{ ...zero, restrictiveCost: 1 }, 'always allow and always alert both earn 0.0000.'],
    [{ ...zero, alertCost: 1 }, 'Alert is nowhere better than the other actions.'],
    [
      { ...zero, falsePositive: 1, falseNegative: 3 },
      'block pays most below a threat probability of 0.25, allow above.',
    ],
    [{ ...zero, falsePositive: 1, falseNegative: 3 }, 'wrong decisions earn more'],
  ])('with %j says: %s', (rewards, sentence) => {
    expect(plainText({ rewards })).toContain(sentence)
  })

  it('says at which rate it was played when that is another', () => {
    expect(plainText({ threatRate: 1 / 3 })).toContain('Played and checked at 33.3333 % threats')
    expect(plainText({})).not.toContain('Played and checked')
  })

  it('shows a deviation that does not agree', () => {
    const report = reportOf({})
    const [allow, ...others] = report.policies
    const broken = { ...allow, simulated: { ...allow.simulated, deviation: 9.5, agrees: false } }
    const simulation = { ...report.simulation, agrees: false }
    const text = balanceTable(
      { ...report, simulation, policies: [broken, ...others] },
      { isTTY: false, environment: {} },
    )
    expect(text).toContain('+9.50 SE')
    expect(text).toContain('DISAGREE')
  })

  it('uses colour in a terminal only, and none under NO_COLOR', () => {
    const report = reportOf({})
    expect(balanceTable(report, { isTTY: true, environment: {} })).toContain(escapeCharacter)
    expect(balanceTable(report, { isTTY: true, environment: { NO_COLOR: '1' } })).not.toContain(escapeCharacter)
  })
})
