/**
 * What the specifications do to learning: nothing (`off`), the earlier system's reward penalty (`penalty`) or its head
 * regressed to a constant (`fixed-target`), a Lagrangian with multipliers that drive each satisfaction to its target
 * (`lagrangian`), or that with the gradient through smooth robustness besides (`lagrangian+direct`). docs/constraints.md.
 */
export const STL_MODES = ['off', 'penalty', 'fixed-target', 'lagrangian', 'lagrangian+direct'] as const

/** One of STL_MODES. */
export type StlMode = (typeof STL_MODES)[number]

/** Whether the value trunk has heads for the specifications. */
export function learnsConstraints({ stlMode }: { readonly stlMode: StlMode }): boolean {
  return stlMode === 'fixed-target' || usesMultipliers({ stlMode })
}

/** Whether the specifications' multipliers are part of the advantage. */
export function usesMultipliers({ stlMode }: { readonly stlMode: StlMode }): boolean {
  return stlMode === 'lagrangian' || stlMode === 'lagrangian+direct'
}
