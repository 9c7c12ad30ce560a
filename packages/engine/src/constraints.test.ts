/** What every engine makes of the targets of specifications and of gradients that come from elsewhere. */
import { initialiseParameters, type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { describe, expect, it } from 'vitest'
import type { Minibatch, UpdateSettings } from './engine.ts'
import { ENGINES } from './engines.fixture.ts'
import {
  CONSTRAINED_TEAM,
  parametersInUse,
  randomMinibatch,
  randomParameters,
  SETTINGS,
  SMALL_TEAM,
  trunkMask,
} from './team.fixture.ts'

const SIZE = 20

describe.each(Object.entries(ENGINES))('specifications on %s', (_name, create) => {
  const minibatch = randomMinibatch(CONSTRAINED_TEAM, SIZE, 2)
  const engineOf = async (team: NetworkSpec, parameters: Float32Array) => {
    const engine = await create({ spec: team })
    engine.loadParameters(parameters)
    return engine
  }
  /** What `count` updates leave behind, with the figures of the first and of the last. */
  const learnt = async (
    batch: Minibatch,
    options: { team?: NetworkSpec; count?: number; settings?: Partial<UpdateSettings> },
  ) => {
    const { team = CONSTRAINED_TEAM, count = 1 } = options
    const engine = await engineOf(team, initialiseParameters(team, 3))
    const stats = []
    for (let i = 0; i < count; i++) stats.push(await engine.update(batch, { ...SETTINGS, ...options.settings }))
    const parameters = await engine.storeParameters()
    engine.dispose()
    return { first: stats[0], last: stats[count - 1], parameters }
  }

  it('lower their loss, and keep padded columns at zero', async () => {
    const { first, last, parameters } = await learnt(minibatch, { count: 100 })
    expect(last.costValueLoss).toBeLessThan(0.8 * first.costValueLoss)
    const inUse = parametersInUse(CONSTRAINED_TEAM)
    expect(parameters.every((value, index) => inUse[index] === 1 || value === 0)).toBe(true)
  })

  it('change neither the policies nor, with a coefficient of 0, the values', async () => {
    const plain = await learnt({ ...minibatch, constraints: null }, { team: SMALL_TEAM })
    const idle = await learnt(minibatch, { settings: { constraintCoef: 0 } })
    const { costValueLoss, ...shared } = idle.first
    expect(costValueLoss).toBeGreaterThan(0)
    for (const [name, value] of Object.entries(shared)) {
      expect(value, name).toBeCloseTo(plain.first[name as keyof typeof shared], 5)
    }
    const busy = await learnt(minibatch, {})
    const isPolicy = trunkMask(CONSTRAINED_TEAM, 'policy')
    const policies = (parameters: Float32Array) => parameters.filter((_, index) => isPolicy[index] === 1)
    expect(policies(busy.parameters)).toEqual(policies(idle.parameters))
    expect(busy.first.gradNormValue).not.toBeCloseTo(idle.first.gradNormValue, 2)
  })

  it('are told apart: each cost value follows its own targets and agent', async () => {
    const { agentCount } = CONSTRAINED_TEAM
    const { costTargets } = minibatch.constraints!
    // The second specification of the second agent.
    const costs = costTargets.map((value, at) => (Math.floor(at / SIZE) === agentCount + 1 ? value + 1 : value))
    // Where the norm is clipped, every number of the trunk changes with each target.
    const settings = { maxGradNormValue: 1e30 }
    const usual = await learnt(minibatch, { settings })
    const changed = (constraints: Minibatch['constraints']) =>
      learnt({ ...minibatch, constraints }, { settings }).then(({ parameters }) =>
        changedColumns(CONSTRAINED_TEAM, usual.parameters, parameters),
      )
    expect(await changed({ costTargets: costs })).toEqual([[], [2]])
  })

  it('let `direct` raise the probabilities of actions, and lower them where it is negative', async () => {
    const parameters = initialiseParameters(CONSTRAINED_TEAM, 3)
    const lossOf = async (sign: number) => {
      const engine = await engineOf(CONSTRAINED_TEAM, parameters)
      const batch = {
        ...minibatch,
        advantages: new Float32Array(minibatch.advantages.length),
        direct: Float32Array.from({ length: 4 * minibatch.advantages.length }, (_, i) => [0, sign, sign, 0][i % 4]),
      }
      const settings = { ...SETTINGS, entropyCoef: 0 }
      const { policyLoss: first } = await engine.update(batch, settings)
      for (let i = 0; i < 50; i++) await engine.update(batch, settings)
      const { policyLoss: last } = await engine.update(batch, settings)
      engine.dispose()
      return { first, last }
    }
    // Without advantages the loss is -+ P(block) + P(quarantine), which begins at a half.
    const [up, down] = [await lossOf(1), await lossOf(-1)]
    expect(up.first).toBeCloseTo(-0.5, 2)
    expect(down.first).toBeCloseTo(0.5, 2)
    expect(up.last).toBeLessThan(-0.6)
    expect(down.last).toBeLessThan(0.4)
  })

  it('name what does not fit', async () => {
    const engine = await engineOf(CONSTRAINED_TEAM, randomParameters(CONSTRAINED_TEAM, 1))
    const { costTargets } = minibatch.constraints!
    for (const [field, constraints] of [
      ['constraints must hold', null],
      ['constraints.costTargets', { costTargets: costTargets.subarray(1) }],
    ] as const) {
      const error = { code: 'MINIBATCH_SHAPE', message: expect.stringContaining(field) }
      await expect(engine.update({ ...minibatch, constraints }, SETTINGS)).rejects.toMatchObject(error)
    }
    engine.dispose()
  })

  it('say so when a cost target or `direct` is not finite', async () => {
    const engine = await engineOf(CONSTRAINED_TEAM, randomParameters(CONSTRAINED_TEAM, 1))
    const { costTargets } = minibatch.constraints!
    const broken = costTargets.map((value, at) => (at === 0 ? Number.POSITIVE_INFINITY : value))
    const error = { code: 'NOT_FINITE' }
    const constraints = { costTargets: broken }
    await expect(engine.update({ ...minibatch, constraints }, SETTINGS)).rejects.toMatchObject(error)
    engine.loadParameters(randomParameters(CONSTRAINED_TEAM, 1))
    const direct = new Float32Array(4 * minibatch.advantages.length).fill(Number.NaN)
    await expect(engine.update({ ...minibatch, direct }, SETTINGS)).rejects.toMatchObject(error)
    engine.dispose()
  })
})

/** Of each agent, the columns of the value head in which its parameters differ. */
function changedColumns(spec: NetworkSpec, one: Float32Array, other: Float32Array): number[][] {
  const { slices, parametersPerAgent } = parameterLayout(spec)
  const { offset, length, shape } = slices.find(({ name }) => name === 'value.head')!
  return Array.from({ length: spec.agentCount }, (_, agent) => {
    const from = agent * parametersPerAgent + offset
    const columns = new Set<number>()
    for (let at = 0; at < length; at++) if (one[from + at] !== other[from + at]) columns.add(at % shape[1])
    return Array.from(columns).sort((a, b) => a - b)
  })
}
