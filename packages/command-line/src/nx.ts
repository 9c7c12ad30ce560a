/**
 * What `nx run` keeps from a task and takes from it, put right through two environment variables that
 * nx-plugin.mjs sets: nx treats flags like --agents as its own, and turns every exit code into 1.
 */
import { writeFileSync } from 'node:fs'

/** A flag that nx kept although it is ours, and the value that it left behind as a word of its own. */
type KeptFlag = { readonly flag: string; readonly stray: string | null }

/** The flags of this command: those that nx passed on, and those that it kept. */
export function commandLine(passed = process.argv.slice(2), environment = process.env): string[] {
  const kept = JSON.parse(environment.VIGIL_NX_KEPT_FLAGS ?? '[]') as KeptFlag[]
  const words = [...passed]
  for (const { flag, stray } of kept) {
    const at = stray === null ? -1 : words.indexOf(stray)
    if (at >= 0) words.splice(at, 1, flag)
    else words.push(flag)
  }
  return words
}

/** Tells nx's own process which exit code this command ends with. */
export function reportExitCode(code: number): void {
  const file = process.env.VIGIL_NX_EXIT_CODE_FILE
  if (file !== undefined) writeFileSync(file, String(code))
}
