import { parse, StlError } from '@vigil/stl'
import type { ParsedConfig } from './config-schema.ts'
import { ConfigError } from './errors.ts'

/** What the specifications do to learning; docs/constraints.md. */
export const STL_MODES = ['off', 'penalty', 'fixed-target', 'lagrangian', 'lagrangian+direct'] as const

/** Lists of specifications that come with Vigil. */
export const SPECIFICATION_PRESETS = ['default', 'original'] as const

/** More would make observation and value head wider than anything is learnt from. */
export const SPECIFICATIONS_MAX = 16

/** A rule in force. */
export type Specification = {
  readonly name: string
  /** As it was written. */
  readonly formula: string
  /** Share of the steps in which it is to hold, above 0 and below 1. */
  readonly target: number
}

const RESPONSE = { name: 'response', formula: 'G (response_time_ms <= 100)' }
const FOLLOW_UP = { name: 'follow-up', formula: 'G (threat > 0.5 -> F[0,5] action > 0.5)' }
const RESOURCES = { name: 'resources', formula: 'G (0.2 <= cpu and cpu <= 0.9 and 0.2 <= memory and memory <= 0.9)' }
const PRESETS: Readonly<Record<(typeof SPECIFICATION_PRESETS)[number], readonly { name: string; formula: string }[]>> = {
  default: [
    RESPONSE,
    FOLLOW_UP,
    { name: 'posture', formula: 'G (detection_rate[100] >= 0.8 and fp_rate[100] <= 0.05)' },
    RESOURCES,
  ],
  original: [
    RESPONSE,
    FOLLOW_UP,
    { name: 'posture', formula: 'G (detection_rate[100] >= 0.95 and fp_rate[100] <= 0.05)' },
    RESOURCES,
  ],
}

/**
 * The specifications that a config means, each with its target.
 *
 * @throws {ConfigError} INVALID_VALUE for a formula that cannot be watched, with the place; CONFLICT for two of one name
 */
export function resolveSpecifications({ specifications, stlMode, stlTarget }: ParsedConfig): readonly Specification[] {
  const chosen = specifications === 'auto' && stlMode === 'off' ? [] : specifications
  const list = typeof chosen === 'string' ? PRESETS[chosen === 'auto' ? 'default' : chosen] : chosen
  const names = new Set<string>()
  return list.map((entry) => {
    if (names.has(entry.name)) {
      throw new ConfigError('CONFLICT', `Two specifications are called "${entry.name}". Give each a name of its own.`)
    }
    names.add(entry.name)
    assertFormula(entry)
    return { target: stlTarget, ...entry }
  })
}

/** Whether the value trunk has heads for the specifications. */
export function learnsConstraints({ stlMode }: Pick<ParsedConfig, 'stlMode'>): boolean {
  return stlMode === 'fixed-target' || usesMultipliers({ stlMode })
}

/** Whether the specifications' multipliers are part of the advantage. */
export function usesMultipliers({ stlMode }: Pick<ParsedConfig, 'stlMode'>): boolean {
  return stlMode === 'lagrangian' || stlMode === 'lagrangian+direct'
}

function assertFormula({ name, formula }: { readonly name: string; readonly formula: string }): void {
  try {
    parse(formula)
  } catch (error) {
    if (!(error instanceof StlError)) throw error
    const place = error.line === null ? '' : ` (line ${error.line}, column ${error.column})`
    const excerpt = error.excerpt === null ? '' : `\n${error.excerpt}`
    throw new ConfigError(
      'INVALID_VALUE',
      `The formula of the specification "${name}" cannot be watched: ${error.code}${place}: ${error.message}${excerpt}`,
    )
  }
}
