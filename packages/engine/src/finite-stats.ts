import { engineError } from './errors.ts'

/** @throws {VigilError} NOT_FINITE naming the first number that is not finite */
export function assertFinite(stats: { readonly [name: string]: number }): void {
  for (const [name, value] of Object.entries(stats)) {
    if (Number.isFinite(value)) continue
    throw engineError(
      'NOT_FINITE',
      `${name} must be finite, but is ${value}; the parameters are spoilt. Go back to a checkpoint, and look for ` +
        'inputs that are not finite or a learning rate that is too high.',
    )
  }
}
