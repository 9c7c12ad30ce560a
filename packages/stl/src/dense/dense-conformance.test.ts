/** Dense time against RTAMT's own cases, where they are at hand. */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compile } from '../program/compile.ts'
import { at } from './breakpoints.fixture.ts'
import { denseRobustness } from './dense-robustness.ts'
import type { DenseTrace } from './dense-trace.ts'

const data = process.env.VIGIL_DATA
const file = data === undefined ? '' : resolve(data, '../conformance/stl-dense-cases.json')
const isThere = existsSync(file)
if (!isThere) console.warn('The 33 dense conformance cases are skipped: VIGIL_DATA has no neighbour conformance/.')
type Case = { id: string; spec: string; inputs: DenseTrace; expected: [number, number | 'inf' | '-inf'][] }
const cases: readonly Case[] = isThere ? JSON.parse(readFileSync(file, 'utf8')).cases : []

describe.skipIf(!isThere)('RTAMT in dense time', () => {
  it('is given all 33 cases', () => expect(cases).toHaveLength(33))

  it.each(cases.map((one) => [one.id, one.spec, one] as const))('%s: %s', (_id, _spec, { spec, inputs, expected }) => {
    const wanted = expected.map(([time, value]): [number, number] => [
      time,
      value === 'inf' ? Number.POSITIVE_INFINITY : value === '-inf' ? Number.NEGATIVE_INFINITY : value,
    ])
    const found = denseRobustness(compile(spec, { time: 'dense' }), inputs)
    for (const t of [...wanted, ...found].map(([time]) => time)) {
      if (Number.isFinite(at(wanted, t))) expect(at(found, t)).toBeCloseTo(at(wanted, t)!, 12)
      else expect(at(found, t)).toBe(at(wanted, t))
    }
  })
})
