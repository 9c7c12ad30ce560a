/** How a user calls a command. The published package has its own words for it (packages/vigil/src/pack/emit.ts). */

/** A command's name as nx has it, made what is typed in a shell: `npx nx run learner:train`. */
export function callOf(command: string): string {
  return `npx nx run ${command}`
}

/** The ways to run a command, for its help. @param file its file from the root of the repository */
export function callsOf({ command, file }: { readonly command: string; readonly file: string }): string[] {
  return [callOf(command), `npx node ${file}`]
}
