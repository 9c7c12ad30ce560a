/**
 * The command's side of nx-plugin.mjs: the words of the command line as the user wrote them, the folder in which the user
 * stands, and the exit code on its way back.
 */
import { writeFileSync } from 'node:fs'

/** The words of this command's line; through nx they come by environment, untouched by nx and the shell. */
export function commandLine(passed = process.argv.slice(2), environment = process.env): string[] {
  const handedOver = environment.VIGIL_NX_COMMAND_LINE
  return handedOver === undefined ? passed : (JSON.parse(handedOver) as string[])
}

/** Goes to the folder in which the user called nx, so that relative paths mean what they say. */
export function standWhereTheUserStands(environment = process.env): void {
  if (environment.VIGIL_NX_COMMAND_LINE !== undefined && environment.VIGIL_NX_CWD !== undefined) {
    process.chdir(environment.VIGIL_NX_CWD)
  }
}

/** Tells nx's own process which exit code this command ends with. */
export function reportExitCode(code: number): void {
  const file = process.env.VIGIL_NX_EXIT_CODE_FILE
  if (file !== undefined) writeFileSync(file, String(code))
}
