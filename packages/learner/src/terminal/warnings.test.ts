import { resolveConfig } from '@vigil/config'
import { expect, it } from 'vitest'
import { sampleMetrics } from '../../../runs/src/sample-run.fixture.ts'
import { createWarnings } from './warnings.ts'

const SMALL = { environment: 'triage', agents: 3, rowsPerIteration: 1024, minibatchSize: 256 } as const
const config = resolveConfig(SMALL, 'test')
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

const untaught = { entropy: 1.38, valueLoss: 1.2, actions: { allow: 800, block: 750, quarantine: 750, alert: 772 } }

it('tells a few causes in full, names the others, and leaves what follows to the doctor', () => {
  const faulty = resolveConfig({ ...SMALL, gamma: 0.99, iterations: 90 }, 'test')
  const changes = { ...untaught, ratiosPerDecision: 256, valueScale: 0.02, paidForOthers: 0.3 }
  const warnings = createWarnings(faulty, [], 'runs/one')
  const said = Array.from({ length: 90 }, (_, i) =>
    warnings.iteration(
      sampleMetrics(i + 1, {
        ...changes,
        timeToGoShare: i < 20 ? 0 : 0.9,
        criticLoss: i < 45 ? 1 : 50,
        clipFraction: i < 65 ? 0 : 0.9,
        starvedByCritic: i < 85 ? 0 : 0.5,
      }),
    ),
  )
  expect(said[0].map((text) => text.split(':')[0])).toEqual([
    'warning RATIO_SHAPE',
    'warning REWARDS_OF_OTHERS',
    'warning VALUES_IN_OTHER_UNITS, RETURNS_UNEXPLAINABLE',
  ])
  expect(said[0][2]).toMatch(/: npx nx run tools:doctor --run=runs\/one explains them\.$/)
  const later = said.slice(1).flat()
  expect(later.map((text) => text.split(':')[0])).toEqual([
    'warning RETURNS_MEASURE_TIME',
    'warning VALUE_LOSS_OUT_OF_SCALE',
    'warning POLICY_STARVED_BY_CLIPPING',
  ])
  expect(later[2]).toMatch(/: npx nx run tools:doctor --run=runs\/one explains it\. Further problems are left to it\.$/)
})

it('tells what is seen of a training where no cause is known', () => {
  const warnings = createWarnings(config, [], 'x')
  const said = Array.from({ length: 60 }, (_, i) => warnings.iteration(sampleMetrics(i + 1, untaught))).flat()
  expect(said.map((text) => text.split(':')[0])).toContain('warning VALUE_LOSS_STUCK')
})

it.each([
  ['my runs/one', "--run='my runs/one' "],
  ["it's", "--run='it'\\''s' "],
  ['/a/b-c_d.e', '--run=/a/b-c_d.e '],
])('gives %s as one word to a shell', (run, expected) => {
  expect(createWarnings(config, [], run).iteration(line(1, 256))[0]).toContain(expected)
})
