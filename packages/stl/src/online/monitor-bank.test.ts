/** The WebAssembly monitors against the TypeScript ones, and states from files. */
import asc from 'assemblyscript/asc'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { arbitraryFormula, arbitraryTrace, asSpecification } from '../formula.arbitrary.ts'
import { printFormula } from '../language/print.ts'
import type { ProfileName } from '../profile.ts'
import { compile, type Semantics } from '../program/compile.ts'
import type { Program } from '../program/program.ts'
import { Monitor } from './monitor.ts'
import { type MonitorBank, monitorBank } from './monitor-bank.ts'
import { faultOfState } from './saved-state.ts'

type BankExports = {
  loadConstants(bank: number, registers: number): void
  resetMonitors(bank: number, state: number): void
  pushSample(bank: number, registers: number, state: number, step: number): number
  hasValue(bank: number, monitor: number, step: number): number
  monitorValue(bank: number, monitor: number, registers: number): number
}

const BANK_AT = 65536
const memory = new WebAssembly.Memory({ initial: 16, maximum: 16 })
let wasm: BankExports
beforeAll(async () => {
  const assembly = new URL('../../assembly/monitor-bank.ts', import.meta.url).pathname
  let binary: Uint8Array | null = null
  const flags = ['--outFile', 'bank.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--importMemory']
  const { error, stderr } = await asc.main([assembly, ...flags, '--baseDir', '/'], {
    writeFile(_name: string, contents: Uint8Array | string) {
      if (contents instanceof Uint8Array) binary = contents
    },
  })
  if (error !== null || binary === null) throw new Error(`${error} ${stderr}`)
  const env = { memory, exp: Math.exp, pow: Math.pow, abort: () => undefined }
  const { instance } = await WebAssembly.instantiate(binary as BufferSource, { env })
  wasm = instance.exports as unknown as BankExports
})

/** Fills the bytes to both sides of what a bank may write to. */
const CANARY = 0xa5

/** A bank in the memory, with one owner. */
function place(bank: MonitorBank) {
  const margin = 4096
  const registersAt = BANK_AT + bank.bytes.length + margin
  const stateAt = registersAt + 8 * bank.registerCount + margin
  const end = stateAt + 8 * bank.stateSize + margin
  const bytes = new Uint8Array(memory.buffer)
  bytes.fill(CANARY, BANK_AT, end)
  bytes.set(bank.bytes, BANK_AT)
  const registers = new Float64Array(memory.buffer, registersAt, bank.registerCount)
  const state = new Float64Array(memory.buffer, stateAt, bank.stateSize)
  wasm.loadConstants(BANK_AT, registersAt)
  wasm.resetMonitors(BANK_AT, stateAt)
  return {
    state,
    reset: () => wasm.resetMonitors(BANK_AT, stateAt),
    /** @returns per monitor its value, null while there is none; or the instruction that has none */
    push(sample: readonly number[], step: number): (number | null)[] | number {
      registers.set(sample)
      const stopped = wasm.pushSample(BANK_AT, registersAt, stateAt, step)
      if (stopped >= 0) return stopped
      return bank.horizons.map((_, m) => {
        return wasm.hasValue(BANK_AT, m, step) ? wasm.monitorValue(BANK_AT, m, registersAt) : null
      })
    },
    isIntact(): boolean {
      const around = [
        bytes.subarray(registersAt - margin, registersAt),
        bytes.subarray(stateAt - margin, stateAt),
        bytes.subarray(end - margin, end),
      ]
      const block = Buffer.compare(bytes.subarray(BANK_AT, BANK_AT + bank.bytes.length), bank.bytes)
      return block === 0 && around.every((part) => part.every((byte) => byte === CANARY))
    },
  }
}

/** Bit for bit: -0 is not 0. */
function assertSame(actual: readonly (number | null)[] | number, wanted: readonly (number | null)[], what: string) {
  if (typeof actual !== 'number' && wanted.every((value, m) => Object.is(actual[m], value))) return
  throw new Error(`${what}: ${actual} instead of ${wanted}`)
}

const formula = arbitraryFormula({ unboundedFuture: false, unboundedPast: true })
const programs = fc
  .record({
    formulas: fc.array(formula, { minLength: 1, maxLength: 3 }),
    profile: fc.constantFrom<ProfileName>('rtamt', 'stlcgpp'),
    semantics: fc.constantFrom<Semantics>('robustness', 'truth'),
  })
  .map(({ formulas, profile, semantics }) =>
    formulas.map((formula) => ({
      text: printFormula(formula),
      program: compile(asSpecification(formula), { profile, semantics }),
    })),
  )

describe('a bank of WebAssembly monitors', () => {
  it('says what the TypeScript monitors say, bit for bit, and again after a reset', () => {
    fc.assert(
      fc.property(programs, arbitraryTrace, (compiled, trace) => {
        const bank = monitorBank(compiled.map(({ program }) => program))
        const placed = place(bank)
        const monitors = compiled.map(({ program }) => new Monitor(program))
        for (let round = 0; round < 2; round++) {
          for (let t = 0; t < trace.x.length; t++) {
            const read = (signals: readonly string[]) => signals.map((name) => trace[name as 'x'][t])
            const wanted = monitors.map((monitor) => monitor.push(read(monitor.signals)))
            const what = `step ${t} of ${compiled.map(({ text }) => text)}`
            assertSame(placed.push(read(bank.signals), t), wanted, what)
          }
          if (faultOfState(bank.code, placed.state) !== null) throw new Error('refuses a state that it has made')
          if (!placed.isIntact()) throw new Error('wrote elsewhere')
          for (const monitor of monitors) monitor.reset()
          placed.reset()
        }
      }),
      { seed: 1, numRuns: 1000 },
    )
  })

  it.each([
    ['exp(x) + pow(abs(y), x) - pow(x, 3)', 400],
    ['sqrt(abs(x)) / (2 + y * y)', 400],
    ['mean(x)[7] * mean(y)[1] - mean(x + y)[100]', 400],
    ['G[0,300](x > 0 -> F[3,20] y > 0) and (x S[2,50] y) and O[0,40] x > 1.5', 1500],
    ['(x > -1) U[5,60] (y > 1) or H (x > -3) or (x S y) or F[0,9] G[2,7] y > x', 1500],
  ])('computes %s as TypeScript does', (text, steps) => {
    const program = compile(text)
    const monitor = new Monitor(program)
    const placed = place(monitorBank([program]))
    for (let t = 0; t < steps; t++) {
      const at = { x: Math.sin(t / 3) + ((t * 7919) % 13) / 13, y: Math.cos(t / 5) - ((t * 104_729) % 17) / 17 }
      const sample = program.signals.map((name) => at[name as 'x'])
      assertSame(placed.push(sample, t), [monitor.push(sample)], `step ${t}`)
    }
  })

  it.each([
    ['x > 0; y', 'a > 0', '1 / x > 0', [0, 0], 2],
    ['x', 'sqrt(x) > 0', 'y', [-1, 0], 1],
    ['y', 'y', 'x - y', [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY], 2],
    ['mean(x * y)[3]', 'x', 'y', [Number.POSITIVE_INFINITY, 0], 0],
  ])('names the formula of %s | %s | %s that has no value', (first, second, third, [x, y], monitor) => {
    const bank = monitorBank([first.split('; ')[0], second, third].map((text) => compile(text)))
    const known: Record<string, number> = { x, y, a: 1 }
    const stopped = place(bank).push(
      bank.signals.map((name) => known[name]),
      0,
    )
    expect(bank.sources[stopped as number].monitor).toBe(monitor)
  })
})

describe('faultOfState', () => {
  const hostile = fc.oneof(
    fc.integer({ min: -3, max: 40 }),
    fc.constantFrom(0.5, 1e9, 2 ** 31, 2 ** 32 + 1, -1e300, Number.POSITIVE_INFINITY, Number.NaN),
  )
  const changes = fc.array(fc.record({ at: fc.nat(), value: hostile }), { minLength: 1, maxLength: 4 })

  it('lets no state through by which a monitor writes elsewhere', () => {
    let refused = 0
    let run = 0
    fc.assert(
      fc.property(programs, arbitraryTrace, changes, (compiled, trace, changes) => {
        const bank = monitorBank(compiled.map(({ program }) => program))
        if (bank.stateSize === 0) return
        const placed = place(bank)
        const sample = (t: number) => bank.signals.map((name) => trace[name as 'x'][t % trace.x.length])
        for (let t = 0; t < trace.x.length; t++) placed.push(sample(t), t)
        for (const { at, value } of changes) placed.state[at % bank.stateSize] = value
        if (faultOfState(bank.code, placed.state) !== null) {
          refused++
          return
        }
        run++
        for (let t = 0; t < 40; t++) placed.push(sample(t), 1000 + t)
        if (!placed.isIntact()) throw new Error(`wrote elsewhere after ${JSON.stringify(changes)}`)
      }),
      { seed: 2, numRuns: 2000 },
    )
    expect(refused).toBeGreaterThan(200)
    expect(run).toBeGreaterThan(200)
  })

  it.each<[string, number, number, RegExp]>([
    ['H[0,4] x', 1, 5, /head 5/],
    ['H[0,4] x', 2, 6, /size 6/],
    ['H[0,4] x', 4, 7, /index 7/],
    ['x S[0,4] y', 0, 5, /position 5/],
    ['prev x', 0, -1, /position -1/],
    ['mean(x)[5]', 2, 6, /count 6/],
    ['x S y', 0, Number.NaN, /NaN/],
  ])('of %s with %d in it', (text, at, value, message) => {
    const bank = monitorBank([compile(text)])
    const placed = place(bank)
    for (let t = 0; t < 3; t++) placed.push([t, 1], t)
    expect(faultOfState(bank.code, placed.state)).toBeNull()
    placed.state[at] = value
    expect(faultOfState(bank.code, placed.state)).toMatch(message)
  })
})

describe('monitorBank', () => {
  const codeOf = (...texts: string[]) => {
    try {
      monitorBank(texts.map((text): Program => compile(text)))
    } catch (error) {
      return (error as { code: string }).code
    }
    return 'made'
  }

  it('refuses what no monitor could watch', () => {
    expect(codeOf('x', 'G x')).toBe('UNBOUNDED_FUTURE')
    expect(codeOf('H[0,20000000] x', 'O[0,20000000] x')).toBe('MEMORY_LIMIT')
  })
})
