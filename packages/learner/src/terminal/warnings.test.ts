import { expect, it } from 'vitest'
import { resolveConfig } from '../config/config.ts'
import { sampleMetrics } from '../run-files/sample-run.ts'
import { createWarnings } from './warnings.ts'

const config = resolveConfig({ agents: 3, rowsPerIteration: 1024, minibatchSize: 256 }, 'test')
const actions = { allow: 1500, block: 190, quarantine: 120, alert: 1262 }
const line = (iteration: number, ratiosPerDecision: number) => sampleMetrics(iteration, { actions, ratiosPerDecision })

it('says each problem once, when it first appears, and leaves notes to the doctor', () => {
  const warnings = createWarnings(config, [], 'runs/one')
  const said = [1, 1, 256, 256, 1, 256].map((ratios, i) => warnings.iteration(line(i + 1, ratios)))
  expect(said.map(({ length }) => length)).toEqual([0, 0, 1, 0, 0, 0])
  expect(said[2][0]).toBe(
    'warning RATIO_SHAPE: The loss forms ratios across decisions (256 ratios per decision in iteration 3; there must be 1). npx nx run tools:doctor --run=runs/one explains it.',
  )
})

it('does not repeat after a resume what was said before', () => {
  const warnings = createWarnings(config, [line(1, 256), line(2, 256)], 'runs/one')
  expect(warnings.iteration(line(3, 256))).toEqual([])
})

it('says again after a resume what had gone by then and comes back', () => {
  const warnings = createWarnings(config, [line(1, 256), line(2, 1)], 'runs/one')
  expect(warnings.iteration(line(3, 1))).toEqual([])
  expect(warnings.iteration(line(4, 256))).toEqual([expect.stringMatching(/^warning RATIO_SHAPE:/)])
})
