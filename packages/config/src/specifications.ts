import { SPECIFICATION_PRESETS, type TargetedSpecification } from '@vigil/env-wasm'
import { configError } from './errors.ts'
import type { ParsedConfig } from './lab-config-schema.ts'

/**
 * The specifications that a config means, each with its target.
 *
 * @throws {VigilError} CONFLICT for two of one name
 */
export function resolveSpecifications({
  specifications,
  stlMode,
  stlTarget,
}: ParsedConfig): readonly TargetedSpecification[] {
  const chosen = specifications === 'auto' && stlMode === 'off' ? [] : specifications
  const list = typeof chosen === 'string' ? SPECIFICATION_PRESETS[chosen === 'auto' ? 'default' : chosen] : chosen
  const names = new Set<string>()
  return list.map((entry) => {
    if (names.has(entry.name)) {
      throw configError('CONFLICT', `Two specifications are called "${entry.name}". Give each a name of its own.`)
    }
    names.add(entry.name)
    return { target: stlTarget, ...entry }
  })
}
