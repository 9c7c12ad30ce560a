/**
 * RTAMT's own test cases (github.com/nickovic/rtamt), where they are at hand: VIGIL_DATA's neighbour `conformance`.
 * cases.test.ts has cases of ours for everybody else.
 */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { robustness } from './offline/robustness.ts'
import { Monitor } from './online/monitor.ts'
import { compile } from './program/compile.ts'

type Expected = number | 'inf' | '-inf' | null
type Case = {
  readonly id: string
  readonly mode: 'offline' | 'online' | 'online-operator'
  readonly spec: string
  readonly consts: Record<string, number>
  readonly pastified: boolean
  readonly horizon: number
  readonly time: number[]
  readonly inputs: Record<string, number[]>
  readonly expected: Expected[]
}

const data = process.env.VIGIL_DATA
const file = data === undefined ? '' : resolve(data, '../conformance/stl-robustness-cases.json')
const isThere = existsSync(file)
if (!isThere) console.warn('The 281 conformance cases are skipped: VIGIL_DATA has no neighbour conformance/.')
const cases: readonly Case[] = isThere ? JSON.parse(readFileSync(file, 'utf8')).cases : []

/** Values as the case says them: online, out[i] is the robustness at i - horizon. */
function valuesOf({ mode, spec, consts, pastified, inputs, time }: Case): (number | null)[] {
  const program = compile(spec, { constants: consts })
  const trace = program.signals.length > 0 ? inputs : { time }
  if (mode === 'offline') return Array.from(robustness(program, trace))
  const monitor = new Monitor(program)
  if (!pastified) expect(monitor.horizon).toBe(0)
  const values = time.map((_, t) => monitor.push(program.signals.map((name) => inputs[name][t])))
  // A trace that ends before the first value is due gets it at its end.
  return time.length > monitor.horizon ? values : Array.from(monitor.finish())
}

describe.skipIf(!isThere)('profile rtamt', () => {
  it('is given all 281 cases', () => expect(cases).toHaveLength(281))

  it.each(cases.map((one) => [one.id, one.mode, one.spec, one] as const))('%s %s: %s', (_id, _mode, _spec, one) => {
    const values = valuesOf(one)
    expect(values).toHaveLength(one.expected.length)
    let compared = 0
    for (const [i, expected] of one.expected.entries()) {
      const isWarmUp = one.pastified && i < one.horizon && one.time.length > one.horizon
      if (expected === null || isWarmUp) continue
      const wanted = expected === 'inf' ? Infinity : expected === '-inf' ? -Infinity : expected
      if (Number.isFinite(wanted)) expect(values[i]).toBeCloseTo(wanted, 12)
      else expect(values[i]).toBe(wanted)
      compared++
    }
    expect(compared).toBeGreaterThan(0)
  })
})
