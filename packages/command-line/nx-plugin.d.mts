export const name: string
export function preTasksExecution(options: unknown, context: { readonly argv: readonly string[] }): void
export function postTasksExecution(): void
