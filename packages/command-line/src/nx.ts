/**
 * The command's side of nx-plugin.mjs: the words of the command line as the user wrote them, the folder in which the user
 * stands, and the exit code and the output on their way back.
 */
import { openSync, writeFileSync, writeSync } from 'node:fs'

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

/**
 * Whether this process was started by nx for a command whose input and output are data. nx keeps what it passes on, so the plugin
 * starts the command itself when nx has built what it needs.
 */
export function isLeftToPlugin(environment = process.env): boolean {
  return environment.VIGIL_NX_STREAMS !== undefined && environment.VIGIL_NX_LATER !== undefined
}

/** Where the exit code goes, when the environment does not say so any more. */
let exitCodeFile: string | undefined

/** Takes what the plugin has handed over out of the environment: commands that this one starts have words of their own. */
export function keepFromChildren(): void {
  exitCodeFile = process.env.VIGIL_NX_EXIT_CODE_FILE
  for (const name of Object.keys(process.env)) if (name.startsWith('VIGIL_NX_')) delete process.env[name]
}

/** Tells nx's own process which exit code this command ends with. */
export function reportExitCode(code: number): void {
  const file = process.env.VIGIL_NX_EXIT_CODE_FILE ?? exitCodeFile
  if (file === undefined) return
  try {
    writeFileSync(file, String(code))
  } catch {
    // On a full disk nx ends with its own 1.
  }
}

/** Where nx's banners must not stand around the output, it goes into a file that the plugin prints. */
export function handOverOutput(): void {
  const file = process.env.VIGIL_NX_OUTPUT_FILE
  if (file === undefined) return
  const handle = openSync(file, 'a')
  const columns = Number(process.env.VIGIL_NX_COLUMNS)
  Object.defineProperties(process.stdout, {
    write: {
      value(text: string | Uint8Array) {
        let rest = typeof text === 'string' ? Buffer.from(text) : text
        while (rest.length > 0) rest = rest.subarray(writeSync(handle, rest))
        return true
      },
      configurable: true,
    },
    ...(columns > 0 ? { columns: { value: columns, configurable: true } } : {}),
  })
}
