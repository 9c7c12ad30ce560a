/**
 * What the specifications do to learning: nothing (`off`), a Lagrangian with multipliers that drive each satisfaction to its
 * target (`lagrangian`), or that with the gradient through smooth robustness besides (`lagrangian+direct`). docs/constraints.md.
 */
export type StlMode = 'off' | 'lagrangian' | 'lagrangian+direct'

/** Whether the specifications' multipliers are part of the advantage, and the value trunk has heads for their costs. */
export function usesMultipliers<Mode extends { readonly stlMode: string }>(
  settings: Mode,
): settings is Mode & { readonly stlMode: Exclude<StlMode, 'off'> } {
  return settings.stlMode === 'lagrangian' || settings.stlMode === 'lagrangian+direct'
}
