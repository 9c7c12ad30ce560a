import { createReadStream } from 'node:fs'
import { access } from 'node:fs/promises'
import { commandError, type Flags, textFlag } from '@vigil/command-line'
import { readBundle } from '@vigil/runs'
import { decideAgain } from '@vigil/service'
import { toolError } from '../errors.ts'

/** Most characters of a value that is shown. */
const SHOWN_MAX = 200

/**
 * Decides again on one recorded event, and tells whether the decision that was logged has the same bits.
 *
 * @returns that decision
 * @throws {VigilError} CHECK_FAILED where it has not, RECEIPT_INVALID, INPUT_FILE; as readBundle
 */
export async function verifyDecision(id: string, flags: Flags) {
  const [log, run] = [textFlag(flags, 'log', 'FILE'), textFlag(flags, 'run', 'runs/NAME')]
  const data = textFlag(flags, 'data', 'FILE')
  if (log === undefined || run === undefined) {
    throw commandError(
      'INVALID_VALUE',
      '--decision needs the file of decisions, --log, and whose team made them, --run.',
    )
  }
  for (const path of [log, ...(data === undefined ? [] : [data])]) {
    await access(path).catch(() => {
      throw toolError('INPUT_FILE', `${path} cannot be read. Give a file that exists.`)
    })
  }
  const bundle = await readBundle(run)
  const events = data === undefined ? null : () => createReadStream(data)
  const { logged, again, differences } = await decideAgain(bundle, { id, log: () => createReadStream(log), events })
  const { iteration, configFingerprint } = bundle
  process.stdout.write(`${run}, iteration ${iteration}, config ${configFingerprint}\n`)
  if (differences.length === 0) {
    process.stdout.write(`decision ${id}: ${logged.action}, made again with the same bits\n`)
    return { decision: id, action: logged.action }
  }
  for (const name of differences) {
    process.stdout.write(`${name}: logged ${shown(logged[name])}, made again ${shown(again?.[name])}\n`)
  }
  throw toolError(
    'CHECK_FAILED',
    again === null
      ? `The events do not have ${id}. Give all events in the order in which they came.`
      : `Decision ${id} is another one when it is made again. Give all events and verdicts since the team began, and the bundle that was at work; else do not rely on it.`,
  )
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)} ...` : text
}
