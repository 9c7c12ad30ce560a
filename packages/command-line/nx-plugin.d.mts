export const name: string
export function assertNode(node: {
  readonly features: { readonly typescript?: unknown }
  readonly version: string
}): void
export function isForReading(words: readonly string[]): boolean
export function preTasksExecution(options: unknown, context: { readonly argv: readonly string[] }): void
export function postTasksExecution(
  options: unknown,
  context: { readonly taskResults: Readonly<Record<string, { readonly status: string; readonly code?: number }>> },
): Promise<void>
