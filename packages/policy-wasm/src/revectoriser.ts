/**
 * V8's revectoriser packs pairs of neighbouring vectors of 128 bits of a module into vectors of 256, which makes the products
 * nearly twice as fast and leaves their bits as they are. It is an experimental flag of V8, and V8 does not say what it
 * does with it. A process of its own therefore tries it first (./revectoriser-trial.ts): there a crash harms nothing.
 */
import { type ExecFileException, execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'

/** Whether modules of this process are packed; why not, where there is more to it than the machine, a clause. */
export type Revectoriser = { readonly isOn: boolean; readonly reason: string | null }

/** What the trial found: whether all results had the same bits, and how many times as fast a packed product was. */
export type TrialResult = { readonly isEqual: boolean; readonly speedUp: number }

export const REVECTORISER_FLAG = 'experimental-wasm-revectorize'

/** Environment variable: `off` leaves the revectoriser off. */
const SWITCH = 'VIGIL_REVECTORISE'

/** Below this V8 has packed nothing: packed products are 1.8 times as fast. */
const SPEED_UP_MIN = 1.3

const TRIAL_LIMIT_MS = 20_000

/** Of the switch left on. V8's flags are those of the whole process, so one trial is enough for it. */
let tried: Promise<Revectoriser> | null = null

/** Switches the revectoriser on for modules that are compiled from now on, or leaves it off where it is not to be trusted. */
export async function switchRevectoriserOn(): Promise<Revectoriser> {
  if (process.env[SWITCH] === 'off') return { isOn: false, reason: `${SWITCH}=off` }
  tried ??= tryRevectoriser()
  const revectoriser = await tried
  if (revectoriser.isOn) setFlagsFromString(`--${REVECTORISER_FLAG}`)
  return revectoriser
}

/**
 * Tries the revectoriser in a process of its own.
 *
 * @param trial the program that tries, for tests
 */
export async function tryRevectoriser(
  trial: URL = new URL('./revectoriser-trial.ts', import.meta.url),
): Promise<Revectoriser> {
  const answer = await answerOf(trial).catch((error: ExecFileException) => whatHappened(error))
  if (typeof answer === 'string') return { isOn: false, reason: `V8's revectoriser ${answer}` }
  const { isEqual, speedUp } = answer
  if (!isEqual) return { isOn: false, reason: "V8's revectoriser gave other bits in a trial" }
  return { isOn: speedUp >= SPEED_UP_MIN, reason: null }
}

async function answerOf(trial: URL): Promise<TrialResult> {
  // What NODE_OPTIONS would do, for instance wait for a debugger, is meant for this process.
  const env = { ...process.env, NODE_OPTIONS: '' }
  const options = { env, timeout: TRIAL_LIMIT_MS, killSignal: 'SIGKILL' } as const
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(trial)], options)
  return JSON.parse(stdout) as TrialResult
}

function whatHappened({ killed, signal }: ExecFileException): string {
  if (killed === true) return `took longer than ${TRIAL_LIMIT_MS / 1000} s in a trial`
  return typeof signal === 'string' ? 'crashed in a trial' : 'could not be tried'
}

/** As `SIMD of 256 bits`, with the reason where there is one. */
export function vectorsInWords({ isOn, reason }: Revectoriser): string {
  return `SIMD of ${isOn ? 256 : 128} bits${reason === null ? '' : ` (${reason})`}`
}
