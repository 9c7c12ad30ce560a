/** What lanes watch with, against packages/stl over the signals of the same decisions. */
import { isErrorOf } from '@vigil/errors'
import { randomStream, randomWord } from '@vigil/random'
import { Monitor, robustness } from '@vigil/stl'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { compileConstraints } from './constraints.ts'
import { type EnvironmentSpec, observedRobustness } from './environment-spec.ts'
import { ENVIRONMENT_ERRORS } from './errors.ts'
import { assertLaneStates } from './lane-state.ts'
import { openLanes, SPEC, type World } from './lanes.fixture.ts'
import { compileEnvironment } from './module.ts'
import { DEFAULT_RESPONSE } from './response-spec.ts'
import { signalTrace, type TeamDecisions } from './signals.ts'
import { SPECIFICATION_PRESETS } from './specifications.ts'

let module: WebAssembly.Module
beforeAll(async () => {
  module = await compileEnvironment()
})

/** One third threats, in streams of 1 to 24 rows. */
const WORLD: World = {
  labels: Array.from({ length: 60 }, (_, row) => (randomWord(randomStream(1, 'action'), row, 0) % 3 === 0 ? 1 : 0)),
  streams: [24, 1, 15, 9, 11].map((length, i, all) => {
    const first = all.slice(0, i).reduce((a, b) => a + b, 0)
    return Array.from({ length }, (_, k) => first + k)
  }),
}

/** Formulas that read every signal, look back and ahead, and reach over several windows. */
const FORMULAS = [
  ...SPECIFICATION_PRESETS.default.map(({ formula }) => formula),
  'G (detection_rate[3] >= 0.95 and fp_rate[5] <= 0.05)',
  'detection_rate[1] - fp_rate[7] + 2 * fp_rate[3]',
  'G (alert_rate[6] <= 0.4 and alert_rate[2] < 0.7)',
  'rate(prediction)[4] + mean(agreement)[3] - alert',
  'G[0,inf] (false_negative > 0 -> F[1,3] (true_positive > 0 or decided < 1))',
  'H[0,6] true_negative + false_positive < 1.5',
  '(cpu < memory) S[0,5] (decided > 0 and agreement >= 0.75)',
  'G G[0,2] response_time_ms * threat < 100',
  '1 / 0.0000001 * alert',
  'slow = response_time_ms > 60; G (slow -> X not slow)',
]

/** The fixture's random decisions, as a lane makes them. */
function play(spec: EnvironmentSpec, { steps, laneCount, seed }: { steps: number; laneCount: number; seed: number }) {
  const lanes = openLanes(module, { spec, world: WORLD, laneCount })
  const stream = randomStream(seed, 'action')
  const A = spec.agentCount
  return Array.from({ length: steps }, (_, t) => {
    // Most steps are unanimous, or the vote would hardly ever decide for a restrictive action.
    const actions = Array.from({ length: laneCount * A }, (_, i) => {
      const common = randomWord(stream, 2 * t, Math.floor(i / A))
      return common % 4 === 0 ? randomWord(stream, 2 * t + 1, i) % 4 : (common >> 8) % 4
    })
    const { rows, context } = lanes.observe()
    const outcome = lanes.step(actions)
    expect(outcome.status).toBe(0)
    return { rows, context, ...outcome }
  })
}

/** The decisions of one lane's episodes, as the fixture's reports tell them. */
function episodesOf(spec: EnvironmentSpec, played: ReturnType<typeof play>, lane: number) {
  const A = spec.agentCount
  const episodes: { first: number; decisions: { [K in keyof TeamDecisions]: TeamDecisions[K] } }[] = []
  let [labels, actions, decided, margin]: number[][] = [[], [], [], []]
  for (const [t, step] of played.entries()) {
    const votes = step.actions.slice(lane * A, (lane + 1) * A).filter((a) => a === 1 || a === 2).length
    const needed = spec.rule === 'majority' ? Math.floor(A / 2) + 1 : 2 * spec.faults + 1
    const winner = Math.max(votes, A - votes)
    labels.push(WORLD.labels[step.rows[lane]])
    actions.push(step.teamActions[lane])
    decided.push(2 * winner > A && winner >= needed ? 1 : 0)
    margin.push(2 * winner - A)
    if (!step.terminated[lane] && !step.truncated[lane] && t + 1 < played.length) continue
    const first = t + 1 - labels.length
    episodes.push({ first, decisions: { agentCount: A, labels, actions, decided, margin } })
    ;[labels, actions, decided, margin] = [[], [], [], []]
  }
  return episodes
}

const clip = (value: number) => Math.fround(Math.max(-1e6, Math.min(1e6, value)))

const settings = fc.record({
  mode: fc.constantFrom('iid' as const, 'stream' as const),
  agentCount: fc.integer({ min: 1, max: 7 }),
  episodeSteps: fc.constantFrom(0, 1, 7, 13),
  rule: fc.constantFrom('majority' as const, 'quorum' as const),
  fallbackAction: fc.integer({ min: 0, max: 3 }),
  observeConstraints: fc.boolean(),
  specifications: fc.shuffledSubarray(FORMULAS, { minLength: 1, maxLength: 5 }),
  seed: fc.nat(),
})

describe('robustness', () => {
  it('is that of packages/stl over the signals of each episode, and the context shows it', () => {
    let ends = 0
    fc.assert(
      fc.property(settings, ({ seed, ...change }) => {
        const spec = { ...SPEC, ...change, faults: Math.floor((change.agentCount - 1) / 3) }
        const laneCount = 3
        const played = play(spec, { steps: 40, laneCount, seed })
        const S = spec.specifications.length
        const averages = spec.mode === 'stream' ? 4 : 0
        const K = averages + (spec.observeConstraints ? S : 0)
        const { programs } = compileConstraints(spec)
        for (let lane = 0; lane < laneCount; lane++) {
          for (const { first, decisions } of episodesOf(spec, played, lane)) {
            ends++
            for (const [s, program] of programs.entries()) {
              const trace = signalTrace(decisions, program.signals)
              const monitor = new Monitor(program)
              let before = 1
              for (let k = 0; k < decisions.actions.length; k++) {
                const step = played[first + k]
                const observed = spec.observeConstraints ? step.context[lane * K + averages + s] : before
                if (Math.abs(observed - before) > 1e-6)
                  throw new Error(`${program.text}: context ${observed} instead of ${before}`)
                const value = monitor.push(program.signals.map((name) => trace[name][k])) ?? 1e6
                const got = step.robustness[lane * S + s]
                if (!Object.is(got, clip(value))) throw new Error(`${program.text}: ${got} instead of ${value} at ${k}`)
                before = observedRobustness(got)
                const next = spec.observeConstraints ? step.nextContext[lane * K + averages + s] : before
                if (Math.abs(next - before) > 1e-6)
                  throw new Error(`${program.text}: next context ${next} instead of ${before}`)
              }
            }
          }
        }
      }),
      { seed: 1, numRuns: 400 },
    )
    expect(ends).toBeGreaterThan(2000)
  })

  it('writes nothing outside of its arrays, and nothing depends on the lanes beside', () => {
    const spec = {
      ...SPEC,
      agentCount: 1,
      faults: 0,
      episodeSteps: 9,
      specifications: FORMULAS,
      observeConstraints: true,
    }
    const four = openLanes(module, { spec, world: WORLD, laneCount: 4 })
    const two = openLanes(module, { spec, world: WORLD, laneCount: 2 })
    for (let t = 0; t < 60; t++) {
      const actions = [0, 1, 2, 3].map((lane) => (t * 7 + lane * lane) % 4)
      const all = four.step(actions)
      const some = two.step(actions.slice(0, 2))
      expect(all.robustness.slice(0, some.robustness.length)).toEqual(some.robustness)
    }
    expect(four.save().slice(0, two.save().length)).toEqual(two.save())
    expect(four.isIntact() && two.isIntact()).toBe(true)
  })

  it('is 1e6 until a formula that looks ahead has a value', () => {
    const lanes = openLanes(module, { spec: { ...SPEC, specifications: ['G F[0,3] alert > 0.5'] }, world: WORLD })
    const values: number[] = []
    for (let t = 0; t < 24 && values.at(-1) !== 0.5; t++) {
      const { terminated, robustness } = lanes.step([0, 0, 0, 0].fill(t < 4 ? 0 : 3))
      if (terminated[0]) values.length = 0
      else values.push(...robustness)
    }
    expect(values.slice(0, 3)).toEqual([1e6, 1e6, 1e6])
    expect(values.at(-1)).toBe(0.5)
  })

  it('ends with the instruction that has no value', () => {
    const spec = { ...SPEC, specifications: ['cpu', '1 / alert'] }
    const lanes = openLanes(module, { spec, world: WORLD })
    expect(lanes.step([3, 3, 3, 3]).status).toBe(0)
    const { status } = openLanes(module, { spec, world: WORLD }).step([0, 0, 0, 0])
    expect(lanes.constraints.bank!.sources[status - 1].monitor).toBe(1)
  })
})

describe('the default specifications', () => {
  /** 20,000 events, one in ten a threat, of a team that catches `recall` of them and stops `fpr` of the others. */
  function share(preset: 'default' | 'original', { recall, fpr }: { recall: number; fpr: number }): number[] {
    const stream = randomStream(5, 'action')
    const unit = (t: number, what: number) => randomWord(stream, t, what) / 2 ** 32
    const n = 20_000
    const labels = Array.from({ length: n }, (_, t) => (unit(t, 0) < 0.1 ? 1 : 0))
    const actions = labels.map((label, t) => (unit(t, 1) < (label ? recall : fpr) ? 1 : 0))
    const decisions = { agentCount: 4, labels, actions, decided: labels.map(() => 1), margin: labels.map(() => 4) }
    const specifications = SPECIFICATION_PRESETS[preset].map(({ formula }) => formula)
    return compileConstraints({ ...SPEC, specifications }).programs.map((program) => {
      const values = robustness(program, signalTrace(decisions, program.signals))
      return values.filter((value) => value >= 0).length / n
    })
  }

  it('can be satisfied where one event in ten is a threat; the original posture rule cannot', () => {
    const good = { recall: 0.95, fpr: 0.025 }
    for (const satisfied of share('default', good)) expect(satisfied).toBeGreaterThan(0.99)
    expect(share('original', good)[2]).toBeLessThan(0.65)
  })

  it('are violated by teams that do not act, that stop everything, and that isolate everything', () => {
    const [response, followUp, posture, resources] = share('default', { recall: 0, fpr: 0 })
    expect([response, resources]).toEqual([1, 1])
    expect(followUp).toBeLessThan(0.95)
    expect(posture).toBeLessThan(0.05)
    expect(share('default', { recall: 1, fpr: 1 })[2]).toBe(0)
    const specifications = SPECIFICATION_PRESETS.default.map(({ formula }) => formula)
    const lanes = openLanes(module, { spec: { ...SPEC, mode: 'iid', specifications }, world: WORLD })
    const last = Array.from({ length: 60 }, () => lanes.step([2, 2, 2, 2]).robustness)[59]
    expect([last[0] < 0, last[3] < 0]).toEqual([true, true])
  })
})

describe('compileConstraints', () => {
  const compiled = (...specifications: string[]) => compileConstraints({ ...SPEC, specifications })

  it.each([
    ['threat >', 'SYNTAX', /^specifications\[1\] "threat >", line 1, column 9: /],
    ['G (treat > 0.5)', 'UNKNOWN_SIGNAL', /Did you mean "threat"\?/],
    ['F (threat > 0.5)', 'UNBOUNDED_FUTURE', /needs an end/],
    ['G (threat > 0.5 -> F action > 0.5)', 'UNBOUNDED_FUTURE', /column 20/],
    ['G[2,inf] threat', 'UNBOUNDED_FUTURE', /needs an end/],
    ['threat = cpu; threat', 'DUPLICATE_NAME', /"threat"/],
    ['false_positive = 0', 'DUPLICATE_NAME', /"false_positive = 0".* write "false_positive == \.\.\."/],
    ['foo = 0', 'UNKNOWN_SIGNAL', /"foo = 0".* reads no signal/],
    ['true', 'UNKNOWN_SIGNAL', /"true".* reads no signal/],
    ['1 > 0', 'UNKNOWN_SIGNAL', /"1 > 0".* reads no signal/],
    ['threat = 1; action > 0', 'UNUSED_DEFINITION', /write "threat == \.\.\."/],
    ['H[0,100000000] cpu < 1', 'MEMORY_LIMIT', /Shorten/],
  ])('refuses %s', (formula, code, message) => {
    const call = () => compiled('G cpu < 1', formula)
    expect(call).toThrow(message)
    expect(call).toThrow(expect.objectContaining({ code: 'SPECIFICATION', cause: expect.objectContaining({ code }) }))
  })

  it.each([
    ['fp_rate[0] < 1', /fp_rate\[0\] must have 1 to 1000000 decisions/],
    ['G detection_rate[1000001] > 0', /must have 1 to 1000000 decisions/],
    ['G (detection_rate >= 0.9)', /detection_rate needs a window, as in detection_rate\[100\]/],
  ])('refuses the window of %s', (formula, message) => {
    expect(() => compiled(formula)).toThrow(message)
  })

  it.each(['damage[9]', 'quarantined_benign[9]', 'dwell_time', 'open_tickets'])(
    'knows %s only where actions have consequences, and lists the signals that are there',
    (signal) => {
      const formula = `G (${signal} <= 3)`
      const lists =
        /"G \(\w+(\[9\])? <= 3\)": .*only where actions have consequences.* The signals are .*memory, fp_rate\[w\], detection_rate\[w\], alert_rate\[w\]\.$/
      expect(() => compiled(formula)).toThrow(lists)
      const { bank } = compileConstraints({ ...SPEC, response: DEFAULT_RESPONSE, specifications: [formula] })
      expect(bank!.signals).toEqual([signal])
    },
  )

  it('refuses more than 32', () => {
    expect(() => compiled(...new Array(33).fill('cpu < 1'))).toThrow(/32 specifications at most/)
  })

  it('takes a lane nothing where nothing is specified', () => {
    const { watchBytes, laneBytes, blockBytes, registerBytes } = compiled()
    expect({ watchBytes, laneBytes, blockBytes, registerBytes }).toEqual({
      watchBytes: 0,
      laneBytes: 24 + 16,
      blockBytes: 0,
      registerBytes: 0,
    })
  })
})

describe('saved states of watched lanes', () => {
  const environment = { ...SPEC, agentCount: 1, faults: 0, specifications: FORMULAS, observeConstraints: true }
  const opened = () => openLanes(module, { spec: environment, world: WORLD, laneCount: 2 })
  const decide = (t: number) => [(t * 5) % 4, (t * 3 + 1) % 4]
  const rowCount = WORLD.labels.length
  const check = (state: Uint8Array, constraints: ReturnType<typeof compileConstraints>) =>
    assertLaneStates(state, { laneCount: 2, environment, constraints, rowCount })

  it('are accepted at every step, and go on as if nothing had happened', () => {
    const first = opened()
    for (let t = 0; t < 60; t++) {
      const saved = first.save()
      expect(() => check(saved, first.constraints)).not.toThrow()
      const wanted = first.step(decide(t))
      if (t % 6 > 0) continue
      const second = opened()
      second.step([3, 3])
      second.restore(saved)
      expect(second.step(decide(t))).toEqual(wanted)
    }
  })

  it('do no harm when they are damaged: refused, or as harmless as any', () => {
    const lanes = opened()
    for (let t = 0; t < 12; t++) lanes.step(decide(t))
    const saved = lanes.save()
    const value = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff))
    const damage = fc.array(fc.tuple(fc.nat({ max: saved.length - 1 }), value, fc.nat({ max: 8 })), {
      minLength: 1,
      maxLength: 3,
    })
    const outcomes = { refused: 0, run: 0 }
    fc.assert(
      fc.property(damage, (damage) => {
        const state = saved.slice()
        for (const [at, byte, length] of damage) state.fill(byte, at, at + length)
        try {
          check(state, lanes.constraints)
        } catch (error) {
          if (!isErrorOf(ENVIRONMENT_ERRORS, error) || error.code !== 'LANE_STATE') throw error
          outcomes.refused++
          return
        }
        outcomes.run++
        lanes.restore(state)
        for (let t = 0; t < 30; t++) if (lanes.step(decide(t)).status !== 0) break
        if (!lanes.isIntact()) throw new Error('wrote elsewhere')
      }),
      { seed: 1, numRuns: 1000 },
    )
    expect(outcomes.refused).toBeGreaterThan(100)
    expect(outcomes.run).toBeGreaterThan(100)
  })

  it.each<[string, (view: DataView, watch: { ring: number; counts: number; state: number }) => void, RegExp]>([
    ['a ring position', (view) => view.setUint32(28, 1000, true), /at decision 1000 of a ring of 200/],
    ['a count of decisions', (view) => view.setUint32(24, 2 ** 31, true), /has seen 2147483648/],
    ['a load', (view) => view.setFloat64(32, 1.5, true), /load 1.5/],
    ['an intruder', (view) => view.setUint32(48, 2, true), /stays for 2 of 1 decisions/],
    ['tickets', (view) => view.setUint32(52, 2, true), /has 2 open tickets/],
    ['an outcome', (view, { ring }) => view.setUint8(24 + ring, 16), /outcome 16/],
    ['a window', (view, { counts }) => view.setUint32(24 + counts, 77, true), /counts 77/],
    ['a monitor', (view, { state }) => view.setFloat64(24 + state, Number.NaN, true), /monitor whose state holds NaN/],
  ])('are refused for %s that cannot be', (_, damage, message) => {
    const lanes = opened()
    lanes.step([1, 1])
    const state = lanes.save()
    damage(new DataView(state.buffer), lanes.constraints.layout)
    expect(() => check(state, lanes.constraints)).toThrow(message)
    expect(() => check(state, lanes.constraints)).toThrow(/^The saved state of lane 0/)
  })
})
