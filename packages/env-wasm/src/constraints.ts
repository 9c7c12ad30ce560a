/** From the formulas of an environment to what every lane runs: assembly/watch.ts. */
import { writeBlock } from '@vigil/blocks'
import { compile, invariantOf, type MonitorBank, monitorBank, type Program, parse, StlError } from '@vigil/stl'
import { LANE, STREAM_STATE, WATCH, WATCH_RECORD } from './blocks.ts'
import { contextSize, type EnvironmentSpec } from './environment-spec.ts'
import { environmentError } from './errors.ts'
import { LEDGER_ENTRIES } from './response-spec.ts'
import {
  ACTION_MS,
  CPU_LOAD,
  LOAD_RATE,
  MEMORY_LOAD,
  plainSignals,
  readsDamage,
  roundMs,
  type SignalSource,
  signalSource,
  signalsInWords,
} from './signals.ts'
import { siteStateBytes } from './site-state.ts'

/** The most specifications of an environment. */
const SPECIFICATIONS_MAX = 32

/** Where the parts of a lane's watch record lie, in bytes from its beginning; without specifications all are 0. */
type WatchLayout = {
  /** f64 [windows], damage of the window in units of 2^-16; nothing where no signal is about damage */
  readonly damage: number
  /** u32 [windows, 5]: threats, true positives, false positives, alerts, false containments of the window */
  readonly counts: number
  /** u32 [ringSize], damage of the last decisions; 0 where no signal is about damage */
  readonly damageRing: number
  /** u8 [ringSize], the last decisions */
  readonly ring: number
  readonly ringSize: number
  /** f64 [bank.stateSize] */
  readonly state: number
  /** all of it, a multiple of 8 */
  readonly bytes: number
}

/** What specifications need of memory, and what they mean. */
export type Constraints = {
  readonly specificationCount: number
  /** The programs of the specifications, invariants without their G, in order: for offline robustness. */
  readonly programs: readonly Program[]
  /** null without specifications */
  readonly bank: MonitorBank | null
  /** [windows] decisions of each distinct window */
  readonly windows: readonly number[]
  readonly layout: WatchLayout
  /** bytes between the records of neighbouring lanes */
  readonly laneBytes: number
  /** bytes of one lane's watch record: what a walk outside of the lanes needs per lane */
  readonly watchBytes: number
  /** bytes of a stream's state, 0 where actions have no consequences */
  readonly stateBytes: number
  /** bytes of registers, which each caller of `step` brings */
  readonly registerBytes: number
  /** bytes of the block that all lanes read */
  readonly blockBytes: number
}

/**
 * Compiles the specifications of an environment. A top-level unbounded G is an invariant: what is under it is watched.
 *
 * @param slotCount streams of a site at a time, in layout `site`
 * @throws {VigilError} SPECIFICATION, naming the formula and the place, with the StlError as its cause
 */
export function compileConstraints(environment: EnvironmentSpec, slotCount = 0): Constraints {
  const { specifications } = environment
  if (specifications.length > SPECIFICATIONS_MAX) {
    const message = `There may be ${SPECIFICATIONS_MAX} specifications at most, but there are ${specifications.length}. Join some with "and".`
    throw environmentError('SPECIFICATION', message)
  }
  const hasConsequences = environment.response !== null
  const programs = specifications.map((formula, index) => compileSpecification(formula, index, hasConsequences))
  const bank = programs.length === 0 ? null : monitorBank(programs)
  const sources = sourcesOf(bank, hasConsequences)
  const windows = [...new Set(sources.map(({ window }) => window).filter((window) => window > 0))]
  const layout = layOutWatch(bank, windows, sources.some(readsDamage))
  const contextBytes = 4 * contextSize(environment)
  const stateBytes = stateBytesOf(environment, slotCount)
  return {
    specificationCount: programs.length,
    programs,
    bank,
    windows,
    layout,
    laneBytes: aligned(LANE.bytes + layout.bytes + stateBytes + contextBytes),
    watchBytes: layout.bytes,
    stateBytes,
    registerBytes: bank === null ? 0 : 8 * (bank.registerCount + (hasConsequences ? LEDGER_ENTRIES.length : 0)),
    blockBytes: bank === null ? 0 : blockLayout(sources, windows).bank + bank.bytes.length,
  }
}

/** Bytes of what a lane remembers of its stream, or of all streams of its site. */
function stateBytesOf({ response }: EnvironmentSpec, slotCount: number): number {
  if (response === null) return 0
  return response.layout === 'site' ? siteStateBytes(slotCount) : STREAM_STATE.bytes
}

/** Compiles one formula, alone as it will be run, so that what is wrong is said of it. */
function compileSpecification(formula: string, index: number, hasConsequences: boolean): Program {
  try {
    const invariant = invariantOf(parse(formula))
    const { signals } = compile(invariant)
    const windowed = signals.filter((name) => (signalSource(name, hasConsequences)?.window ?? 0) > 0)
    const foreign = signals.find(
      (name) => signalSource(name, hasConsequences) === null && signalSource(name, true) !== null,
    )
    if (foreign !== undefined) {
      const message = `Signal "${foreign}" is there only where actions have consequences (--environment=respond). ${signalsInWords(hasConsequences)}`
      throw new StlError('UNKNOWN_SIGNAL', message)
    }
    const program = compile(invariant, { signals: [...plainSignals(hasConsequences), ...windowed] })
    if (program.signals.length === 0) {
      const message = `It reads no signal, so no decision changes it. ${signalsInWords(hasConsequences)}`
      throw new StlError('UNKNOWN_SIGNAL', message)
    }
    monitorBank([program])
    return program
  } catch (cause) {
    if (!(cause instanceof StlError)) throw cause
    const place = cause.line !== null ? `, line ${cause.line}, column ${cause.column}` : ''
    const message = `specifications[${index}] "${formula}"${place}: ${cause.message}`
    throw environmentError('SPECIFICATION', message, { cause })
  }
}

function sourcesOf(bank: MonitorBank | null, hasConsequences: boolean): readonly SignalSource[] {
  return (bank?.signals ?? []).map((name) => signalSource(name, hasConsequences)!)
}

/** Counts of a window. */
export const WINDOW_COUNTS = 5

function layOutWatch(bank: MonitorBank | null, windows: readonly number[], hasDamage: boolean): WatchLayout {
  if (bank === null) return { damage: 0, counts: 0, damageRing: 0, ring: 0, ringSize: 0, state: 0, bytes: 0 }
  // | WATCH_RECORD | damage | counts | damageRing | ring | state |
  const ringSize = Math.max(0, ...windows)
  const damage = WATCH_RECORD.bytes
  const counts = damage + (hasDamage ? 8 * windows.length : 0)
  const afterCounts = counts + 4 * WINDOW_COUNTS * windows.length
  const ring = afterCounts + (hasDamage ? 4 * ringSize : 0)
  const state = aligned(ring + ringSize)
  const bytes = state + 8 * bank.stateSize
  return { damage, counts, damageRing: hasDamage ? afterCounts : 0, ring, ringSize, state, bytes }
}

function blockLayout(sources: readonly SignalSource[], windows: readonly number[]) {
  const signals = WATCH.bytes
  const windowsAt = signals + 8 * sources.length
  return { signals, windows: windowsAt, bank: aligned(windowsAt + 4 * windows.length) }
}

/**
 * Writes the block that every lane of an environment reads.
 *
 * @param at byte offset, a multiple of 8, of `blockBytes` bytes; nothing is written without specifications
 */
export function writeConstraints(
  constraints: Constraints,
  environment: EnvironmentSpec,
  { buffer, at }: { readonly buffer: ArrayBufferLike; readonly at: number },
): void {
  const { bank, windows, layout } = constraints
  if (bank === null) return
  const sources = sourcesOf(bank, environment.response !== null)
  const places = blockLayout(sources, windows)
  writeBlock(
    WATCH,
    { buffer, at },
    {
      specificationCount: constraints.specificationCount,
      signalCount: sources.length,
      signals: at + places.signals,
      windowCount: windows.length,
      windows: at + places.windows,
      damageAt: layout.damage,
      countsAt: layout.counts,
      damageRingAt: layout.damageRing,
      ringAt: layout.ring,
      ringSize: layout.ringSize,
      stateAt: layout.state,
      bytes: layout.bytes,
      ledgerAt: 8 * bank.registerCount,
      bank: at + places.bank,
      actionMs: ACTION_MS,
      roundMs: [roundMs(environment.agentCount)],
      cpuLoad: CPU_LOAD,
      memoryLoad: MEMORY_LOAD,
      loadRate: [LOAD_RATE],
    },
  )
  const pairs = sources.flatMap(({ number, window }) => [number, windows.indexOf(window)])
  new Int32Array(buffer, at + places.signals, pairs.length).set(pairs)
  new Uint32Array(buffer, at + places.windows, windows.length).set(windows)
  new Uint8Array(buffer, at + places.bank, bank.bytes.length).set(bank.bytes)
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8
}
