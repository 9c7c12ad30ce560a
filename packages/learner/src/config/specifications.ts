import { SPECIFICATION_PRESETS } from '@vigil/env-wasm'
import type { ParsedConfig } from './config-schema.ts'
import { ConfigError } from './errors.ts'

/**
 * What the specifications do to learning: nothing (`off`), the earlier system's reward penalty (`penalty`) or its head
 * regressed to a constant (`fixed-target`), a Lagrangian with multipliers that drive each satisfaction to its target
 * (`lagrangian`), or that with the gradient through smooth robustness besides (`lagrangian+direct`). docs/constraints.md.
 */
export const STL_MODES = ['off', 'penalty', 'fixed-target', 'lagrangian', 'lagrangian+direct'] as const

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

/**
 * The specifications that a config means, each with its target.
 *
 * @throws {ConfigError} CONFLICT for two of one name
 */
export function resolveSpecifications({ specifications, stlMode, stlTarget }: ParsedConfig): readonly Specification[] {
  const chosen = specifications === 'auto' && stlMode === 'off' ? [] : specifications
  const list = typeof chosen === 'string' ? SPECIFICATION_PRESETS[chosen === 'auto' ? 'default' : chosen] : chosen
  const names = new Set<string>()
  return list.map((entry) => {
    if (names.has(entry.name)) {
      throw new ConfigError('CONFLICT', `Two specifications are called "${entry.name}". Give each a name of its own.`)
    }
    names.add(entry.name)
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
